"""The exercises of lesson 05, does it help?"""

import itertools

import numpy as np
import scipy.stats

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(5)
# As many pictures as rows, columns and labels: a share along the wrong axis gives wrong numbers, and gets its own hint.
_X = _GENERATOR.integers(0, 256, (2, 4, 4, 4, 1)).astype(np.float32)
_Y = (_GENERATOR.random((2, 4, 4)) < 0.5).astype(np.float32)
_SHARES = _GENERATOR.random((2, 4)).astype(np.float32)

_PARENT = np.array([0, 0, 1, 1, 2, 2])  # the coarse label of each of six fine ones
_FINE = _GENERATOR.normal(size=(40, 6))
_COARSE = _GENERATOR.normal(size=(40, 3))
_COARSE[::2] += 4 * np.eye(3)[_PARENT[_FINE[::2].argmax(axis=1)]]


def _mix(one, other, share):
    return share * one + (1 - share) * other


def _pictures(x, share):
    return _mix(x, x[::-1], share.reshape(-1, 1, 1, 1))


def _sets(y, share):
    return _mix(y, y[::-1], share.reshape(-1, 1))


def _agree(fine, coarse, parent):
    return parent[fine.argmax(axis=1)] == coarse.argmax(axis=1)


def _half_width(scores, changes=()):
    """The half width, or what comes of the mistakes in `changes`."""
    n = len(scores)
    parts = {"t": scipy.stats.t.ppf(0.975, n - 1), "ddof": 1, "root": np.sqrt(n), "spread": np.std, "times": 1}
    for change in changes:
        parts |= change(n)
    spread = parts["spread"](scores, ddof=parts["ddof"])
    return parts["times"] * parts["t"] * spread / parts["root"]


# What goes wrong with the half width, one at a time or two at once: hint -> the part that is another.
_SLIPS = {
    "1.96 is for many runs. With a few the spread itself is uncertain: take Student's t with n - 1 degrees of "
    "freedom.": lambda n: {"t": 1.96},
    "that is one side of 95 %: 2.5 % should lie beyond either end, so look up 0.975.": (
        lambda n: {"t": scipy.stats.t.ppf(0.95, n - 1)}
    ),
    "with the mean taken off, n runs leave n - 1 degrees of freedom, not n.": (
        lambda n: {"t": scipy.stats.t.ppf(0.975, n)}
    ),
    "t is missing: this is the standard error, the unit in which t counts.": lambda n: {"t": 1},
    "the quantile at 0.025 is the negative one: look up 0.975.": lambda n: {"t": scipy.stats.t.ppf(0.025, n - 1)},
    "NumPy's `std` divides by n; the spread around an *estimated* mean wants n - 1 (`ddof=1`).": lambda n: {"ddof": 0},
    "divide by √n: a mean of n runs varies less than one run.": lambda n: {"root": 1},
    "divide by √n, not by n.": lambda n: {"root": n},
    "this is the whole width: half of it lies on either side of the mean.": lambda n: {"times": 2},
    "s is the root of the variance: take `np.std`, not `np.var`.": lambda n: {"spread": np.var},
}


def _slips():
    """Each slip, and each two that can go together."""
    found = {hint: (change,) for hint, change in _SLIPS.items()}
    for (hint, change), (other_hint, other) in itertools.combinations(_SLIPS.items(), 2):
        if change(2).keys() != other(2).keys():
            found[f"two things: {hint} And: {other_hint}"] = (change, other)
    return {hint: lambda scores, changes=changes: _half_width(scores, changes) for hint, changes in found.items()}


EXERCISES = {
    "mixup": Exercise(
        inputs=tuple(zip(_X, _Y, _SHARES, strict=True)),
        right=lambda x, y, share: (_pictures(x, share), _sets(y, share)),
        mistakes={
            "the pictures are mixed, their label sets are not: a picture that is half a 3 should be told so.": (
                lambda x, y, share: (_pictures(x, share), y)
            ),
            "the label sets are mixed, the pictures are not.": lambda x, y, share: (x, _sets(y, share)),
            "pictures and label sets have to be mixed in the *same* share: here the one that counts for the "
            "picture counts for the other's labels.": lambda x, y, share: (_pictures(x, share), _sets(y, 1 - share)),
            "the other way round: `s` is the share of the picture itself, 1 - `s` that of the other.": (
                lambda x, y, share: (_pictures(x, 1 - share), _sets(y, 1 - share))
            ),
            "the two shares should add up to 1: `s` and `1 - s`. Here the pictures grow brighter.": (
                lambda x, y, share: (x + share.reshape(-1, 1, 1, 1) * x[::-1], y + share.reshape(-1, 1) * y[::-1])
            ),
            "the other picture and its label set are missing: add them with the share 1 - `s`.": lambda x, y, share: (
                share.reshape(-1, 1, 1, 1) * x,
                share.reshape(-1, 1) * y,
            ),
            "a label of either is not wholly there: the label set is mixed in the same shares as the picture.": (
                lambda x, y, share: (_pictures(x, share), np.maximum(y, y[::-1]))
            ),
            "each picture has its own share: do not take their mean.": lambda x, y, share: (
                _mix(x, x[::-1], share.mean()),
                _mix(y, y[::-1], share.mean()),
            ),
            "`s` runs along the last axis of the pictures here. Give it their axes: `s[:, None, None, None]`.": (
                lambda x, y, share: (_mix(x, x[::-1], share), _sets(y, share))
            ),
            "`s` runs along the last axis here, and has to run along the first: `s[:, None, None, None]` for the "
            "pictures, `s[:, None]` for the label sets.": lambda x, y, share: (
                _mix(x, x[::-1], share),
                _mix(y, y[::-1], share),
            ),
            "`s[:, None]` runs along the columns of the pictures. They have four axes: `s[:, None, None, None]`.": (
                lambda x, y, share: (_mix(x, x[::-1], share[:, None]), _sets(y, share))
            ),
            "`s[:, None, None]` runs along the rows of the pictures. They have four axes: `s[:, None, None, None]`.": (
                lambda x, y, share: (_mix(x, x[::-1], share[:, None, None]), _sets(y, share))
            ),
            "the pictures are right. Of the label sets `s` weighs the columns, the labels: `s[:, None]` weighs the "
            "rows.": lambda x, y, share: (_pictures(x, share), _mix(y, y[::-1], share)),
            "`x[:, ::-1]` turns each picture upside down; `x[::-1]` takes the pictures from the other end.": (
                lambda x, y, share: (_mix(x, x[:, ::-1], share.reshape(-1, 1, 1, 1)), _sets(y, share))
            ),
            "`[:, ::-1]` turns each picture and each label set round in itself; `[::-1]` takes those from the other "
            "end of the batch.": lambda x, y, share: (
                _mix(x, x[:, ::-1], share.reshape(-1, 1, 1, 1)),
                _mix(y, y[:, ::-1], share.reshape(-1, 1)),
            ),
            "the other picture is the next one here; it should be the one as far from the end (`x[::-1]`).": (
                lambda x, y, share: (
                    _mix(x, np.roll(x, -1, axis=0), share.reshape(-1, 1, 1, 1)),
                    _mix(y, np.roll(y, -1, axis=0), share.reshape(-1, 1)),
                )
            ),
            "label sets and pictures have changed places: return the pictures first.": lambda x, y, share: (
                _sets(y, share),
                _pictures(x, share),
            ),
        },
        success="A line between two pictures, and between what is said of them.",
    ),
    "half width": Exercise(
        inputs=((np.array([0.71, 0.74, 0.69]),), (np.array([0.5, 0.6, 0.55, 0.52, 0.61]),)),
        right=_half_width,
        mistakes={
            **_slips(),
            "three things: √n for the mean, `ddof=1` for the spread, and Student's t for so few runs.": lambda scores: (
                1.96 * np.std(scores)
            ),
            "these are the two ends of the interval: half of what lies between them is asked for.": lambda scores: (
                np.mean(scores) - _half_width(scores),
                np.mean(scores) + _half_width(scores),
            ),
            "the mean is not part of it: half the width is what is taken off on one side and added on the other.": (
                lambda scores: np.mean(scores) + _half_width(scores)
            ),
        },
        success="Three runs: more than four standard errors to either side.",
    ),
    "agreement": Exercise(
        inputs=((_FINE, _COARSE, _PARENT), (_FINE[:9], _COARSE[:9], _PARENT)),
        right=lambda fine, coarse, parent: np.mean(_agree(fine, coarse, parent)),
        mistakes={
            "a fine label's number is no coarse label's number: look its coarse label up in `parent` first.": (
                lambda fine, coarse, parent: np.mean(fine.argmax(axis=1) == coarse.argmax(axis=1))
            ),
            "this looks up the coarse label's number among the fine ones: `parent` takes a fine label.": (
                lambda fine, coarse, parent: np.mean(fine.argmax(axis=1) == parent[coarse.argmax(axis=1)])
            ),
            "these are the pictures where the two do *not* agree.": lambda fine, coarse, parent: np.mean(
                ~_agree(fine, coarse, parent)
            ),
            "this is a number of pictures: a share of them does not depend on how many there are.": (
                lambda fine, coarse, parent: np.sum(_agree(fine, coarse, parent))
            ),
            "this says of each picture whether its answers agree. The share is the mean of that.": _agree,
            "this asks whether *all* pictures agree: the share is the mean.": lambda fine, coarse, parent: np.all(
                _agree(fine, coarse, parent)
            ),
            "that is the *least* probable label of each picture: `argmax`.": lambda fine, coarse, parent: np.mean(
                parent[fine.argmin(axis=1)] == coarse.argmin(axis=1)
            ),
            "a share is a number from 0 to 1, not a percentage.": lambda fine, coarse, parent: (
                100 * np.mean(_agree(fine, coarse, parent))
            ),
        },
        success="Whether two answers fit together has nothing to do with whether they are right.",
    ),
    "missing control": Question(
        right="a",
        answers={
            "a": "Ten times the pictures are ten times the updates in as many epochs. Longer training alone may have "
            "made the gain.",
            "b": "how real they look is not what the report claims. What else could have raised the score?",
            "c": "the gain is there with each seed. More of them do not tell where it comes from.",
            "d": "the classifier is meant for real pictures, so the test stays real.",
        },
    ),
    "same pictures": Question(
        right="b",
        answers={
            "a": "nearly all of their width is the luck of the draw, and that luck is the same for both ways.",
            "b": "What a seed does to both drops out: 0.02, 0.03 and 0.02 are left, and their interval leaves 0 out. "
            "Still, three seeds are few.",
            "c": "the best run is the luckiest one, and it comes without an interval.",
        },
    ),
}
