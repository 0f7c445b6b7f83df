"""How sure a mean of a few runs is. Lesson 05 introduces it."""

from collections.abc import Sequence

import scipy.stats


def interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Mean of independent runs, and half the width of Student's confidence interval of it.

    Args:
        values: one score a run, two or more.
        confidence: how often such an interval holds the true mean, if scores vary as a normal distribution does.

    Raises:
        ValueError: with fewer than two values: one run says nothing of the spread.
    """
    if len(values) < 2:
        raise ValueError(f"values: expected the scores of two runs or more, found {len(values)}")
    low, high = scipy.stats.ttest_1samp(values, 0).confidence_interval(confidence)
    return float((low + high) / 2), float((high - low) / 2)
