"""The exercises of lesson 05, does it help?"""

import numpy as np
import scipy.stats

from mlc_tf.course.exercises import Exercise

_GENERATOR = np.random.default_rng(5)
_X = _GENERATOR.integers(0, 256, (6, 4, 4, 1)).astype(np.float32)
_Y = np.eye(6, 5, dtype=np.float32)
_SHARES = _GENERATOR.random(6).astype(np.float32)

_PARENT = np.array([0, 0, 1, 1, 2, 2])  # the coarse label of each of six fine ones
_FINE = _GENERATOR.normal(size=(40, 6))
_COARSE = _GENERATOR.normal(size=(40, 3))
_COARSE[::2] += 4 * np.eye(3)[_PARENT[_FINE[::2].argmax(axis=1)]]


def _mixed(x, y, share, share_of_labels):
    x_share, y_share = share.reshape(-1, 1, 1, 1), share_of_labels.reshape(-1, 1)
    return x_share * x + (1 - x_share) * x[::-1], y_share * y + (1 - y_share) * y[::-1]


def _half_width(scores, quantile, spread, root):
    return quantile * np.std(scores, ddof=spread) / (np.sqrt(len(scores)) if root else 1)


def _student(scores):
    return scipy.stats.t.ppf(0.975, len(scores) - 1)


EXERCISES = {
    "mixup": Exercise(
        inputs=((_X, _Y, _SHARES), (_X[:3], _Y[:3], _SHARES[:3])),
        right=lambda x, y, share: _mixed(x, y, share, share),
        mistakes={
            "the pictures are mixed, their label sets are not: a picture that is half a 3 should be told so.": (
                lambda x, y, share: (_mixed(x, y, share, share)[0], y)
            ),
            "pictures and label sets have to be mixed in the *same* share: here the one that counts for the "
            "picture counts for the other's labels.": lambda x, y, share: _mixed(x, y, share, 1 - share),
            "the two shares should add up to 1: `share` and `1 - share`. Here the pictures grow brighter.": (
                lambda x, y, share: (x + share.reshape(-1, 1, 1, 1) * x[::-1], y + share.reshape(-1, 1) * y[::-1])
            ),
        },
        success="A line between two pictures, and between what is said of them.",
    ),
    "half width": Exercise(
        inputs=((np.array([0.71, 0.74, 0.69]),), (np.array([0.5, 0.6, 0.55, 0.52, 0.61]),)),
        right=lambda scores: _half_width(scores, _student(scores), 1, True),
        mistakes={
            "1.96 is for many runs. With a few the spread itself is uncertain: take Student's t with n - 1 degrees of "
            "freedom.": lambda scores: _half_width(scores, 1.96, 1, True),
            "divide by √n: a mean of n runs varies less than one run.": lambda scores: _half_width(
                scores, _student(scores), 1, False
            ),
            "NumPy's `std` divides by n; the spread around an *estimated* mean wants n - 1 (`ddof=1`).": (
                lambda scores: _half_width(scores, _student(scores), 0, True)
            ),
            "that is one side of 95 %: 2.5 % should lie beyond either end, so look up 0.975.": lambda scores: (
                _half_width(scores, scipy.stats.t.ppf(0.95, len(scores) - 1), 1, True)
            ),
        },
        success="Three runs: more than four standard errors to either side.",
    ),
    "agreement": Exercise(
        inputs=((_FINE, _COARSE, _PARENT), (_FINE[:9], _COARSE[:9], _PARENT)),
        right=lambda fine, coarse, parent: np.mean(parent[fine.argmax(axis=1)] == coarse.argmax(axis=1)),
        mistakes={
            "a fine label's number is no coarse label's number: look its coarse label up in `parent` first.": (
                lambda fine, coarse, parent: np.mean(fine.argmax(axis=1) == coarse.argmax(axis=1))
            ),
            "this looks up the coarse label's number among the fine ones: `parent` takes a fine label.": (
                lambda fine, coarse, parent: np.mean(fine.argmax(axis=1) == parent[coarse.argmax(axis=1)])
            ),
            "these are the pictures where the two do *not* agree.": lambda fine, coarse, parent: np.mean(
                parent[fine.argmax(axis=1)] != coarse.argmax(axis=1)
            ),
            "this is a number of pictures: a share of them does not depend on how many there are.": (
                lambda fine, coarse, parent: np.sum(parent[fine.argmax(axis=1)] == coarse.argmax(axis=1))
            ),
        },
        success="Whether two answers fit together has nothing to do with whether they are right.",
    ),
}
