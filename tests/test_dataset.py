"""Data as people have them, at the door: taken where the meaning is plain, told what to do about it otherwise."""

import numpy as np
import pytest
import scipy.sparse

from mlc_tf.data import Dataset, Split

TEXTS = ["red bag", "blue bag", "red cup", "blue cup"]
Y = [[1, 0], [0, 1], [1, 1], [0, 1]]
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (4, 9, 8, 3), dtype=np.uint8)


class Column:
    """What a column of a table shows of itself."""

    def __init__(self, rows):
        self.values = np.empty(len(rows), dtype=object)
        self.values[:] = rows
        self.dtype, self.ndim = self.values.dtype, 1

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values


class Table:
    """What a table with named columns shows of itself."""

    def __init__(self, rows, columns):
        self.values, self.columns, self.ndim = np.array(rows), columns, 2

    def __array__(self, dtype=None, copy=None):
        return self.values


def mine(x, y, label_names=None, **options):
    """The data set with all four rows in train, in their order."""
    given = {"validation": (x, y), "test": (x, y)} | options
    return Dataset.from_arrays("mine", x, y, label_names, **given)


@pytest.mark.parametrize("texts", [TEXTS, tuple(TEXTS), np.array(TEXTS), Column(TEXTS)], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize(
    ("y", "names"),
    [
        (Y, ("0", "1")),
        (tuple(map(tuple, Y)), ("0", "1")),
        (np.array(Y, bool), ("0", "1")),
        (np.array(Y, object), ("0", "1")),
        (scipy.sparse.csr_array(np.array(Y)), ("0", "1")),
        (Table(Y, ["warm", "cold"]), ("warm", "cold")),
        (Table(Y, [0, 1]), ("0", "1")),
    ],
)
def test_texts_and_label_matrices_of_several_kinds(texts, y, names):
    dataset = mine(texts, y)
    assert dataset.label_names == names
    assert dataset.train.x.dtype == object and dataset.train.x.tolist() == TEXTS
    assert dataset.train.y.dtype == np.float32 and dataset.train.y.tolist() == Y
    assert mine(texts, y, None if names[0] == "warm" else ["a", "b"]).train.y.tolist() == Y


@pytest.mark.parametrize("kind", [list, tuple, Column])
def test_lists_of_tags_become_a_matrix_of_whole_tags(kind):
    tags = kind([["red", "big bag"], ["big bag"], {"red"}, []])
    dataset = mine(TEXTS, tags)
    assert dataset.label_names == ("big bag", "red")
    assert dataset.train.y.tolist() == [[1, 1], [1, 0], [0, 1], [0, 0]]
    ordered = mine(TEXTS, tags, ["red", "never", "big bag"])
    assert ordered.train.y.tolist() == [[1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    more = mine(TEXTS, tags, test=(["a new cup"], [["cup"]]))
    assert more.label_names == ("big bag", "cup", "red"), "also what occurs in the test split only"


@pytest.mark.parametrize(
    "x",
    [
        PICTURES / 255,
        (PICTURES / 255).astype(np.float32),
        PICTURES.astype(np.int64),
        PICTURES.astype(np.float32),
        list(PICTURES),
    ],
)
def test_pictures_of_other_kinds_become_whole_numbers_up_to_255(x):
    dataset = mine(x, Y)
    assert dataset.train.x.dtype == np.uint8
    np.testing.assert_array_equal(dataset.train.x, PICTURES)
    assert mine(PICTURES[..., 0], Y).train.x.shape == (4, 9, 8, 1)
    assert set(np.unique(mine(PICTURES > 99, Y).train.x)) == {0, 255}


@pytest.mark.parametrize("x", [[[1, 2.5], [3, 4], [0, 0], [7, 8]], scipy.sparse.csr_matrix(np.eye(4)), np.eye(4) > 0])
def test_features_become_float32(x):
    expected = x.toarray() if scipy.sparse.issparse(x) else x
    dataset = mine(x, Y)
    assert dataset.train.x.dtype == np.float32
    np.testing.assert_array_equal(dataset.train.x, np.asarray(expected, np.float32))


def test_the_splits_are_drawn_by_the_seed_with_each_label_in_its_share_and_no_row_lost():
    y = RANDOM.random((200, 6)) < [0.5, 0.3, 0.2, 0.1, 0.05, 0]
    y[7, 5] = True  # a label that occurs once stays where it can be learnt
    rows = np.arange(200, dtype=np.float32)[:, None]
    for seed in range(5):
        dataset = Dataset.from_arrays("mine", rows, y, validation=0.25, test=30, seed=seed)
        splits = dataset.train, dataset.validation, dataset.test
        assert [len(split) for split in splits] == [120, 50, 30]
        assert sorted(np.concatenate([split.x for split in splits])[:, 0].tolist()) == rows[:, 0].tolist()
        assert dataset.train.y[:, 5].sum() == 1
        for split in splits:
            np.testing.assert_array_equal(split.y, y[split.x[:, 0].astype(int)])
            np.testing.assert_allclose(split.y[:, :5].mean(axis=0), y[:, :5].mean(axis=0), atol=0.06)
        again = Dataset.from_arrays("mine", rows, y, validation=0.25, test=30, seed=seed)
        np.testing.assert_array_equal(again.test.x, dataset.test.x)
    three = Dataset.from_arrays("mine", TEXTS[:3], Y[:3])
    assert [len(three.train), len(three.validation), len(three.test)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mine(["a", None, "c", "d"], Y), r"mine, train split: x\[1\]: expected a text, found None"),
        (lambda: mine(["a", "b", float("nan"), "d"], Y), r"x\[2\]: expected a text, found nan"),
        (lambda: mine(Column(["a", "b", float("nan"), "d"]), Y), r"x\[2\]: expected a text, found nan"),
        (lambda: mine(["a", " ", "", "d"], Y), r"x\[1\]: expected a text, found ' ' \(2 rows.*leave these rows out"),
        (lambda: mine(TEXTS, Y, test=([""], [[0, 1]])), r"mine, test split: x\[0\]: expected a text"),
        (lambda: mine("four", Y), "found str of text"),
        (lambda: mine([text.encode() for text in TEXTS], Y), "found list of text. Texts are one column of str"),
        (lambda: mine(iter(TEXTS), Y), "expected an array of numbers, found list_iterator"),
        (lambda: mine(Table([[text, "more"] for text in TEXTS], ["a", "b"]), Y), "Texts are one column of str"),
        (lambda: mine([1, 2, 3, 4], Y), r"found shape \(4,\), int64"),
        (lambda: mine([[1, 2], [3, None], [5, 6], [7, 8]], Y), r"x\[1\]: expected finite numbers"),
        (lambda: mine(PICTURES / 127.5 - 1, Y), r"of any numbers in 0..1; found -1 to 1.*\(x \+ 1\) / 2"),
        (lambda: mine(PICTURES * 2.5, Y), "whole numbers in 0..255"),
        (lambda: mine(np.moveaxis(PICTURES, -1, 1), Y), r"np.moveaxis\(x, 1, -1\)"),
        (lambda: mine([PICTURES[0], PICTURES[1, 1:]], Y[:2]), "pictures need one shape"),
        (lambda: mine(scipy.sparse.csr_array((4, 10**9)), Y), "1 GiB at most.*found shape .*15 GiB"),
        (lambda: mine(TEXTS[:3], Y), r"x of shape \(3,\) and y of shape \(4, 2\)"),
        (lambda: mine(TEXTS, [[5, 0], *Y[1:]]), "only 0 .* and 1 .*found .*5.* in row 0, column 0"),
        (lambda: mine(TEXTS, [[0.5, 0], *Y[1:]]), "only 0 .* and 1 .*thresholds.decide"),
        (lambda: mine(TEXTS, [[np.nan, 0], *Y[1:]]), "found .*nan.*missing value must be filled in"),
        (lambda: mine(TEXTS, [["1", "0"], ["0", "1"], ["1", "1"], ["0", "1"]]), "found list of text.*np.asarray"),
        (lambda: mine(TEXTS, ["red;bag", "bag", "red", "cup"]), "found list of text.*Lists of tags"),
        (lambda: mine(TEXTS, [2, 0, 1, 1]), r"label matrix of shape \(N, K\).*found shape \(4,\)"),
        (lambda: mine(TEXTS, [["red"], "bag", [], ["red"]]), r"y\[1\]: expected a list of tags.*found 'bag'"),
        (lambda: mine(TEXTS, [["red"], [], float("nan"), ["red"]]), r"y\[2\]: .*found nan.*without tags is \[\]"),
        (lambda: mine(TEXTS, [["red"], [""], [], []]), r"y\[1\]: .*not empty"),
        (lambda: mine(TEXTS, [["red"], ["bag"], [], []], ["red"]), r"found others: \['bag'\]"),
        (lambda: mine(TEXTS, Y, ["a", "a"]), r"another name for each label, found twice: \['a'\]"),
        (lambda: mine(TEXTS, Y, "ab"), "label_names: expected a str, not empty, for each label; found 'ab'"),
        (lambda: mine(TEXTS, Y, ["a"]), "column of y for each of the 1 label names"),
        (lambda: mine(TEXTS, Table(Y, ["a", "b"]), ["b", "a"]), r"named and ordered as the labels, \['b', 'a'\]"),
        (
            lambda: mine(TEXTS, Table(Y, ["a", "b"]), test=(TEXTS, Table(Y, ["b", "a"]))),
            "mine, test split: .*named and ordered",
        ),
        (lambda: mine(np.eye(4), Y, test=(np.eye(2), Y[:2])), r"shapes \(4, 4\) and \(2, 2\)"),
        (lambda: mine(TEXTS, Y, test=None), r"test: expected a number, a fraction, or a pair \(x, y\); found None"),
        (lambda: mine(TEXTS, Y, validation=2, test=0.5), "at least one example in each split; found 4 examples"),
        (lambda: mine(TEXTS, Y, validation=0), "at least one example in each split"),
        (lambda: mine(TEXTS, Y, validation=-0.5), "at least one example in each split"),
        (lambda: Split(scipy.sparse.eye_array(4), Y), r"x: .*sparse matrix; pass x.toarray\(\)"),
        (lambda: Split(PICTURES / 255, Y), "uint8 in 0..255; found .*float64.*Dataset.from_arrays"),
        (lambda: Split(PICTURES[..., 0], Y), r"Grey pictures get their channel with x\[..., None\]"),
    ],
)
def test_what_is_not_plain_is_told_at_the_door(make, message):
    with pytest.raises(ValueError, match=message):
        make()
