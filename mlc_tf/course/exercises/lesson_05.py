"""The exercises of lesson 05, does it help?"""

import functools
import itertools

import numpy as np
import scipy.stats

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(5)
# As many pictures as rows, columns and labels: a share along the wrong axis gives wrong numbers, and gets its own hint.
_X = _GENERATOR.integers(0, 256, (2, 4, 4, 4, 1)).astype(np.float32)
_Y = (_GENERATOR.random((2, 4, 4)) < 0.5).astype(np.float32)
_SHARES = _GENERATOR.random((2, 4)).astype(np.float32)

# Sure of presence, of absence, or unsure; in the second row unsure of all at 0.95, in the last one of none.
_PROBABILITIES = np.array([[0.98, 0.6, 0.03, 0.2], [0.4, 0.9, 0.12, 0.6], [0.02, 0.01, 0.96, 0.97]])

_PARENT = np.array([2, 0, 1, 0, 2, 2])  # the coarse label of each of six fine ones; in no order, not equally many
_FINE = _GENERATOR.normal(size=(40, 6))
_COARSE = _GENERATOR.normal(size=(40, 3))
_COARSE[::2] += 4 * np.eye(3)[_PARENT[_FINE[::2].argmax(axis=1)]]


def _mix(one, other, share):
    return share * one + (1 - share) * other


def _pictures(x, share):
    return _mix(x, x[::-1], share.reshape(-1, 1, 1, 1))


def _sets(y, share):
    return _mix(y, y[::-1], share.reshape(-1, 1))


def _fails_on_a_real_batch(mixup):
    """Whether it fails for a batch as the pipeline gives it: of another size, in whole numbers."""
    given = _X[0, :3].astype(np.uint8), _Y[0, :3], _SHARES[0, :3]
    used = [part.copy() for part in given]
    try:
        pictures, _ = mixup(*used)
    except Exception as error:  # whatever a learner's code raises is the learner's to read
        return (
            "right for the four pictures of the check. The batches of the pipeline have other sizes, and pictures in "
            f"whole numbers (uint8); there it raises {type(error).__name__}: {error}"
        )
    if any((one != other).any() for one, other in zip(given, used, strict=True)):
        return "the values are right, but it changes the caller's arrays: make new ones."
    wanted = _pictures(given[0].astype(np.float32), given[2])
    if np.shape(pictures) != wanted.shape:
        return "right for the four pictures of the check, but a batch may have any number of them."
    if not np.allclose(pictures, wanted, rtol=1e-4):
        return (
            "right where pictures are fractions. Those of the pipeline are whole numbers from 0 to 255 (uint8): an "
            "array like them cuts fractions off, and their differences wrap around below 0. Compute in float32."
        )


def _pseudo(p, sure, counts=None, each=None):
    """The mean over the pictures of the loss of those labels that count."""
    likelier = np.maximum(p, 1 - p)
    counts = likelier > sure if counts is None else counts
    return np.mean(np.sum(counts * (-np.log(likelier) if each is None else each), axis=1))


def _changes_its_input_or_fails_at_0_and_1(pseudo_loss):
    p = _PROBABILITIES.copy()
    pseudo_loss(p, 0.95)
    if (p != _PROBABILITIES).any():
        return "the value is right, but it changes the caller's `p`: write to a copy, or use `np.where`."
    with np.errstate(all="ignore"):
        certain = pseudo_loss(np.array([[0, 1]], np.float32), 0.95)
    if not np.isfinite(certain):
        return (
            f"right as long as no p is exactly 0 or 1; there it gives {certain:.3g}. (In 32 bits a sigmoid is 1 from a "
            "logit of 17 on, and 0 times log 0 is nan.) What is wanted is -log of p or of 1 - p, the larger of the two."
        )
    if not np.isclose(certain, 0, atol=1e-5):
        return (
            f"right for other p, but where p is 0 or 1 nothing is to be paid, and here it is {certain:.3g}. -log of p "
            "or of 1 - p, the larger of the two, needs no clipping."
        )


def _entropy(p):
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def _agree(fine, coarse, parent):
    return parent[fine.argmax(axis=1)] == coarse.argmax(axis=1)


@functools.cache
def _quantile(share, degrees):
    return scipy.stats.t.ppf(share, degrees)


def _word(mean, half, gains):
    return "open" if abs(mean) <= half else "helps" if mean > 0 else "harms"


def _verdict(way, real, changes=()):
    """The mean gain, half the width of its interval, and the word; or what comes of the mistakes in `changes`."""
    n = len(way)
    parts = {"t": _quantile(0.975, n - 1), "ddof": 1, "root": np.sqrt(n), "times": 1, "power": 0.5, "sign": 1}
    parts |= {"samples": (way - real,), "word": _word}
    for change in changes:
        parts |= change(way, real)
    mean = parts["sign"] * np.mean(way - real)
    spread = sum(np.var(sample, ddof=parts["ddof"]) for sample in parts["samples"]) ** parts["power"]
    half = parts["times"] * parts["t"] * spread / parts["root"]
    return mean, half, parts["word"](mean, half, way - real)


# Mistakes that go together, one at a time or two at once: hint -> the part that is another.
_OF_THE_WIDTH = {
    "1.96 is for many runs. With a few the spread itself is uncertain: take Student's t with n - 1 degrees of "
    "freedom.": lambda way, real: {"t": 1.96},
    "that is one side of 95 %: 2.5 % should lie beyond either end, so look up 0.975.": (
        lambda way, real: {"t": _quantile(0.95, len(way) - 1)}
    ),
    "with the mean taken off, n runs leave n - 1 degrees of freedom, not n.": (
        lambda way, real: {"t": _quantile(0.975, len(way))}
    ),
    "t is missing: this is the standard error, the unit in which t counts.": lambda way, real: {"t": 1},
    "the quantile at 0.025 is the negative one: look up 0.975.": (
        lambda way, real: {"t": _quantile(0.025, len(way) - 1)}
    ),
    "NumPy's `std` divides by n; the spread around an *estimated* mean wants n - 1 (`ddof=1`).": (
        lambda way, real: {"ddof": 0}
    ),
    "divide by √n: a mean of n runs varies less than one run.": lambda way, real: {"root": 1},
    "divide by √n, not by n.": lambda way, real: {"root": len(way)},
    "this is the whole width: half of it lies on either side of the mean.": lambda way, real: {"times": 2},
    "s is the root of the variance: take `np.std`, not `np.var`.": lambda way, real: {"power": 1},
    "the spread here is that of two ways apart, most of it the luck of the draw. Both have the same seeds: take the "
    "differences first, run by run, and then their spread.": lambda way, real: {"samples": (way, real)},
    "so two *independent* samples are compared. These runs come in pairs, one a seed: take the differences first, run "
    "by run, and n - 1 degrees of freedom.": (
        lambda way, real: {"samples": (way, real), "t": _quantile(0.975, 2 * len(way) - 2)}
    ),
    "the spread here is that of the way's scores. What is asked for is that of the differences, run by run.": (
        lambda way, real: {"samples": (way,)}
    ),
}
_OF_THE_WORD = {
    "the gain is `way` minus `real`, not the other way round.": lambda way, real: {"sign": -1},
    'the word goes by the interval: where 0 lies inside, it is "open", whatever the sign of the mean.': (
        lambda way, real: {"word": lambda mean, half, gains: "helps" if mean > 0 else "harms"}
    ),
    'what does not clearly help does not yet harm: where 0 lies inside, it is "open".': (
        lambda way, real: {"word": lambda mean, half, gains: "helps" if mean > half else "harms"}
    ),
    'an interval wholly below 0 leaves nothing open: "harms".': (
        lambda way, real: {"word": lambda mean, half, gains: "helps" if mean > half else "open"}
    ),
    '"helps" and "harms" have changed places.': (
        lambda way, real: {"word": lambda mean, half, gains: _word(-mean, half, gains)}
    ),
    '"open" and the other words have changed places: 0 *inside* the interval leaves it open.': (
        lambda way, real: {
            "word": lambda mean, half, gains: "open" if abs(mean) > half else "helps" if mean > 0 else "harms"
        }
    ),
    "that every difference has the same sign is not enough: a few that vary much may still be luck. The word goes by "
    "the interval.": (
        lambda way, real: {
            "word": lambda mean, half, gains: "helps" if np.all(gains > 0) else "harms" if np.all(gains < 0) else "open"
        }
    ),
}
_COMMON = ("1.96 is", "NumPy's `std`", "this is the whole width", "the spread here is that of two")


def _slips():
    """Each slip, and each two that can go together: two of the width, or a common one of it and one of the word."""
    common = [slip for slip in _OF_THE_WIDTH.items() if slip[0].startswith(_COMMON)]
    couples = [*itertools.combinations(_OF_THE_WIDTH.items(), 2), *itertools.product(common, _OF_THE_WORD.items())]
    found = {hint: (change,) for hint, change in (_OF_THE_WIDTH | _OF_THE_WORD).items()}
    scores = np.array([0.5, 0.6])
    for (hint, change), (other_hint, other) in couples:
        if not change(scores, scores).keys() & other(scores, scores).keys():
            found[f"two things: {hint} And: {other_hint}"] = (change, other)
    return {hint: lambda way, real, changes=changes: _verdict(way, real, changes) for hint, changes in found.items()}


def _ends(mean, half, word):
    return mean - half, mean + half, word


def _of_two_intervals(way, real):
    """With the half widths of the two ways added up."""
    mean, half = np.mean(way - real), sum(_verdict(scores, np.zeros(len(scores)))[1] for scores in (way, real))
    return mean, half, _word(mean, half, way - real)


# Five seeds that differ much from each other, and little in what a way gains with each.
_REAL = np.array([0.61, 0.66, 0.7, 0.75, 0.8])
_COMPARED = (  # with other mistakes another of them gets another word
    (_REAL + np.array([0.007, 0.015, 0.011, 0.019, 0.008]), _REAL),  # helps; open with the whole width
    (_REAL + np.array([0.046, 0.007, 0.032, -0.001, 0.022]), _REAL),  # open; helps with 1.96 or ddof=0
    (_REAL + np.array([0.001, 0.002, 0.03, 0.004, 0.05]), _REAL),  # open, and all five above 0
    (_REAL[:3] - np.array([0.006, 0.005, 0.007]), _REAL[:3]),  # harms; open if it is not seen that they are pairs
    (np.array([0.83, 0.8, 0.815, 0.835]), np.array([0.91, 0.92, 0.915, 0.925])),  # harms
)


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
            "the share of the other picture is 1 - `s`. `s[::-1]` is the share of the other picture in *its* blend.": (
                lambda x, y, share: (
                    share.reshape(-1, 1, 1, 1) * x + share[::-1].reshape(-1, 1, 1, 1) * x[::-1],
                    share.reshape(-1, 1) * y + share[::-1].reshape(-1, 1) * y[::-1],
                )
            ),
            "the pictures are rounded here: leave the fractions, the classifier takes them.": lambda x, y, share: (
                np.round(_pictures(x, share)),
                _sets(y, share),
            ),
            "the label sets are cut to 0 and 1 here. A label that is there by a third should stand there as a third.": (
                lambda x, y, share: (_pictures(x, share), _sets(y, share) > 0.5)
            ),
            "label sets and pictures have changed places: return the pictures first.": lambda x, y, share: (
                _sets(y, share),
                _pictures(x, share),
            ),
        },
        flaw=_fails_on_a_real_batch,
        success="A line between two pictures, and between what is said of them.",
    ),
    "pseudo-labels": Exercise(
        inputs=((_PROBABILITIES, 0.95), (_PROBABILITIES[:2], 0.85)),
        right=_pseudo,
        mistakes={
            "one can be sure that a label is *absent*, too: then 1 - p is above `sure`.": lambda p, sure: _pseudo(
                p, sure, p > sure
            ),
            "p is its own target here; the target is 0 or 1, what the classifier takes for true.": lambda p, sure: (
                _pseudo(p, sure, each=_entropy(p))
            ),
            "the targets are turned round: a p above 0.5 is taken for present.": lambda p, sure: _pseudo(
                p, sure, each=-np.log(np.minimum(p, 1 - p))
            ),
            "one unsure label does not silence the others of its picture: decide label by label which count.": (
                lambda p, sure: _pseudo(p, sure, (np.maximum(p, 1 - p) > sure).all(axis=1, keepdims=True))
            ),
            "a picture counts here with all its labels as soon as one is sure: decide label by label.": (
                lambda p, sure: _pseudo(p, sure, (np.maximum(p, 1 - p) > sure).any(axis=1, keepdims=True))
            ),
            "where a label is taken for absent, the cross-entropy is -log(1 - p).": lambda p, sure: _pseudo(
                p, sure, each=-np.log(p)
            ),
            "one can be sure that a label is *present*, too: then p is above `sure`.": lambda p, sure: _pseudo(
                p, sure, p < 1 - sure
            ),
            "here all labels count, sure or not.": lambda p, sure: _pseudo(p, sure, 1),
            "the cross-entropy is the *logarithm* of that probability, with a minus.": lambda p, sure: _pseudo(
                p, sure, each=1 - np.maximum(p, 1 - p)
            ),
            "the sure ones are left out here, and the unsure ones count.": lambda p, sure: _pseudo(
                p, sure, np.maximum(p, 1 - p) <= sure
            ),
            "sum over the labels of a picture, as the classification loss does, and take the mean over the pictures "
            "alone.": lambda p, sure: _pseudo(p, sure) / p.shape[1],
            "that is the mean over the labels of what all pictures pay: sum over the labels, then take the mean "
            "over the pictures.": lambda p, sure: _pseudo(p, sure) * len(p) / p.shape[1],
            "that is the mean over the sure labels of each picture: take their sum.": lambda p, sure: np.mean(
                np.sum((np.maximum(p, 1 - p) > sure) * -np.log(np.maximum(p, 1 - p)), axis=1)
                / np.maximum(1, np.sum(np.maximum(p, 1 - p) > sure, axis=1))
            ),
            "that is the mean over the sure labels: sum over the labels of a picture, then take the mean over all "
            "pictures.": lambda p, sure: _pseudo(p, sure) * len(p) / np.sum(np.maximum(p, 1 - p) > sure),
            "this is the loss of the whole batch: take the mean over the pictures.": lambda p, sure: (
                _pseudo(p, sure) * len(p)
            ),
            "a loss is positive: -log p.": lambda p, sure: -_pseudo(p, sure),
            "these are the losses of each picture: take their mean.": lambda p, sure: np.sum(
                (np.maximum(p, 1 - p) > sure) * -np.log(np.maximum(p, 1 - p)), axis=1
            ),
        },
        flaw=_changes_its_input_or_fails_at_0_and_1,
        success="So a network teaches itself: what it is sure of, right or wrong, it will be surer of.",
    ),
    "does it help": Exercise(
        inputs=_COMPARED,
        right=_verdict,
        mistakes={
            **_slips(),
            'the word is missing: return three things, the last of them "helps", "harms" or "open".': (
                lambda way, real: _verdict(way, real)[:2]
            ),
            "these are the two ends of the interval. The mean is asked for, and half of what lies between the ends.": (
                lambda way, real: _ends(*_verdict(way, real))
            ),
            "the first result should be the mean *gain*, not the mean score.": lambda way, real: (
                np.mean(way),
                *_verdict(way, real)[1:],
            ),
            "the half widths of two ways do not add up to that of their difference: take the differences first, run by "
            "run.": lambda way, real: _of_two_intervals(way, real),
            "two intervals that overlap say little: nearly all of their width may be luck that both ways share. The "
            "word goes by the interval of the differences.": lambda way, real: (
                *_verdict(way, real)[:2],
                _of_two_intervals(way, real)[2],
            ),
        },
        success="A verdict, and what it rests on. With the same seeds, a gain of a point can be told from luck.",
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
            "fine labels do not lie in blocks, in the order of the coarse ones: look each one up in `parent`.": (
                lambda fine, coarse, parent: np.mean(
                    fine.argmax(axis=1) // (fine.shape[1] // coarse.shape[1]) == coarse.argmax(axis=1)
                )
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
