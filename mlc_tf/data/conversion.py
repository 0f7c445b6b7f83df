"""Examples and labels in the form the course uses; and what people have, brought to it in `Dataset.from_arrays`.

Taken is what can mean one thing only; a `ValueError` says what to do about the rest. Lesson 11.
"""

import collections.abc

import numpy as np
import scipy.sparse
from sklearn.preprocessing import MultiLabelBinarizer

from mlc_tf.data.labels import check_label_matrix, check_numbers

DENSE_BYTES = 2**30  # a sparse matrix up to this size, as float32, is made dense


SCALED = "Pictures in 0..1 become (x * 255).round().astype('uint8')"


def check_examples(x) -> np.ndarray:
    """Check examples, and make an array of what is plain (lists, tables, other number types).

    Returns:
        Texts `(N,)` str, none of them empty; features `(N, F)` float32, finite; or pictures
        `(N, height, width, channels)` uint8 in 0..255.

    Raises:
        ValueError: when they are something else.
    """
    x = as_array(x)
    if x.ndim == 1 and x.dtype == object:
        empty = [row for row, text in enumerate(x) if not isinstance(text, str) or not text.strip()]
        _refuse_rows(empty, x, "a text", "are none or empty")
    elif x.ndim == 2:
        x = x.astype(np.float32, copy=False)
        _refuse_rows(np.flatnonzero(~np.isfinite(x).all(axis=1)), x, "finite numbers", "have NaN or infinity")
    elif x.ndim != 4 or x.dtype != np.uint8:
        raise ValueError(
            "x: expected texts (N,), features (N, F), or pictures (N, height, width, channels), uint8 in 0..255; "
            f"found shape {x.shape}, {x.dtype}. Grey pictures get their channel with x[..., None]. {SCALED}, as "
            "Dataset.from_arrays does."
        )
    return x


def as_array(x) -> np.ndarray:
    """Texts as an object array; anything else as an array of numbers."""
    if isinstance(x, list | tuple) and any(isinstance(row, str) for row in x):
        x = np.array(x, dtype=object)  # otherwise NumPy makes a text of a missing value among texts
    if getattr(x, "ndim", 0) == 1 and np.asarray(x).dtype.kind in "OU":
        return np.asarray(x, dtype=object)
    return check_numbers(x, "x", "Texts are one column of str; pictures need one shape.")


def _refuse_rows(rows, x: np.ndarray, expected: str, trouble: str) -> None:
    if len(rows):
        raise ValueError(
            f"x[{rows[0]}]: expected {expected}, found {x[rows[0]]!r:.40} ({len(rows)} rows {trouble}). "
            "Fill them in, or leave these rows out of x and y."
        )


def dense(values):
    """A sparse matrix as an array, if it is not too large for that; anything else as it is."""
    if scipy.sparse.issparse(values):
        size = 4 * np.prod(values.shape, dtype=np.float64)
        if size > DENSE_BYTES:
            raise ValueError(
                f"expected a sparse matrix of {DENSE_BYTES / 2**30:.0f} GiB at most when it is made dense, found shape "
                f"{values.shape}, {size / 2**30:.0f} GiB. Keep fewer columns, or reduce them with "
                "sklearn.decomposition.TruncatedSVD."
            )
        return values.toarray()
    return values


def as_pictures(x: np.ndarray) -> np.ndarray:
    """Pictures as uint8 `(N, height, width, channels)`; texts and features as they are."""
    if x.ndim not in (3, 4):
        return x
    x = x[..., None] if x.ndim == 3 else x
    if x.shape[1] in (1, 3) and x.shape[3] > 4:
        raise ValueError(
            f"x: expected pictures (N, height, width, channels), found shape {x.shape}, where the channels seem to "
            "come first; move them with np.moveaxis(x, 1, -1)"
        )
    if x.dtype == np.uint8 or x.size == 0:
        return x
    low, high = x.min(), x.max()
    if low >= 0 and high <= 1:
        return np.round(x * np.float32(255)).astype(np.uint8)
    if low >= 0 and high <= 255 and np.array_equal(x, np.round(x)):
        return x.astype(np.uint8)
    raise ValueError(
        f"x: expected pictures of whole numbers in 0..255, or of any numbers in 0..1; found {low:.4g} to {high:.4g}. "
        "Undo their scaling: numbers in -1..1, say, with (x + 1) / 2"
    )


def read_labels(y) -> tuple[np.ndarray | list, list[str] | None]:
    """Labels as a matrix, with the names of its columns if it has any; or as lists of tags, with the tags."""
    tags = _tags(y)
    if tags is not None:
        return tags, sorted(set().union(*tags))
    columns = list(getattr(y, "columns", []))
    named = bool(columns) and all(isinstance(column, str) for column in columns)  # otherwise they are only numbered
    return check_label_matrix(dense(y)), columns if named else None


def _tags(y) -> list | None:
    """The rows of `y` if these are tags, checked; None if `y` is a matrix, of whatever kind."""
    if not isinstance(y, list | tuple) and getattr(y, "ndim", 2) != 1:
        return None
    rows, collections_of_tags = list(y), (list, tuple, set, frozenset, np.ndarray)
    found = {tag for row in rows if isinstance(row, collections_of_tags) for tag in row if isinstance(tag, str)}
    if not found - {"0", "1"}:  # numbers, or a matrix that was read as text
        return None
    for number, row in enumerate(rows):
        if not isinstance(row, collections_of_tags) or not all(isinstance(tag, str) and tag.strip() for tag in row):
            raise ValueError(
                f"y[{number}]: expected a list of tags, each a str and not empty; found {row!r:.80}. A single tag is "
                "['red'], a row without tags is [], and a text of tags must be split."
            )
    return rows


def as_matrix(labels: np.ndarray | list, found: list[str] | None, label_names: collections.abc.Sequence[str]):
    """The label matrix whose columns are `label_names`."""
    if isinstance(labels, list):
        unknown = sorted({*found} - {*label_names})
        if unknown:
            raise ValueError(f"y: expected tags that are label names, found others: {unknown!r:.200}")
        return MultiLabelBinarizer(classes=list(label_names)).fit_transform(labels)
    if found is not None and found != list(label_names):
        raise ValueError(
            f"y: expected columns named and ordered as the labels, {list(label_names)!r:.200}; found {found!r:.200}"
        )
    return labels
