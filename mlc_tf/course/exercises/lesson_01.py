"""The exercises of lesson 01, multi-label data."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_GENERATOR = np.random.default_rng(1)
# Every label occurs, so that no ratio below divides by zero.
_LABELS = np.vstack([_GENERATOR.random((30, 4)) < (0.7, 0.4, 0.2, 0.1), np.eye(4)]).astype(np.float32)
_SMALL = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], np.float32)


def _joint(y):
    return y.T @ y


EXERCISES = {
    "density": Exercise(
        inputs=((_SMALL,), (_LABELS,)),
        right=lambda y: y.sum(axis=1).mean() / y.shape[1],
        mistakes={
            "this is the cardinality, a number of labels. Density is the *share* of the K labels that is present.": (
                lambda y: y.sum(axis=1).mean()
            ),
            "you divided by N, the number of examples, once too often. Divide the cardinality by K.": (
                lambda y: y.sum(axis=1).mean() / len(y)
            ),
            "this is the share of examples with at least one label. Count every label an example has.": (
                lambda y: y.any(axis=1).mean()
            ),
        },
        success="It is the mean of the whole label matrix: the share of ones.",
    ),
    "imbalance ratio": Exercise(
        inputs=((_SMALL,), (_LABELS,)),
        right=lambda y: y.sum(axis=0).max() / y.sum(axis=0),
        mistakes={
            "upside down: a rare label should get a *large* ratio, the most frequent one exactly 1.": (
                lambda y: y.sum(axis=0) / y.sum(axis=0).max()
            ),
            "you compare with N, the number of examples. Compare with the count of the most frequent label.": (
                lambda y: len(y) / y.sum(axis=0)
            ),
            "you summed along the rows, which gives a number for each example. A label is a *column*: `axis=0`.": (
                lambda y: y.sum(axis=1).max() / np.where(y.sum(axis=1) == 0, np.inf, y.sum(axis=1))
            ),
        },
        success="Ratios of the counts of columns, the most frequent label at 1.",
    ),
    "conditional": Exercise(
        inputs=((_SMALL,), (_LABELS,)),
        right=lambda y: _joint(y) / y.sum(axis=0)[:, None],
        mistakes={
            "transposed: entry [i, j] should be the share of label j among the examples *with label i*, so every "
            "row i is divided by the count of label i.": lambda y: _joint(y) / y.sum(axis=0)[None, :],
            "you divided by N: that is how often i and j occur together at all, P(i and j), not P(j given i).": (
                lambda y: _joint(y) / len(y)
            ),
            "these are the counts of pairs. Divide row i by the number of examples with label i.": _joint,
        },
        success="The diagonal is 1, and the matrix is not symmetric: P(j | i) is not P(i | j).",
    ),
}
