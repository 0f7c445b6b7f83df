"""How sure a mean of a few runs is. Lesson 05 introduces it."""

from collections.abc import Sequence

import numpy as np
import scipy.stats


def interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Mean of independent runs, and half the width of Student's confidence interval of it.

    >>> mean, half_width = interval([0.7, 0.8, 0.9])
    >>> print(f"{mean:.2f} +- {half_width:.2f}")
    0.80 +- 0.25

    Args:
        values: one score a run, two or more.
        confidence: how often such an interval holds the true mean, if scores vary as a normal distribution does.

    Raises:
        ValueError: with fewer than two values: one run says nothing of the spread.
    """
    if len(values) < 2:
        raise ValueError(f"values: expected the scores of two runs or more, found {len(values)}")
    half_width = scipy.stats.t.ppf((1 + confidence) / 2, len(values) - 1) * scipy.stats.sem(values)
    return float(np.mean(values)), float(half_width)
