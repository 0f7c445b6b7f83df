"""Decisions: from a distribution over label sets to one label set, the best for a stated loss. Lesson 08.

Three losses want three answers (Dembczynski et al. 2012, "On label dependence and loss minimization in multi-label
classification", Machine Learning 88):

- Hamming loss: each label that is more likely present than not, `thresholds.decide(marginals(...), 0.5)`;
- subset accuracy: the most probable set, `most_probable`;
- example-F1: neither, but `best_f1`.

A distribution is given for each example as S label sets and their weights: sets drawn from a model, the sets that a
beam search found, or all 2^K of them where K is small. Of a model that takes labels for independent given the example,
the probabilities are enough: the first decision is that of the second too, and there is `best_f1_of_independent`.
"""

import numpy as np

from mlc_tf.data.labels import check_numbers
from mlc_tf.evaluation.thresholds import check_probabilities

CHUNK = 2**24  # numbers held at once
NEGLIGIBLE = 1e-12  # the probability of all larger label sets together


def marginals(sets: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Each label's probability, `(N, K)`: the weight of the sets that it is in.

    >>> marginals([[[1, 0], [1, 1], [0, 0], [1, 0]]])
    array([[0.75, 0.25]])

    Args:
        sets: `(N, S, K)` of 0 and 1, S label sets for each example; so for all functions of sets here.
        weights: `(N, S)`, from 0 on, in each row something above 0; they are divided by their sum. `None` for sets that
            were drawn: each counts the same.

    Raises:
        ValueError: when sets or weights are something else.
    """
    sets, weights = _check(sets, weights)
    return np.minimum(np.einsum("nsk,ns->nk", sets, weights), 1)  # a sum of tenths may be a little more


def most_probable(sets: np.ndarray, weights: np.ndarray | None = None, at_least_one: bool = False) -> np.ndarray:
    """The label set with the most weight, `(N, K)`, float32 of 0 and 1: best for subset accuracy.

    Equal sets count together; of sets with the same weight the one that comes first is taken.

    >>> most_probable([[[0, 0], [1, 1], [0, 1], [1, 1]]])
    array([[1., 1.]], dtype=float32)

    Args:
        sets, weights: as for `marginals`.
        at_least_one: the empty set is no answer, where there is another. For data of which each example has a label.

    Raises:
        ValueError: when sets or weights are something else.
    """
    sets, weights = _check(sets, weights)
    chosen = np.empty(sets[:, 0].shape, np.float32)
    for row, (own, weight) in enumerate(zip(sets, weights, strict=True)):
        _, first, member_of = np.unique(np.packbits(own, axis=1), axis=0, return_index=True, return_inverse=True)
        total = np.bincount(member_of.ravel(), weight)
        if at_least_one and len(first) > 1:
            total[~own[first].any(axis=1)] = -1
        chosen[row] = own[np.min(first[total >= total.max() * (1 - 1e-9)])]
    return chosen


def best_f1(sets: np.ndarray, weights: np.ndarray | None = None, at_least_one: bool = False) -> np.ndarray:
    """The label set with the highest expected example-F1, `(N, K)`, float32 of 0 and 1; any of the 2^K may be it.

    Of a set h with k labels the expected F1 is the sum over its labels i of sum_s P(label i, size s) 2 / (s + k): so
    for each k the best are the k labels for which the inner sum is largest, and no other sets need to be looked at
    (Waegeman et al. 2014, "On the Bayes-optimality of F-measure maximizers", JMLR 15). The empty set, whose F1 is 1
    where the truth is empty and else 0, is compared with the best of them. Of equals the smallest set is taken.

    >>> best_f1([[[1, 0, 0], [0, 1, 0], [0, 0, 1]]], [[0.45, 0.35, 0.20]])
    array([[1., 1., 0.]], dtype=float32)

    Args:
        sets, weights: as for `marginals`.
        at_least_one: the empty set is no answer.

    Raises:
        ValueError: when sets or weights are something else.
    """
    sets, weights = _check(sets, weights)
    labels = sets.shape[2]
    largest = max(1, int(sets.sum(axis=2).max()))
    return _in_chunks(
        lambda own, weight: _best_f1(*_labels_and_sizes(own, weight, largest), at_least_one),
        labels * (sets.shape[1] + 2 * labels),
        sets,
        weights,
    )


def best_f1_of_independent(probabilities: np.ndarray, at_least_one: bool = False) -> np.ndarray:
    """`best_f1` of labels that are independent given the example, exactly, from their probabilities alone.

    P(label i, size s) is p_i times the probability that s - 1 of the others are present, by the distribution of a sum
    of independent labels (Poisson-binomial).

    >>> best_f1_of_independent([[0.45, 0.35, 0.20], [0.9, 0.1, 0.1]])
    array([[1., 1., 0.],
           [1., 0., 0.]], dtype=float32)

    Args:
        probabilities: `(N, K)`.
        at_least_one: the empty set is no answer.

    Raises:
        ValueError: when they are no probabilities.
    """
    p = check_probabilities(probabilities).astype(np.float64)
    return _in_chunks(
        lambda own: _best_f1(*_labels_and_sizes_of_independent(own), at_least_one), 4 * p.shape[1] ** 2, p
    )


def _best_f1(together: np.ndarray, empty: np.ndarray, at_least_one: bool) -> np.ndarray:
    """The decision from P(label i, size s), `(n, K, s = 1..M)`, and P(size 0), `(n,)`."""
    labels, largest = together.shape[1:]
    sizes, answers = np.arange(1, largest + 1), np.arange(1, labels + 1)
    worth = together @ (2 / (sizes[:, None] + answers))  # (n, label, k): what it adds to an answer of k labels
    order = np.argsort(-worth, axis=1, kind="stable")  # (n, rank, k)
    ranked = np.take_along_axis(worth, order, axis=1)
    expected = np.cumsum(ranked, axis=1)[:, answers - 1, answers - 1]  # (n, k)
    expected = np.column_stack([np.full(len(empty), -1.0) if at_least_one else empty, expected])
    best = np.argmax(expected > expected.max(axis=1, keepdims=True) - 1e-12, axis=1)  # the smallest of equals
    chosen = np.zeros((len(worth), labels), np.float32)
    for row in np.flatnonzero(best):
        chosen[row, order[row, : best[row], best[row] - 1]] = 1
    return chosen


def _labels_and_sizes(sets: np.ndarray, weights: np.ndarray, largest: int) -> tuple[np.ndarray, np.ndarray]:
    """P(label, size) `(n, K, M)` and P(no label) `(n,)` of weighted sets."""
    size = sets.sum(axis=2)  # (n, S)
    of_size = (size[..., None] == np.arange(1, largest + 1)) * weights[..., None]  # (n, S, M)
    return np.swapaxes(sets, 1, 2).astype(np.float64) @ of_size, np.sum(weights * (size == 0), axis=1)


def _labels_and_sizes_of_independent(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """P(label, size) `(n, K, M)` and P(no label) `(n,)` of independent labels with these probabilities `(n, K)`."""
    rows, labels = p.shape
    size = np.zeros((rows, labels + 1))  # P(s labels), of those taken in so far
    size[:, 0] = 1
    for k in range(labels):
        size[:, 1:] = size[:, 1:] * (1 - p[:, k, None]) + size[:, :-1] * p[:, k, None]
        size[:, 0] *= 1 - p[:, k]
    above = size[:, ::-1].cumsum(axis=1)[:, ::-1].max(axis=0)  # P(s labels or more), the most of any example
    largest = max(1, int(np.sum(above[1:] > NEGLIGIBLE)))
    # Taking a label out again: upwards through size = (1 - p) other[s] + p other[s - 1] where p is at most a half, and
    # else downwards, so that errors shrink on the way.
    seldom = p <= 0.5
    upwards, downwards = np.zeros((2, rows, labels, labels + 1))  # P(s of the others), the last entry is 0
    p_seldom, p_often = np.where(seldom, p, 0), np.where(seldom, 1, p)
    upwards[:, :, 0] = size[:, :1] / (1 - p_seldom)
    for s in range(1, labels):
        upwards[:, :, s] = (size[:, s, None] - p_seldom * upwards[:, :, s - 1]) / (1 - p_seldom)
    for s in range(labels - 1, -1, -1):
        downwards[:, :, s] = (size[:, s + 1, None] - (1 - p_often) * downwards[:, :, s + 1]) / p_often
    others = np.where(seldom[..., None], upwards, downwards)[:, :, :largest]
    return p[..., None] * np.maximum(others, 0), size[:, 0]


def _in_chunks(decide, numbers_an_example: int, *arrays: np.ndarray) -> np.ndarray:
    rows = max(1, CHUNK // numbers_an_example)
    parts = range(0, len(arrays[0]), rows)
    return np.concatenate([decide(*(array[first : first + rows] for array in arrays)) for first in parts])


def _check(sets, weights) -> tuple[np.ndarray, np.ndarray]:
    """The sets as bool `(N, S, K)`, and their weights `(N, S)`, which sum to 1 in each row."""
    sets = check_numbers(sets, "sets", "Give each example the same number of label sets.")
    if sets.ndim != 3 or sets.size == 0 or not np.isin(sets, (0, 1)).all():
        raise ValueError(
            f"sets: expected 0 and 1 of shape (N, S, K), S label sets for each of N examples; found shape {sets.shape}"
            f"{'' if sets.size == 0 else f', values {sets.min():.4g} to {sets.max():.4g}'}"
        )
    if weights is None:
        return sets.astype(bool), np.full(sets.shape[:2], 1 / sets.shape[1])
    weights = check_numbers(weights, "weights", "Log-probabilities become weights with np.exp.").astype(np.float64)
    if weights.shape != sets.shape[:2] or not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError(
            f"weights: expected shape {sets.shape[:2]}, a number from 0 on for each label set; found shape "
            f"{weights.shape}, {np.min(weights, initial=np.inf):.4g} to {np.max(weights, initial=-np.inf):.4g}. "
            "Log-probabilities become weights with np.exp."
        )
    total = weights.sum(axis=1, keepdims=True)
    if not total.all():
        raise ValueError(f"weights: expected one above 0 for each example, found none for row {np.argmin(total)}")
    return sets.astype(bool), weights / total
