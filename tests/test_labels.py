import numpy as np
import pytest
import scipy.sparse

from mlc_tf.data import labels

# Four examples, four labels: the last label never occurs, the last example has no label.
SMALL = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]], np.float32)


def rare_labels(row_count=2000, label_count=30, seed=0):
    """Label k has a frequency of about 0.4 / (k + 1): from common to a few dozen rows."""
    frequency = 0.4 / np.arange(1, label_count + 1)
    return (np.random.default_rng(seed).random((row_count, label_count)) < frequency).astype(np.float32)


def test_statistics_of_a_label_matrix_worked_out_by_hand():
    assert labels.cardinality(SMALL) == 6 / 4
    assert labels.density(SMALL) == 6 / 16
    assert labels.distinct_label_sets(SMALL) == 4
    assert labels.distinct_label_sets(np.vstack([SMALL, SMALL])) == 4
    assert labels.distinct_label_sets(np.eye(20)) == 20
    np.testing.assert_array_equal(labels.imbalance_ratio_per_label(SMALL), [1, 1.5, 3, np.inf])
    assert labels.mean_imbalance_ratio(SMALL) == pytest.approx((1 + 1.5 + 3) / 3)
    np.testing.assert_array_equal(labels.co_occurrence(SMALL), [[3, 2, 1, 0], [2, 2, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])


def test_small_integer_types_do_not_overflow():
    y = np.ones((300, 2), np.uint8)  # 300 does not fit into eight bits
    np.testing.assert_array_equal(labels.co_occurrence(y), np.full((2, 2), 300))
    assert labels.cardinality(y) == 2


def test_without_any_label_the_mean_imbalance_ratio_is_refused():
    y = np.zeros((3, 2))
    assert np.isinf(labels.imbalance_ratio_per_label(y)).all()
    with pytest.raises(ValueError, match="at least one label that occurs"):
        labels.mean_imbalance_ratio(y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(5), r"shape \(N, K\).*found shape \(5,\)"),
        (np.zeros((0, 3)), r"found shape \(0, 3\)"),
        (np.array([[0, 1], [0, 0.3]]), "only 0 .* and 1 .*found .*0.3.* row 1, column 1"),
        (np.array([[0, np.nan]]), "found .*nan"),
        (np.array([[-1, 1]]), "found .*-1"),
        ([["red", "bag"], ["cup"]], "MultiLabelBinarizer"),
        ([["red", "bag"], ["cup", "hat"]], "found list of text.*MultiLabelBinarizer"),
        (np.array([["1", "0"], ["0", "1"]]), r"found ndarray of text.*np.asarray\(rows\).astype\(np.float32\)"),
        (np.array([["1", 0], [0, 1]], dtype=object), "text"),
        (np.array([[None, 0], [0, 1]], dtype=object), "found .*nan.*missing value"),
        (scipy.sparse.eye_array(3), r"sparse matrix; pass y.toarray\(\)"),
    ],
)
def test_what_is_no_label_matrix_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        labels.cardinality(y)


def test_what_is_plainly_a_label_matrix_is_taken():
    for y in (SMALL.tolist(), SMALL.astype(bool), SMALL.astype(object), [tuple(row) for row in SMALL.astype(int)]):
        np.testing.assert_array_equal(labels.check_label_matrix(y), SMALL == 1)


def test_every_label_is_closer_to_its_share_than_in_a_random_split():
    y = rare_labels()
    size = 200
    share = y.sum(axis=0) * size / len(y)
    off, off_at_random = [], []
    for seed in range(5):
        _, held_out = labels.stratified_split(y, size, seed)
        off.append(np.abs(y[held_out].sum(axis=0) - share))
        random_rows = np.random.default_rng(seed).choice(len(y), size, replace=False)
        off_at_random.append(np.abs(y[random_rows].sum(axis=0) - share))
    assert np.max(off) < 2  # rows; every label, every seed
    assert (np.mean(off, axis=0) < np.mean(off_at_random, axis=0)).all()
    assert np.mean(off) < 0.5 * np.mean(off_at_random)


def test_rows_without_a_label_are_shared_out_like_a_label():
    y = rare_labels()
    empty = ~y.any(axis=1)
    for seed in range(6):
        _, held_out = labels.stratified_split(y, 0.25, seed)
        assert abs(empty[held_out].sum() - 0.25 * empty.sum()) < 4  # the library alone: up to 27


@pytest.mark.parametrize(
    "y",
    [
        rare_labels(500, 12),
        np.eye(40),  # every label set once
        np.zeros((30, 4)),
        np.ones((30, 1)),
        rare_labels(3000, 200),  # here the library's part is several rows off
    ],
    ids=["rare", "each set once", "no label", "one label", "many labels"],
)
@pytest.mark.parametrize("held_out", [1, 10, np.int64(7), 0.5, 0.3])
def test_the_parts_are_a_partition_of_exactly_the_sizes_asked_for(y, held_out):
    kept, chosen = labels.stratified_split(y, held_out, seed=3)
    assert len(chosen) == (held_out if held_out >= 1 else round(held_out * len(y)))
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, chosen])), np.arange(len(y)))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(chosen) > 0).all()


def test_the_seed_decides_the_split():
    y = rare_labels()
    first, again, other = (labels.stratified_split(y, 100, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("held_out", [0, 4, -1, 0.01, 1.0])
def test_an_empty_part_is_refused(held_out):
    with pytest.raises(ValueError, match="from 1 to 3.*for 4 rows"):
        labels.stratified_split(SMALL, held_out, seed=0)
