"""Label tools: a label matrix in numbers, and how to split it so that every part looks the same.

A label matrix `y` has the shape `(N, K)`: a row for each example, a column for each label, 1 where the
label is present and 0 where it is not. Lesson 01 introduces everything here.
"""

import numbers

import numpy as np
import scipy.sparse
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit


def check_numbers(values: np.ndarray, name: str, advice: str) -> np.ndarray:
    """Tell apart what is an array of numbers, or plainly becomes one, and what only looks like it.

    Args:
        values: an array, lists of numbers, or a table.
        name: what the error calls it.
        advice: what the error adds.

    Returns:
        `values` as an array of bool, int or float.

    Raises:
        ValueError: for a sparse matrix, for text, and for rows of different lengths.
    """
    if scipy.sparse.issparse(values):
        raise ValueError(f"{name}: expected a NumPy array, found a sparse matrix; pass {name}.toarray()")
    try:
        array = np.asarray(values)
        if array.dtype == object and not any(isinstance(value, str) for value in array.flat):
            array = array.astype(np.float64)  # columns of several types, None where one is missing
        if array.dtype.kind in "biuf":
            return array
        found = f"{type(values).__name__} of {'text' if array.dtype.kind in 'OUS' else array.dtype}"
    except (TypeError, ValueError):  # NumPy does not say of what
        found = f"{type(values).__name__} of rows that differ in length, or of what is no number"
    raise ValueError(f"{name}: expected an array of numbers, found {found}. {advice}")


def check_label_matrix(y: np.ndarray, name: str = "y") -> np.ndarray:
    """Check that `y` is a label matrix, a row for each example and a column for each label.

    Args:
        y: `(N, K)` of 0 and 1, of any number type, as array, lists or table.
        name: what the error calls it.

    Returns:
        `y` as a bool array `(N, K)`.

    Raises:
        ValueError: when `y` is not a matrix, is empty, sparse or text, or holds anything but 0 and 1.
    """
    y = check_numbers(
        y,
        name,
        "Lists of tags become a label matrix with sklearn.preprocessing.MultiLabelBinarizer().fit_transform(tags), "
        "or in Dataset.from_arrays; '0' and '1' as text become numbers with np.asarray(rows).astype(np.float32).",
    )
    if y.ndim != 2 or y.size == 0:
        raise ValueError(
            f"{name}: expected a label matrix of shape (N, K), a row for each example and a column for each "
            f"label; found shape {y.shape}"
        )
    wrong = (y != 0) & (y != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name}: expected only 0 (absent) and 1 (present); found {y[row, column]!r} in row {row}, "
            f"column {column}. Probabilities become 0 and 1 with mlc_tf.evaluation.thresholds.decide, numbers of "
            "classes with sklearn.preprocessing.MultiLabelBinarizer; a missing value must be filled in or left out."
        )
    return y.astype(bool)


def cardinality(y: np.ndarray) -> float:
    """Label cardinality: the mean number of labels of an example.

    Tsoumakas & Katakis 2007, "Multi-label classification: an overview", IJDWM 3(3).

    Args:
        y: a label matrix `(N, K)`; so for all functions here.

    Raises:
        ValueError: when it is none.
    """
    return float(check_label_matrix(y).sum(axis=1).mean())


def density(y: np.ndarray) -> float:
    """Label density: cardinality divided by the number of labels K (Tsoumakas & Katakis 2007)."""
    return float(check_label_matrix(y).mean())


def distinct_label_sets(y: np.ndarray) -> int:
    """Count the different rows of `y`; a row without any label counts as a label set too."""
    return len(np.unique(np.packbits(check_label_matrix(y), axis=1), axis=0))


def imbalance_ratio_per_label(y: np.ndarray) -> np.ndarray:
    """IRLbl: how many times rarer than the most frequent label each label is.

    Charte et al. 2015, "Addressing imbalance in multilabel classification", Neurocomputing 163.

    >>> imbalance_ratio_per_label([[1, 0, 0], [1, 1, 0]]).tolist()
    [1.0, 2.0, inf]

    Returns:
        `(K,)`: 1 for the most frequent label, infinite for a label that never occurs.
    """
    counts = check_label_matrix(y).sum(axis=0)
    ratios = np.full(len(counts), np.inf)
    return np.divide(counts.max(), counts, out=ratios, where=counts > 0)


def mean_imbalance_ratio(y: np.ndarray) -> float:
    """MeanIR: the mean of IRLbl (Charte et al. 2015) over the labels that occur.

    Raises:
        ValueError: when no label occurs at all.
    """
    ratios = imbalance_ratio_per_label(y)
    occurring = np.isfinite(ratios)
    if not occurring.any():
        raise ValueError("the mean imbalance ratio needs at least one label that occurs; y holds only 0")
    return float(ratios[occurring].mean())


def co_occurrence(y: np.ndarray) -> np.ndarray:
    """Count how often two labels occur together.

    >>> co_occurrence([[1, 0, 0], [1, 1, 0]]).tolist()
    [[2, 1, 0], [1, 1, 0], [0, 0, 0]]

    Returns:
        `(K, K)` int64; the diagonal counts each label.
    """
    y = check_label_matrix(y).astype(np.float64)  # integers: slow, and small ones overflow
    return (y.T @ y).astype(np.int64)


def stratified_split(y: np.ndarray, held_out: int | float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows of `y` in two so that every label is as frequent, relatively, in both parts.

    The method is iterative stratification (Sechidis et al. 2011, "On the stratification of multi-label data",
    ECML PKDD): the rarest label's rows are dealt out first. The library's parts are a little off the sizes
    asked for, so a few rows change sides afterwards. Rows without any label are shared out like a label of
    their own. Takes 0.1 s for 12,000 x 20 and about 2 s for 13,000 x 983.

    >>> y = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]])
    >>> kept, held_out = stratified_split(y, held_out=2, seed=0)
    >>> y[held_out].sum(axis=0).tolist()
    [1, 1]

    Args:
        y: a label matrix `(N, K)`.
        held_out: the size of the second part, a number of rows or a fraction of N (rounded).
        seed: the same seed gives the same split.

    Returns:
        The row numbers `(kept, held_out)`, each sorted, together every row once, of exactly the sizes asked for.

    Raises:
        ValueError: when a part would be empty.
    """
    y = check_label_matrix(y)
    row_count = len(y)
    size = held_out if isinstance(held_out, numbers.Integral) else round(held_out * row_count)
    if not 0 < size < row_count:
        raise ValueError(
            f"held_out: expected a number of rows from 1 to {row_count - 1}, or a fraction that gives such a "
            f"number; found {held_out!r} for {row_count} rows"
        )
    with_empty = np.column_stack([y, ~y.any(axis=1)])  # (N, K + 1)
    splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=int(size), random_state=seed)
    _, chosen = next(splitter.split(with_empty, with_empty))
    is_held_out = np.isin(np.arange(row_count), chosen)
    _move_rows(with_empty.astype(np.float64), is_held_out, int(size))
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def _move_rows(y: np.ndarray, is_held_out: np.ndarray, size: int) -> None:
    """Change `is_held_out` in place until it marks `size` rows, each time moving the row that hurts least.

    What is kept small is the squared distance of each label's held-out count from its share, divided by the
    label's count so that a rare label weighs as much as a frequent one.
    """
    counts = y.sum(axis=0)
    weights = 1 / np.maximum(counts, 1)
    while (surplus := is_held_out.sum() - size) != 0:
        movable = np.flatnonzero(is_held_out == (surplus > 0))
        # Moving row r changes a label's distance d to d + step * y[r], and its square by 2 * step * d + 1.
        step = -np.sign(surplus)
        distance = y[is_held_out].sum(axis=0) - counts * size / len(y)
        cost = y[movable] @ (weights * (2 * step * distance + 1))
        best = movable[np.argmin(cost)]
        is_held_out[best] = not is_held_out[best]
