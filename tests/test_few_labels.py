"""Ways to teach a classifier where labels are few: each pipeline does what it says, and each gets as many updates."""

import numpy as np
import pytest
import scipy.stats

from mlc_tf.data import Split
from mlc_tf.models import cnn
from mlc_tf.training import few_labels

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(1, 256, (40, 8, 8, 1)).astype(np.uint8)
Y = np.zeros((40, 3), np.float32)
Y[:30, 0] = Y[28:34, 1] = Y[33:35, 2] = 1  # 30, 6, 2 pictures; the last 5 have no label
REAL = Split(X, Y)
GENERATED = Split(np.zeros((16, 8, 8, 1), np.uint8), np.ones((16, 3), np.float32))


def batches(way, seed=0):
    return few_labels.batches(way, REAL, GENERATED, batch_size=8, seed=seed)


def take(batches, number):
    parts = [(np.asarray(x), np.asarray(y)) for x, y in batches.take(number)]
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def rows_of(pictures):
    """The row of X that each picture is."""
    same = (pictures[:, None] == X[None]).all(axis=(2, 3, 4))
    assert (same.sum(axis=1) == 1).all()
    return same.argmax(axis=1)


def test_a_smaller_share_lies_inside_a_larger_one_and_has_no_example_twice():
    small, large = (few_labels.share_of(REAL, share, seed=1) for share in (0.1, 0.5))
    assert len(small) == 4 and len(large) == 20
    assert set(rows_of(small.x)) < set(rows_of(large.x))
    assert len(set(rows_of(large.x))) == 20
    np.testing.assert_array_equal(small.y, Y[rows_of(small.x)])
    assert set(rows_of(few_labels.share_of(REAL, 0.1, seed=2).x)) != set(rows_of(small.x))
    for share in (0, 1.5, 0.001, float("nan")):
        with pytest.raises(ValueError, match="share: expected a number above 0"):
            few_labels.share_of(REAL, share, seed=1)


def test_every_way_gives_endless_batches_of_one_size_and_repeats_by_seed():
    for way in few_labels.WAYS:
        x, y = take(batches(way), 30)  # far more than there are pictures
        assert x.shape == (240, 8, 8, 1) and y.shape == (240, 3), way
        np.testing.assert_array_equal(x, take(batches(way), 30)[0], err_msg=way)
        if way != "generated":  # where all pictures of this test are alike
            assert (x != take(batches(way, seed=1), 30)[0]).any(), way


@pytest.mark.parametrize("number", [1, 5, 70])
def test_every_way_gives_whole_batches_of_any_number_of_pictures(number):
    few = Split(np.arange(number * 64, dtype=np.uint32).reshape(-1, 8, 8, 1).astype(np.uint8), np.ones((number, 3)))
    for way in few_labels.WAYS:
        for x, y in few_labels.batches(way, few, GENERATED).take(3):
            assert len(x) == len(y) == 64, way


def test_real_and_generated_pictures_keep_their_label_sets():
    x, y = take(batches("real"), 10)
    np.testing.assert_array_equal(y, Y[rows_of(x)])
    x, y = take(batches("generated"), 3)
    assert (x == 0).all() and (y == 1).all()
    for x, y in batches("both").take(6):
        np.testing.assert_array_equal(y[:4], Y[rows_of(x[:4].numpy())])
        assert (x[4:].numpy() == 0).all() and (y[4:].numpy() == 1).all()


def test_shifted_pictures_are_moved_by_up_to_a_pixel_and_keep_their_values():
    x, y = take(batches("shifted"), 40)
    padded = np.pad(X, [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = np.array([padded[:, i : i + 8, j : j + 8] for i in range(3) for j in range(3)])  # (9, 40, 8, 8, 1)
    same = (x[:, None, None] == windows[None]).all(axis=(3, 4, 5))  # (320, 9, 40)
    assert (same.sum(axis=(1, 2)) == 1).all()
    np.testing.assert_array_equal(y, Y[same.any(axis=1).argmax(axis=1)])
    moves = same.any(axis=2).sum(axis=0)
    assert (moves > 10).all()  # of about 36 each
    x, _ = take(few_labels.batches("both, shifted", REAL, REAL, batch_size=8), 1)
    as_it_was = (x[:, None] == X[None]).all(axis=(2, 3, 4)).any(axis=1)
    assert not as_it_was[:4].all() and not as_it_was[4:].all()  # real and generated alike


def test_mixup_mixes_pictures_and_label_sets_in_the_same_share():
    real, _ = take(batches("real"), 20)
    x, y = take(batches("mixup"), 20)
    rows = rows_of(real).reshape(20, 8)
    others = rows[:, ::-1].ravel()
    rows = rows.ravel()
    a, b = X[rows].reshape(160, -1).astype(float), X[others].reshape(160, -1).astype(float)
    differ = rows != others
    share = ((x.reshape(160, -1) - b) * (a - b)).sum(axis=1)[differ] / ((a - b) ** 2).sum(axis=1)[differ]
    rows, others = rows[differ], others[differ]
    np.testing.assert_allclose(y[differ], share[:, None] * Y[rows] + (1 - share[:, None]) * Y[others], atol=2e-3)
    assert scipy.stats.kstest(share, "uniform").pvalue > 0.01


def test_oversampling_draws_rare_labels_as_often_as_frequent_ones():
    x, y = take(batches("oversampled"), 1_000)
    rows = rows_of(x)
    np.testing.assert_array_equal(y, Y[rows])
    asks = np.array([1 / 30] * 28 + [1 / 6] * 5 + [1 / 2] * 2 + [1 / 5] * 5)
    np.testing.assert_allclose(np.bincount(rows, minlength=40) / 8_000, asks / asks.sum(), atol=0.008)


def test_each_way_trains_a_classifier_with_the_same_number_of_updates():
    for way in few_labels.WAYS:
        classifier = cnn.classifier((8, 8, 1), 3)
        cnn.train(classifier, batches(way), steps=3)
        assert int(classifier.optimizer.iterations) == 3
        assert np.isfinite(cnn.probabilities(classifier, X)).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="expected an even number"):
        few_labels.batches("both", REAL, GENERATED, batch_size=7)
    for way in ("generated", "both"):
        with pytest.raises(ValueError, match=f"the way '{way}' needs generated pictures"):
            few_labels.batches(way, REAL)
    with pytest.raises(ValueError, match="way: expected one of real; .*; found 'all'"):
        few_labels.batches("all", REAL, GENERATED)
