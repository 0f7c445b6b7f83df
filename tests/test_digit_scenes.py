"""Digit scenes against the handwriting they are made of, and the batches they are fed in."""

import pathlib

import numpy as np
import pytest
import sklearn.datasets

from mlc_tf.data import digit_scenes, images, labels

HANDWRITING = sklearn.datasets.load_digits()
# At 16 x 16 a cell of the canvas is one source picture, scaled from 0..16 to 0..255.
DIGIT_OF = {
    np.round(picture / 16 * 255).astype(np.uint8).tobytes(): digit
    for picture, digit in zip(HANDWRITING.images, HANDWRITING.target, strict=True)
}


def cells(pictures):
    """Scenes (N, 16, 16, 1) cut into their cells: (N, 4, 8, 8)."""
    return pictures.reshape(-1, 2, 8, 2, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 4, 8, 8)


@pytest.fixture(scope="module")
def small():
    return digit_scenes.load_data(size=16, train=3000, validation=1000, test=1000)


def test_the_label_set_is_the_digits_in_the_picture(small):
    for split in (small.train, small.validation, small.test):
        for picture, row in zip(cells(split.x), split.y, strict=True):
            shown = [DIGIT_OF[cell.tobytes()] for cell in picture if cell.any()]
            assert sorted(shown) == np.flatnonzero(row).tolist()


def test_no_handwritten_digit_stands_in_two_splits(small):
    train, validation, test = (
        {cell.tobytes() for cell in cells(split.x).reshape(-1, 8, 8) if cell.any()}
        for split in (small.train, small.validation, small.test)
    )
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert len(train | validation | test) > 1600  # nearly all of the 1,797 are used


def test_every_number_of_digits_is_equally_likely_and_so_is_every_digit(small):
    numbers = np.bincount(small.train.y.sum(axis=1).astype(int)) / len(small.train)
    # Four standard deviations of a share of 1/4 among 3,000 are 0.032; of 0.15, 0.026.
    np.testing.assert_allclose(numbers, [0.25] * 4, atol=0.032)
    np.testing.assert_allclose(small.train.y.mean(axis=0), [0.15] * 10, atol=0.026)


@pytest.mark.parametrize("size", [16, 28, 32])
@pytest.mark.parametrize("channels", [1, 3])
def test_sizes_channels_and_seeds(size, channels):
    arguments = {"size": size, "channels": channels, "train": 60, "validation": 20, "test": 30}
    dataset = digit_scenes.load_data(**arguments, seed=5)
    assert dataset.train.x.shape == (60, size, size, channels)
    assert (len(dataset.validation), len(dataset.test)) == (20, 30)
    assert dataset.train.x.dtype == np.uint8 and dataset.train.x.max() > 200
    assert dataset.label_names == tuple("0123456789")
    # Ink where there are labels, and none where there are none.
    np.testing.assert_array_equal(dataset.train.x.any(axis=(1, 2, 3)), dataset.train.y.any(axis=1))
    if channels == 3:
        with_ink = dataset.train.x[dataset.train.y.any(axis=1)].astype(int)
        assert np.abs(with_ink[..., 0] - with_ink[..., 2]).max() > 50  # not three copies of grey
    again = digit_scenes.load_data(**arguments, seed=5)
    other = digit_scenes.load_data(**arguments, seed=6)
    np.testing.assert_array_equal(dataset.test.x, again.test.x)
    assert (dataset.test.x != other.test.x).any()


def test_more_training_scenes_leave_the_test_scenes_as_they_are():
    few, many = (digit_scenes.load_data(train=number, validation=10, test=50) for number in (10, 100))
    np.testing.assert_array_equal(few.test.x, many.test.x)


def test_the_card_has_the_statistics_of_the_scenes():
    dataset = digit_scenes.load_data()
    y = np.concatenate([dataset.train.y, dataset.validation.y, dataset.test.y])
    card = (pathlib.Path(__file__).parents[1] / "data" / "README.md").read_text(encoding="utf-8")
    card = card[card.index("## Digit scenes") : card.index("## Product listings")]
    for row in (
        f"| Cardinality | {labels.cardinality(y):.3f} |",
        f"| Density | {labels.density(y):.4f} |",
        f"| Distinct label sets | {labels.distinct_label_sets(y)} |",
        f"| MeanIR | {labels.mean_imbalance_ratio(y):.2f} |",
        f"| Scenes without a digit | {100 * (y.sum(axis=1) == 0).mean():.1f} % |",
    ):
        assert row in card


@pytest.mark.parametrize("max_digits", [1, 4])
def test_the_most_digits_in_a_scene_are_a_setting(max_digits):
    y = digit_scenes.load_data(max_digits=max_digits, train=300, validation=1, test=1).train.y
    assert set(y.sum(axis=1)) == set(range(max_digits + 1))


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("size", 20, "expected 16, 28 or 32, found 20"),
        ("channels", 2, r"expected 1 \(grey\) or 3 \(colour\), found 2"),
        ("max_digits", 5, "expected 1 to 4"),
        ("max_digits", 0, "expected 1 to 4"),
        ("train", 0, "train is a number of scenes: expected a whole number from 1 on, found 0"),
        ("test", 1.5, "test is a number of scenes"),
    ],
)
def test_silly_arguments_are_refused(argument, value, message):
    with pytest.raises(ValueError, match=message):
        digit_scenes.load_data(**{argument: value})


X = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
Y = np.eye(10, dtype=np.float32)


def order(batches):
    """The rows of one epoch, in their order; checks that each still has its own label set."""
    rows, labels = map(np.concatenate, zip(*batches.as_numpy_iterator(), strict=True))
    np.testing.assert_array_equal(labels.argmax(axis=1), rows.ravel())
    return rows.ravel().tolist()


def test_batches_with_a_seed_are_shuffled_anew_each_epoch_and_the_same_in_each_run():
    first, second = (images.batches(X, Y, batch_size=4, seed=1) for _ in range(2))
    epochs = [order(first), order(first)]
    assert [len(set(epoch)) for epoch in epochs] == [8, 8]  # two full batches; what is left over waits
    assert epochs[0] != epochs[1]
    assert len(order(images.batches(X, Y, batch_size=16, seed=1))) == 10
    assert [order(second), order(second)] == epochs
    assert order(images.batches(X, Y, batch_size=4, seed=2)) != epochs[0]


def test_batches_without_a_seed_keep_the_order_and_the_last_batch_is_what_is_left():
    batches = images.batches(X, Y, batch_size=4)
    assert order(batches) == list(range(10))
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    assert len(batches) == 3


@pytest.mark.parametrize(
    ("x", "y", "batch_size", "message"),
    [
        (X, Y[:5], 4, "found 10 pictures, 5 sets"),
        (X[:0], Y[:0], 4, "at least one: found 0"),
        (X, Y, 0, "batch_size: expected a whole number from 1 on, found 0"),
    ],
)
def test_batches_refuse_what_makes_no_sense(x, y, batch_size, message):
    with pytest.raises(ValueError, match=message):
        images.batches(x, y, batch_size)
