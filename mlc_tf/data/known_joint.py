"""A made-up task whose P(label set | example) is known: every decision can be held against the truth. Lesson 08.

An example is a point of the plane, and exactly one of three labels is present; or the three have the same
probabilities, and are independent given the point: then there is nothing that one label could say of another.
"""

import itertools

import numpy as np

from mlc_tf.data.counts import whole
from mlc_tf.data.dataset import Dataset, Split

LABELS = ("a", "b", "c")
SETS = np.array(list(itertools.product((0, 1), repeat=len(LABELS))), np.float32)  # all eight, (8, 3)
AT_THE_ORIGIN = (0.45, 0.35, 0.20)
DIRECTIONS = np.array([[1.0, -0.5, -0.5], [0.0, 0.9, -0.9]])  # in which a label becomes likelier, (2, 3)


def load_data(
    dependent: bool = True, train: int = 20_000, validation: int = 2_000, test: int = 5_000, seed: int = 0
) -> Dataset:
    """Draw points from a normal distribution, and of each one label set from `truth`.

    Args:
        dependent: exactly one label; False for independent labels with the same probabilities.
        train, validation, test: number of examples in each split.
        seed: of the drawing.

    Returns:
        A `Dataset` with `x` of shape `(N, 2)` and `y` of shape `(N, 3)`.

    Raises:
        ValueError: when a split is to have no example.
    """
    splits = []
    for number, (name, size) in enumerate({"train": train, "validation": validation, "test": test}.items()):
        whole(f"{name} is a number of examples", size)
        generator = np.random.default_rng([seed, number])
        x = generator.normal(size=(size, 2)).astype(np.float32)
        cumulative = truth(x, dependent).cumsum(axis=1)
        chosen = np.sum(generator.random((size, 1)) > cumulative[:, :-1], axis=1)
        splits.append(Split(x, SETS[chosen]))
    return Dataset("known joint" if dependent else "known joint, independent", *splits, label_names=LABELS)


def truth(x: np.ndarray, dependent: bool = True) -> np.ndarray:
    """P(label set | x) of each of the eight `SETS`, `(N, 8)`.

    Args:
        x: points `(N, 2)`.
        dependent: as for `load_data`.

    Raises:
        ValueError: when `x` are no such points.
    """
    x = np.asarray(x, np.float64)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"x: expected points of shape (N, 2), found shape {x.shape}")
    scores = np.log(AT_THE_ORIGIN) + x @ DIRECTIONS
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)  # (N, 3)
    if dependent:
        return np.where(SETS.sum(axis=1) == 1, p @ SETS.T, 0)
    return np.prod(np.where(SETS == 1, p[:, None], 1 - p[:, None]), axis=2)
