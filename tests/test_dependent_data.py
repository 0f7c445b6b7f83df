"""The data sets of lesson 08: what is hidden, and a joint distribution that is known."""

import numpy as np
import pytest

import mlc_tf
from mlc_tf.data import digit_scenes, hidden_scenes, known_joint


def test_half_of_each_place_is_hidden_and_the_rest_is_the_digit_scene():
    sizes = {"train": 50, "validation": 5, "test": 5, "seed": 3}
    whole, hidden = digit_scenes.load_data(16, **sizes), hidden_scenes.load_data(**sizes)
    for split in ("train", "validation", "test"):
        x, covered = getattr(whole, split).x, getattr(hidden, split).x
        curtain = covered != x
        assert (covered[curtain] == hidden_scenes.CURTAIN).all()
        places = (covered == hidden_scenes.CURTAIN).reshape(-1, 2, 8, 2, 8).sum(axis=(2, 4))
        assert (places >= 32).all()  # a digit may have pixels of that grey, too
        np.testing.assert_array_equal(getattr(whole, split).y, getattr(hidden, split).y)
    hidden = hidden_scenes.load_data(train=4_000, validation=5, test=5)
    grey = (hidden.train.x == hidden_scenes.CURTAIN).reshape(-1, 2, 8, 2, 8).swapaxes(2, 3).reshape(-1, 8, 8)
    halves = np.stack([grey[:, :, :4], grey[:, :, 4:], grey[:, :4].swapaxes(1, 2), grey[:, 4:].swapaxes(1, 2)], axis=1)
    halves = halves.all(axis=(2, 3)).reshape(-1, 4, 4)  # (scene, place, half)
    assert (halves.sum(axis=2) == 1).all()
    np.testing.assert_allclose(halves.mean(axis=(0, 1)), 0.25, atol=0.02)
    # Nor does the curtain say how many digits there are, in this scene or the next.
    number = halves.argmax(axis=2).ravel()
    for other in (np.repeat(hidden.train.y.sum(axis=1), 4), np.resize(hidden.train.y.sum(axis=1), len(number))):
        assert abs(np.corrcoef(number, other)[0, 1]) < 0.04
    hidden = hidden_scenes.load_data(**sizes)
    again = hidden_scenes.load_data(**sizes)
    np.testing.assert_array_equal(again.train.x, hidden.train.x)


@pytest.mark.parametrize(
    ("half", "rows", "columns"),
    [
        ("left", slice(0, 16), slice(0, 8)),
        ("right", slice(0, 16), slice(8, 16)),
        ("upper", slice(0, 8), slice(0, 16)),
        ("lower", slice(8, 16), slice(0, 16)),
    ],
)
def test_a_half_can_be_chosen(half, rows, columns):
    black = np.zeros((1, 32, 32, 1), np.uint8)
    covered = hidden_scenes.covered(black, half, np.random.default_rng(0))
    place = np.zeros((16, 16))
    place[rows, columns] = hidden_scenes.CURTAIN
    np.testing.assert_array_equal(covered[0, :, :, 0], np.tile(place, (2, 2)))
    assert not black.any()


@pytest.mark.parametrize("dependent", [True, False])
def test_label_sets_are_drawn_from_the_joint_that_is_said(dependent):
    data = known_joint.load_data(dependent, train=200_000, seed=1)
    p = known_joint.truth(data.train.x, dependent)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    number = data.train.y.astype(int) @ [4, 2, 1]
    for part in (data.train.x[:, 0] > 0, data.train.x[:, 1] > 0.5):  # not only on average over all points
        found = np.bincount(number[part], minlength=8) / part.sum()
        np.testing.assert_allclose(found, p[part].mean(axis=0), atol=5 * 0.5 / np.sqrt(part.sum()))


def test_both_joints_have_the_same_marginals_and_only_one_is_a_product():
    x = known_joint.load_data(test=100).test.x
    dependent, independent = (known_joint.truth(x, kind) for kind in (True, False))
    np.testing.assert_allclose(dependent @ known_joint.SETS, independent @ known_joint.SETS)
    np.testing.assert_allclose(known_joint.truth([[0, 0]])[0, [4, 2, 1]], known_joint.AT_THE_ORIGIN)
    assert (dependent[:, [0, 3, 5, 6, 7]] == 0).all()


def test_silly_arguments_are_refused():
    with pytest.raises(ValueError, match="half: expected None or one of left, right"):
        hidden_scenes.load_data(half="top")
    with pytest.raises(ValueError, match="train is a number of examples"):
        known_joint.load_data(train=0)
    with pytest.raises(ValueError, match=r"expected points of shape \(N, 2\)"):
        known_joint.truth([0, 0])


def test_the_card_says_what_is_there():
    card = (mlc_tf.PROJECT / "data" / "README.md").read_text(encoding="utf-8").partition("## Known joint")[2]
    columns = []
    for dependent in (True, False):
        data = known_joint.load_data(dependent)
        x, y = (
            np.concatenate([getattr(part, name) for part in (data.train, data.validation, data.test)]) for name in "xy"
        )
        likeliest = known_joint.truth(x, dependent).max(axis=1).mean()
        of_labels = ", ".join(f"{share:.3f}" for share in y.mean(axis=0))
        columns.append((f"{y.sum(axis=1).mean():.3g}", of_labels, str(len(np.unique(y, axis=0))), f"{likeliest:.3f}"))
    for name, *cells in zip(
        ("Cardinality", "Frequency of a, b, c", "Distinct label sets", "Mean probability"), *columns, strict=True
    ):
        (line,) = [line for line in card.splitlines() if line.startswith(f"| {name}")][:1]
        assert [cell.strip() for cell in line.split("|")[2:4]] == cells
