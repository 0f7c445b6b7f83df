"""Thresholds: from probabilities to decisions. They are fitted on validation data, never on test data.

"Present" means probability > threshold, strictly, as in Keras. A fitted threshold lies half-way between
two neighbouring scores, so that `>` and `>=` decide alike. Lesson 02 introduces everything here.
"""

import numpy as np

from mlc_tf.data.labels import check_label_matrix, check_numbers


def check_probabilities(probabilities: np.ndarray, name: str = "probabilities") -> np.ndarray:
    """Check that these are probabilities, a row for each example and a column for each label.

    Args:
        probabilities: `(N, K)` in 0..1.
        name: what the error calls it.

    Returns:
        `probabilities` as a float array `(N, K)`.

    Raises:
        ValueError: when it is not a matrix, is empty, or holds anything but numbers from 0 to 1.
    """
    probabilities = check_numbers(probabilities, name, "A model's predict gives it; keras.ops.sigmoid, of logits.")
    if probabilities.dtype != np.float64:
        probabilities = probabilities.astype(np.float32)
    if probabilities.ndim != 2 or probabilities.size == 0:
        raise ValueError(
            f"{name}: expected shape (N, K), a row for each example and a column for each label; "
            f"found shape {probabilities.shape}"
        )
    if np.isnan(probabilities).any():
        raise ValueError(
            f"{name}: expected numbers from 0 to 1; found NaN in {np.isnan(probabilities).sum()} places. "
            "Look for a training loss that became NaN."
        )
    lowest, highest = probabilities.min(), probabilities.max()
    if lowest < 0 or highest > 1:
        raise ValueError(
            f"{name}: expected numbers from 0 to 1; found {lowest:.4g} to {highest:.4g}. "
            "Did you pass logits? keras.ops.sigmoid turns them into probabilities."
        )
    return probabilities


def decide(probabilities: np.ndarray, thresholds: float | np.ndarray, at_least_one: bool = False) -> np.ndarray:
    """Decide which labels are present.

    Args:
        probabilities: `(N, K)`.
        thresholds: one number, or one for each label, `(K,)`.
        at_least_one: where no label is above its threshold the most probable one is present. For data of which each
            example has a label.

    Returns:
        `(N, K)`, float32 of 0 and 1.

    Raises:
        ValueError: when the probabilities are not in 0..1, or the thresholds have another shape.
    """
    probabilities = check_probabilities(probabilities)
    # In the precision of the probabilities, as Keras compares: 0.3 in float32 is not above 0.3.
    thresholds = np.asarray(thresholds, dtype=probabilities.dtype)
    if thresholds.shape not in ((), (probabilities.shape[1],)) or np.isnan(thresholds).any():
        raise ValueError(
            f"thresholds: expected one number, or {probabilities.shape[1]} numbers (one for each label); "
            f"found {thresholds!r}"
        )
    present = probabilities > thresholds
    if at_least_one:
        without = np.flatnonzero(~present.any(axis=1))
        present[without, probabilities[without].argmax(axis=1)] = True
    return present.astype(np.float32)


def global_threshold(y_val: np.ndarray, p_val: np.ndarray) -> float:
    """Find the one threshold for all labels with the highest micro-F1 on validation data.

    Every possible cut is tried; of cuts that score the same the highest is taken (fewest labels predicted).

    >>> global_threshold([[1, 0], [0, 1]], [[0.75, 0.25], [0.5, 0.5]])
    0.375

    Args:
        y_val: `(N, K)` of 0 and 1.
        p_val: probabilities `(N, K)`.

    Raises:
        ValueError: on other input, and when `y_val` holds no label at all: then every threshold scores 0.
    """
    y, p = _check_pair(y_val, p_val)
    if not y.any():
        raise ValueError("y_val: expected at least one label that is present, found only 0; use more validation data")
    return _best_cut(y.ravel(), p.ravel(), smoothing=0)


def group_thresholds(y_val: np.ndarray, p_val: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Find a threshold for each group of labels, the one with the group's highest micro-F1 on validation data.

    For instance of the rare labels and of all others: in many examples a rare label is the likeliest one and still
    improbable, so a threshold of all labels never finds it.

    Args:
        y_val: `(N, K)` of 0 and 1.
        p_val: probabilities `(N, K)`.
        groups: to which group each label belongs, `(K,)`.

    Returns:
        A threshold for each label, `(K,)`.

    Raises:
        ValueError: as `global_threshold` does, for each group.
    """
    y, p = _check_pair(y_val, p_val)
    found = np.empty(y.shape[1])
    for group in np.unique(groups):
        found[groups == group] = global_threshold(y[:, groups == group], p[:, groups == group])
    return found


def per_label_thresholds(
    y_val: np.ndarray, p_val: np.ndarray, minimum_positives: int = 5, smoothing: float = 1.0
) -> np.ndarray:
    """Find a threshold for each label that maximises the label's F1 on validation data.

    The cut that is best for a handful of validation examples is mostly luck, so rare labels are protected twice:

    - a label with fewer than `minimum_positives` validation examples gets the global threshold;
    - for the others F1 is smoothed, `(2 TP + s) / (2 TP + FP + FN + s)` with s = `smoothing`, after Lin & Lin
      2023, "On the thresholding strategy for infrequent labels in multi-label classification", CIKM.

    `minimum_positives=0, smoothing=0` is the plain version without protection. Of cuts that score the same
    the highest is taken.

    Args:
        y_val: `(N, K)` of 0 and 1.
        p_val: probabilities `(N, K)`.
        minimum_positives: validation examples that a label needs for a threshold of its own.
        smoothing: s above, 0 or more.

    Returns:
        A threshold for each label, `(K,)`.

    Raises:
        ValueError: as `global_threshold` does.
    """
    y, p = _check_pair(y_val, p_val)
    fallback = global_threshold(y, p)
    frequent = y.sum(axis=0) >= minimum_positives
    return np.array([_best_cut(y[:, k], p[:, k], smoothing) if frequent[k] else fallback for k in range(y.shape[1])])


def _check_pair(y_val: np.ndarray, p_val: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, p = check_label_matrix(y_val, "y_val"), check_probabilities(p_val, "p_val")
    if y.shape != p.shape:
        raise ValueError(f"expected y_val and p_val of the same shape, found {y.shape} and {p.shape}")
    return y, p


def _best_cut(truth: np.ndarray, scores: np.ndarray, smoothing: float) -> float:
    """The cut with the highest (smoothed) F1. `truth`: `(M,)` bool; `scores`: `(M,)`."""
    order = np.argsort(-scores, kind="stable")
    truth, scores = truth[order], scores[order]
    # Going down the scores, a cut is possible before the first, between two that differ, and after the last.
    last_of_equals = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    predicted = np.append(0, last_of_equals + 1)  # (cuts,) how many are predicted present
    true_positives = np.append(0, np.cumsum(truth)[last_of_equals])  # (cuts,)
    denominator = predicted + truth.sum() + smoothing  # 2 TP + FP + FN = predicted + present
    f1 = np.divide(2 * true_positives + smoothing, denominator, out=np.zeros(len(predicted)), where=denominator > 0)
    best = np.argmax(f1)  # the first, so the highest, of equals

    # The gaps at both ends are closed by 1 and 0; a score of just 1 or 0 needs a cut beyond the scale.
    top, bottom = (1 if scores[0] < 1 else 2), (0 if scores[-1] > 0 else -1)
    edges = np.concatenate([[top], scores[last_of_equals], [bottom]]).astype(scores.dtype)
    upper, lower = edges[best], edges[best + 1]
    # Two floats with none between them have no middle: then the lower one, since the comparison is strict.
    return float(min((upper + lower) / 2, np.nextafter(upper, lower)))
