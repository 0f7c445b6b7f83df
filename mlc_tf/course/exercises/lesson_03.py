"""The exercises of lesson 03, adversarial training."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_SCORES = np.array([-6.0, -2.0, -0.5, 0.0, 0.5, 2.0, 6.0])

_GENERATOR = np.random.default_rng(3)
_NEAR, _FAR = _GENERATOR.normal(0, 1, 50), _GENERATOR.normal(3, 1, 50)
_NARROW, _WIDE = _GENERATOR.normal(0, 1, 40), _GENERATOR.normal(0, 2, 40)

_GRADIENTS = _GENERATOR.normal(0, 1, (20, 2))
_SHORT_GRADIENTS = _GENERATOR.normal(0, 0.2, (10, 5))


def _sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


def _lengths(gradients):
    return np.sqrt(np.sum(gradients**2, axis=1))


EXERCISES = {
    "minimax slope": Exercise(
        inputs=((_SCORES,), (_SCORES / 3,)),
        right=lambda s: -_sigmoid(s),
        mistakes={
            "a minus is missing: log(1 - sigmoid(s)) falls as the score rises, so its slope is negative.": _sigmoid,
            "this is the derivative of the sigmoid alone, with a minus; the logarithm divides it by 1 - sigmoid(s).": (
                lambda s: -_sigmoid(s) * (1 - _sigmoid(s))
            ),
            "this is the loss itself, log(1 - sigmoid(s)); wanted is its derivative.": lambda s: -np.logaddexp(0, s),
            "this is the slope of -log sigmoid(s), the non-saturating loss, which comes next.": (
                lambda s: _sigmoid(s) - 1
            ),
        },
        success="Where the discriminator is sure, sigmoid(s) is near 0, and so is the slope.",
    ),
    "Wasserstein distance": Exercise(
        inputs=((_NEAR, _FAR), (_NARROW, _WIDE)),
        right=lambda a, b: np.mean(np.abs(np.sort(a) - np.sort(b))),
        mistakes={
            "this pairs the numbers in the order in which they were drawn; the cheapest matching pairs the smallest "
            "with the smallest: sort both.": lambda a, b: np.mean(np.abs(a - b)),
            "this is the distance of the means: 0 for two samples of different width around the same mean.": (
                lambda a, b: np.abs(np.mean(a) - np.mean(b))
            ),
            "this is the mean over all pairs; each number goes to one place only: sort both, and pair them in order.": (
                lambda a, b: np.mean(np.abs(a[:, None] - b[None, :]))
            ),
            "this is the sum; the work for a sample counts each number with weight 1 / n: take the mean.": (
                lambda a, b: np.sum(np.abs(np.sort(a) - np.sort(b)))
            ),
        },
        success="The value of scipy.stats.wasserstein_distance.",
    ),
    "gradient penalty": Exercise(
        inputs=((_GRADIENTS,), (_SHORT_GRADIENTS,)),
        right=lambda gradients: np.mean((_lengths(gradients) - 1) ** 2),
        mistakes={
            "this asks each coordinate to be 1 or -1; wanted is the length of each row, the root of the sum of its "
            "squares.": lambda gradients: np.mean((np.abs(gradients) - 1) ** 2),
            "the square root is missing: this compares the squared length with 1.": (
                lambda gradients: np.mean((_lengths(gradients) ** 2 - 1) ** 2)
            ),
            "this is one length for the whole batch: sum the squares over axis 1 alone, so that each point has its "
            "own.": lambda gradients: (np.sqrt(np.sum(gradients**2)) - 1) ** 2,
            "this is the length of the mean gradient, in which gradients of opposite direction cancel: take the "
            "length of each row first.": lambda gradients: (np.linalg.norm(gradients.mean(axis=0)) - 1) ** 2,
            "take the mean over the batch, not the sum, so that lambda means the same for every batch size.": (
                lambda gradients: np.sum((_lengths(gradients) - 1) ** 2)
            ),
        },
        success="It is 0 only where every gradient has length 1.",
    ),
}
