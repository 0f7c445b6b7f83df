"""The exercises of lesson 07, which recurrent network?"""

import numpy as np
from scipy.special import softmax

from mlc_tf.course.exercises import Exercise, Question
from mlc_tf.evaluation import intervals

_GENERATOR = np.random.default_rng(7)
_HALF = np.triu(_GENERATOR.poisson(2.0, size=(6, 6)))
_COUNTS = (_HALF + _HALF.T + np.diag(np.ones(6))).astype(float)
_COUNTS[0, 5] = _COUNTS[5, 0] = 0  # one pair that never stands together
# As many words as labels: a softmax, a sum or a mask along the wrong axis gives wrong numbers, and gets its own hint.
_SCORES, _VOTES = _GENERATOR.normal(size=(2, 5, 5))
_MASK = np.arange(5) < 3
_P = np.array([0.01, 0.05, 0.2, 0.5, 0.9])
# Validation scores, how much higher or lower the test scores are, and seconds, a row for each variant. In each table
# another mistake leads astray: in the first the best mean, the best single run, the cheapest of all, the best on test.
_TABLES = (
    (
        [
            [0.905, 0.915, 0.925],  # the best mean
            [0.880, 0.940, 0.900],  # the best single run
            [0.895, 0.905, 0.914],  # cheap, and always behind, though the interval of its mean overlaps the best one's
            [0.900, 0.920, 0.915],  # the cheapest of those that are level with the best
            [0.700, 0.710, 0.720],
            [0.890, 0.900, 0.910],  # the best on test
        ],
        [0.0, -0.01, 0.005, 0.0, 0.0, 0.04],
        [100.0, 80.0, 10.0, 40.0, 1.0, 60.0],
    ),
    (
        [
            [0.80, 0.90, 0.85],
            [0.81, 0.91, 0.86],  # the best mean, and the cheapest of those that are level with it
            [0.90, 0.80, 0.84],
            [0.83, 0.84, 0.845],
            [0.70, 0.80, 0.75],
        ],
        [0.0, 0.0, 0.03, 0.01, 0.0],
        [10.0, 30.0, 50.0, 40.0, 5.0],
    ),
    # Here the lead is two standard deviations, and its interval still contains 0.
    ([[0.900, 0.910, 0.920], [0.894, 0.894, 0.909]], [0.0, 0.02], [20.0, 10.0]),
    (
        [
            [0.905, 0.910, 0.909],  # the best mean
            [0.904, 0.890, 0.908],  # always behind, but by how much varies: the cheapest of those that are level
            [0.906, 0.880, 0.879],  # level too, ahead with one seed, but on average far behind
            [0.900, 0.904, 0.904],  # near, and always behind by about as much
            [0.700, 0.710, 0.720],
        ],
        [0.0, -0.2, 0.0, 0.0, 0.0],
        [50.0, 10.0, 20.0, 5.0, 1.0],
    ),
    # The best mean is not the best median, and three level rows cost the same: neither the best nor the last is wanted.
    (
        [
            [0.890, 0.930, 0.900],
            [0.905, 0.915, 0.925],  # the best mean
            [0.900, 0.920, 0.915],  # the first of the cheapest that are level with it
            [0.904, 0.921, 0.916],  # the best median
            [0.800, 0.810, 0.820],  # the most score per second
            [0.500, 0.500, 0.500],  # the best on test, and the cheapest of all
            [0.900, 0.909, 0.920],  # always behind, though level with the best median
            [0.890, 0.930, 0.900],
            [0.900, 0.908, 0.916],  # behind by more than a half width, and by less than two
            [0.400, 0.400, 0.400],
        ],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0],
        [40.0, 60.0, 20.0, 20.0, 5.0, 4.0, 10.0, 20.0, 12.0, 80.0],
    ),
)


def _quiet(function):
    def answer(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return answer


def _shares(counts):
    p = counts / counts.sum()
    return p, p.sum(axis=1)


def _ratio(counts):
    p, of_word = _shares(counts)
    return p / np.outer(of_word, of_word)


def _information(counts):
    return np.log(np.maximum(_ratio(counts), 1))


def _cut_logarithm(ratio):
    return np.log(np.maximum(ratio, 1))


def _masked(scores, mask):
    return np.where(mask[:, None], scores, -np.inf)


def _attended(scores, votes, mask):
    return np.sum(softmax(_masked(scores, mask), axis=0) * votes, axis=0)


def _above(p, margin):
    return np.maximum(p - margin, 0)


def _best_row(scores):
    """The scores of the row with the best mean."""
    return scores[scores.mean(axis=1).argmax()]


def _leads(scores):
    """Of how much the row with the best mean is ahead of each row, mean and half width, each (rows,)."""
    best = _best_row(scores)
    return np.transpose([intervals.interval(lead) for lead in best - scores])


def _cheapest(level, seconds):
    return int(np.where(level, seconds, np.inf).argmin())


def _chosen(scores, seconds):
    mean, half = _leads(scores)
    return _cheapest(mean <= half, seconds)


def _last_of_cheapest(scores, seconds):
    level = np.less_equal(*_leads(scores))
    return np.flatnonzero(level & (seconds == seconds[level].min()))[-1]


def _best_of_cheapest(scores, seconds):
    level = np.less_equal(*_leads(scores))
    return np.where(level & (seconds == seconds[level].min()), scores.mean(axis=1), -np.inf).argmax()


def _chosen_by_median(scores, seconds):
    best = scores[np.median(scores, axis=1).argmax()]
    mean, half = np.transpose([intervals.interval(lead) for lead in best - scores])
    return _cheapest(mean <= half, seconds)


def _chosen_unpaired(scores, seconds):
    mean, half = np.transpose([intervals.interval(row) for row in scores])
    return _cheapest(mean + half >= mean.max() - half[mean.argmax()], seconds)


def _lead_over_test(validation, test, seconds):
    best = _best_row(validation)
    mean, half = np.transpose([intervals.interval(best - row) for row in test])
    return _cheapest(mean <= half, seconds)


def _best_on_test_of_level(validation, test):
    mean, half = _leads(validation)
    return int(np.where(mean <= half, test.mean(axis=1), -np.inf).argmax())


def _position_among_level(scores, seconds):
    mean, half = _leads(scores)
    return int(seconds[mean <= half].argmin())


EXERCISES = {
    "positive information": Exercise(
        # The counts of the last are small, as those of far neighbours can be: their scale has to make no difference.
        inputs=((_COUNTS,), (np.ones((3, 3)) + np.eye(3),), (0.02 * _COUNTS,)),
        right=_information,
        mistakes={
            "what is below 0 is cut off: pairs that stand together more seldom than by chance, and 0 where they never "
            "do.": _quiet(lambda counts: np.log(_ratio(counts))),
            "what is below 0 is cut off, all of it, not only where a pair never stands together: take the larger of "
            "the ratio and 1 first.": _quiet(lambda counts: np.nan_to_num(np.log(_ratio(counts)), neginf=0.0)),
            "the logarithm is missing: a pair ten times as frequent as by chance has log 10.": (
                lambda counts: np.where(_ratio(counts) > 1, _ratio(counts), 0)
            ),
            "the logarithm is missing: where nothing is above chance it is log 1, which is 0.": (
                lambda counts: np.maximum(_ratio(counts), 1)
            ),
            "the logarithm is missing; then cut off what is below 0.": _ratio,
            "this is the logarithm to base 2. Here it is the natural one, `np.log`.": lambda counts: (
                _information(counts) / np.log(2)
            ),
            "this is the logarithm to base 10. Here it is the natural one, `np.log`.": lambda counts: (
                _information(counts) / np.log(10)
            ),
            "log(1 + ratio) is no longer 0 where chance alone is at work: take the logarithm of the ratio itself.": (
                lambda counts: np.log1p(_ratio(counts))
            ),
            "Counts are no shares: divide by the sum of all counts first, then by the shares of *both* words.": _quiet(
                lambda counts: _cut_logarithm(counts / np.outer(counts.sum(axis=1), counts.sum(axis=1)))
            ),
            "a share times itself is one number a word: a pair needs the product of *its* two words, `np.outer`.": (
                lambda counts: _cut_logarithm(_shares(counts)[0] / _shares(counts)[1] ** 2)
            ),
            "this divides by the share of one of the words twice: a pair needs the product of *its* two words, "
            "`np.outer`.": lambda counts: _cut_logarithm(_shares(counts)[0] / _shares(counts)[1][:, None] ** 2),
            "nothing is left: what is compared with 1 here is never above it. Divide the share of a pair by the "
            "product of its two words' shares, `np.outer`.": lambda counts: _cut_logarithm(_shares(counts)[0]),
            "the p_i below have to be shares too: sum the shares p_ij, not the counts.": lambda counts: _cut_logarithm(
                _shares(counts)[0] / np.outer(counts.sum(axis=1), counts.sum(axis=1))
            ),
            "above stands a count: divide it by the sum of all counts, or everything seems frequent.": lambda counts: (
                _cut_logarithm(counts / np.outer(_shares(counts)[1], _shares(counts)[1]))
            ),
            "the information is not weighed by the share of the pair: the logarithm alone.": lambda counts: (
                _shares(counts)[0] * _information(counts)
            ),
            "this is the share above chance, without the logarithm and without the division: p / (p_i p_j).": (
                lambda counts: np.maximum(_shares(counts)[0] - np.outer(_shares(counts)[1], _shares(counts)[1]), 0)
            ),
            "the ratio stands on its head: p_ij above, the product of the words' shares below.": _quiet(
                lambda counts: np.maximum(-np.log(_ratio(counts)), 0)
            ),
            "this keeps what is *below* 0: cut that off, with the larger of 0 and the logarithm.": _quiet(
                lambda counts: np.minimum(np.log(_ratio(counts)), 0)
            ),
        },
        success="A row for each word, made of nothing but texts.",
    ),
    "label-wise attention": Exercise(
        # The last text has no padding: what gives NaN for the others shows there what it is.
        inputs=((_SCORES, _VOTES, _MASK), (_VOTES, _SCORES, np.arange(5) < 4), (_SCORES, _VOTES, np.arange(5) < 5)),
        right=_attended,
        mistakes={
            "what comes out is not a number: padding needs the score *minus* infinity.": _quiet(
                lambda scores, votes, mask: np.sum(
                    softmax(np.where(mask[:, None], scores, np.inf), axis=0) * votes, axis=0
                )
            ),
            "here the labels compete for each word: for each label the weights of the *words* add up to 1 "
            "(`axis=0`).": lambda scores, votes, mask: np.sum(softmax(scores, axis=1) * mask[:, None] * votes, axis=0),
            "the labels compete for each word, and where there is padding nobody can win: the softmax goes over the "
            "*words* (`axis=0`).": _quiet(
                lambda scores, votes, mask: np.sum(softmax(_masked(scores, mask), axis=1) * votes, axis=0)
            ),
            "the labels compete for each word, and padding is read: the softmax goes over the *words* (`axis=0`), with "
            "the score -inf for padding.": lambda scores, votes, mask: np.sum(softmax(scores, axis=1) * votes, axis=0),
            "without `axis` the softmax shares out one whole among all words *and* labels: `axis=0`.": (
                lambda scores, votes, mask: np.sum(softmax(_masked(scores, mask)) * votes, axis=0)
            ),
            "without `axis` the softmax shares out one whole among all words *and* labels: `axis=0`. And mask before "
            "it, with -inf.": lambda scores, votes, mask: np.sum(softmax(scores) * mask[:, None] * votes, axis=0),
            "without `axis` the softmax shares out one whole among all words *and* labels: `axis=0`. And padding is "
            "read: give it the score -inf.": lambda scores, votes, mask: np.sum(softmax(scores) * votes, axis=0),
            "the weights of the words do not add up to 1: padding took its share before it was masked. Give it the "
            "score -inf.": lambda scores, votes, mask: np.sum(softmax(scores, axis=0) * mask[:, None] * votes, axis=0),
            "padding is read like words: give it the score -inf.": (
                lambda scores, votes, mask: np.sum(softmax(scores, axis=0) * votes, axis=0)
            ),
            "0 is a score like any other, and exp(0) is 1: padding needs the score -inf.": (
                lambda scores, votes, mask: np.sum(softmax(scores * mask[:, None], axis=0) * votes, axis=0)
            ),
            "without `axis` the softmax shares out one whole among all words *and* labels: `axis=0`. And 0 is a score "
            "like any other: padding needs -inf.": (
                lambda scores, votes, mask: np.sum(softmax(scores * mask[:, None]) * votes, axis=0)
            ),
            "without `axis` the softmax shares out one whole among all words *and* labels: `axis=0`. And `scores * "
            "mask` puts 0 at *labels*: padding is `~mask[:, None]`, and needs the score -inf.": (
                lambda scores, votes, mask: np.sum(softmax(scores * mask) * votes, axis=0)
            ),
            "here the mask takes away *labels*, and after the softmax: before it, give padding the score -inf, with "
            "`mask[:, None]`.": lambda scores, votes, mask: np.sum(softmax(scores, axis=0) * mask * votes, axis=0),
            "0 is a score like any other: padding needs the score -inf, before the softmax. Masked after it, the "
            "weights no longer add up to 1.": lambda scores, votes, mask: np.sum(
                softmax(scores * mask[:, None], axis=0) * mask[:, None] * votes, axis=0
            ),
            "`scores * mask` lays the mask over the *labels*: `mask[:, None]` lies over the words. And 0 is a score "
            "like any other: padding needs -inf.": lambda scores, votes, mask: np.sum(
                softmax(scores * mask, axis=0) * votes, axis=0
            ),
            "here the mask lies over the *labels*: `mask[:, None]` lies over the words.": _quiet(
                lambda scores, votes, mask: np.sum(softmax(np.where(mask, scores, -np.inf), axis=0) * votes, axis=0)
            ),
            "the mask is turned round: it is True for words, and padding gets -inf.": _quiet(
                lambda scores, votes, mask: _attended(scores, votes, ~mask)
            ),
            "scores as they are make no weights: take their softmax over the words.": (
                lambda scores, votes, mask: np.sum(scores * votes * mask[:, None], axis=0)
            ),
            "these weights do not add up to 1: divide by their sum over the words, as a softmax does.": (
                lambda scores, votes, mask: np.sum(np.exp(scores) * mask[:, None] * votes, axis=0)
            ),
            "this is one number for each word and label: add up over the words.": (
                lambda scores, votes, mask: softmax(_masked(scores, mask), axis=0) * votes
            ),
            "a matrix product pairs each label's weights with the votes for *every* label: multiply entry by entry, "
            "and add up over the words.": lambda scores, votes, mask: softmax(_masked(scores, mask), axis=0).T @ votes,
            "this adds up over the labels, which gives a number for each word: add up over the words (`axis=0`).": (
                lambda scores, votes, mask: np.sum(softmax(_masked(scores, mask), axis=0) * votes, axis=1)
            ),
            "this adds up over words *and* labels: each label has its own logit (`axis=0`).": (
                lambda scores, votes, mask: np.sum(softmax(_masked(scores, mask), axis=0) * votes)
            ),
            "the weights add up to 1 already, so the votes are summed with them, not averaged again.": (
                lambda scores, votes, mask: np.mean(softmax(_masked(scores, mask), axis=0) * votes, axis=0)
            ),
            "scores and votes have changed places: the softmax is over the scores.": lambda scores, votes, mask: (
                _attended(votes, scores, mask)
            ),
            "the scores are not used: this is the mean of the votes over the words, without attention.": (
                lambda scores, votes, mask: votes[mask].mean(axis=0)
            ),
            "these are the weights alone: let them weigh the `votes`.": lambda scores, votes, mask: softmax(
                _masked(scores, mask), axis=0
            ),
        },
        success="Each label reads the text for itself.",
    ),
    "absent loss": Exercise(
        # With an even power, cutting off the loss hides a q below 0; with an odd one it does not.
        inputs=((_P, 4.0, 0.05), (_P, 2.0, 0.0), (_P, 3.0, 0.1)),
        right=lambda p, power, margin: 0 - _above(p, margin) ** power * np.log(1 - _above(p, margin)),  # no -0.0
        mistakes={
            "the power is missing: that is what makes easy absences count next to nothing.": (
                lambda p, power, margin: -np.log(1 - _above(p, margin))
            ),
            "the margin is missing: q = max(p - m, 0).": lambda p, power, margin: -(p**power) * np.log(1 - p),
            "power and margin are missing: this is the cross-entropy.": lambda p, power, margin: -np.log(1 - p),
            "the logarithm has `p`, and should have q too.": lambda p, power, margin: (
                -(_above(p, margin) ** power) * np.log(1 - p)
            ),
            "the power has `p`, and should have q too.": lambda p, power, margin: (
                -(p**power) * np.log(1 - _above(p, margin))
            ),
            "q is never below 0: q = max(p - m, 0), with `np.maximum`.": lambda p, power, margin: (
                -((p - margin) ** power) * np.log(1 - (p - margin))
            ),
            "cut off q, not the loss: with an odd power a q below 0 gives a loss above 0.": lambda p, power, margin: (
                np.maximum(-((p - margin) ** power) * np.log(1 - (p - margin)), 0)
            ),
            "`np.max` takes the largest entry of all; `np.maximum` takes the larger of two, entry by entry.": (
                lambda p, power, margin: -(np.max(p - margin) ** power) * np.log(1 - np.max(p - margin))
            ),
            "what is below the margin counts as 0, not as its distance from it: `np.maximum`, not `np.abs`.": (
                lambda p, power, margin: -(np.abs(p - margin) ** power) * np.log(1 - np.abs(p - margin))
            ),
            "what is above the margin loses it: q = max(p - m, 0), not p where it is above m.": (
                lambda p, power, margin: -(np.where(p > margin, p, 0) ** power) * np.log(1 - np.where(p > margin, p, 0))
            ),
            "that is the larger of p and m: take the larger of p - m and 0.": lambda p, power, margin: (
                -(np.maximum(p, margin) ** power) * np.log(1 - np.maximum(p, margin))
            ),
            "that is the weight of a *present* label, (1 - q)^b: an absent one is hard where q is large.": (
                lambda p, power, margin: -((1 - _above(p, margin)) ** power) * np.log(1 - _above(p, margin))
            ),
            "log q is for a *present* label; an absent one costs -log(1 - q).": _quiet(
                lambda p, power, margin: -(_above(p, margin) ** power) * np.log(_above(p, margin))
            ),
            "this is the loss of a *present* label: an absent one is wrong by q, and costs -log(1 - q).": _quiet(
                lambda p, power, margin: -((1 - _above(p, margin)) ** power) * np.log(_above(p, margin))
            ),
            "the power multiplies the cross-entropy; it does not go into the logarithm.": lambda p, power, margin: (
                -np.log(1 - _above(p, margin) ** power)
            ),
            "the power is the argument `power`, not always 2.": lambda p, power, margin: (
                -(_above(p, margin) ** 2) * np.log(1 - _above(p, margin))
            ),
            "q has to be raised to `power`.": lambda p, power, margin: (
                -_above(p, margin) * np.log(1 - _above(p, margin))
            ),
            "the power belongs to q, not to the logarithm.": lambda p, power, margin: (
                -_above(p, margin) * np.log(1 - _above(p, margin)) ** power
            ),
            "the power is no factor: q is raised to it.": lambda p, power, margin: (
                -power * _above(p, margin) * np.log(1 - _above(p, margin))
            ),
            "a loss is not negative: mind the sign.": lambda p, power, margin: (
                _above(p, margin) ** power * np.log(1 - _above(p, margin))
            ),
            "the margin is missing, and a loss is not negative: mind the sign.": lambda p, power, margin: (
                p**power * np.log(1 - p)
            ),
            "each label has its own loss here: do not take the mean.": lambda p, power, margin: np.mean(
                -(_above(p, margin) ** power) * np.log(1 - _above(p, margin))
            ),
            "each label has its own loss here: do not add them up.": lambda p, power, margin: np.sum(
                -(_above(p, margin) ** power) * np.log(1 - _above(p, margin))
            ),
        },
        success="Below the margin nothing, then next to nothing; near 1 still half as much, or less, as cross-entropy.",
    ),
    "cheapest of the best": Exercise(
        inputs=tuple(
            (np.array(scores), np.array(scores) + np.array(more)[:, None], np.array(seconds))
            for scores, more, seconds in _TABLES
        ),
        right=lambda validation, test, seconds: _chosen(validation, seconds),
        mistakes={
            "this is the luckiest single run: a mean over the seeds hangs less on luck.": (
                lambda validation, test, seconds: validation.max(axis=1).argmax()
            ),
            "this is the best mean, whatever the spread: a cheaper row may be level with it, as far as the seeds can "
            "tell.": lambda validation, test, seconds: validation.mean(axis=1).argmax(),
            "this is chosen on test: the test score of what was chosen by it no longer tells how good that is.": (
                lambda validation, test, seconds: test.mean(axis=1).argmax()
            ),
            "the rule is right, and looks at the test scores: they no longer tell how good the choice is.": (
                lambda validation, test, seconds: _chosen(test, seconds)
            ),
            "among the level rows the *cheapest* is wanted; and the test scores are not to be looked at.": (
                lambda validation, test, seconds: _best_on_test_of_level(validation, test)
            ),
            "the leads are to be those over *validation* scores; these look at the test.": _lead_over_test,
            "that the best row is ahead with each of three seeds does not yet tell it from chance: take the interval "
            "of the differences.": (
                lambda validation, test, seconds: _cheapest((validation >= _best_row(validation)).any(axis=1), seconds)
            ),
            "a fixed distance is not what the seeds can tell: the interval of the differences says how far is far.": (
                lambda validation, test, seconds: _cheapest(
                    validation.mean(axis=1) >= validation.mean(axis=1).max() - 0.01, seconds
                )
            ),
            "the intervals of two means overlap also where one row is ahead with each seed. As each seed gives all "
            "rows the same data, take the interval of the *differences*.": (
                lambda validation, test, seconds: _chosen_unpaired(validation, seconds)
            ),
            "this is the cheapest of all, however bad: only rows that are level with the best are to be had. (A lead "
            "is the best row minus the other one.)": lambda validation, test, seconds: seconds.argmin(),
            "this is the position among the rows that are left, not in the table: `np.where` with `np.inf` for the "
            "rows that are out keeps all of them.": lambda validation, test, seconds: _position_among_level(
                validation, seconds
            ),
            "the best row is level with itself: its lead is 0 ± 0, so `<=`.": lambda validation, test, seconds: (
                _cheapest(np.less(*_leads(validation)), seconds)
            ),
            "this interval is too narrow with so few seeds (a standard deviation, or 1.96 standard errors?): take "
            "`intervals.interval`.": (
                lambda validation, test, seconds: _cheapest(
                    _leads(validation)[0] <= (_best_row(validation) - validation).std(axis=1, ddof=1),
                    seconds,
                )
            ),
            "the spread of the best row's own scores is mostly the luck of the data, which all rows share: take the "
            "interval of the differences, seed by seed.": lambda validation, test, seconds: _cheapest(
                validation.mean(axis=1)
                >= validation.mean(axis=1).max() - validation.std(axis=1, ddof=1)[validation.mean(axis=1).argmax()],
                seconds,
            ),
            "of rows that cost the same the first is wanted (`np.argsort` keeps their order only with "
            '`kind="stable"`).': lambda validation, test, seconds: _last_of_cheapest(validation, seconds),
            "of rows that cost the same the first is wanted, not the one with the best mean.": (
                lambda validation, test, seconds: _best_of_cheapest(validation, seconds)
            ),
            "this is the first level row: the *cheapest* of them is wanted.": lambda validation, test, seconds: (
                np.less_equal(*_leads(validation)).argmax()
            ),
            "the best row is the one with the highest *mean*, not median.": lambda validation, test, seconds: (
                _chosen_by_median(validation, seconds)
            ),
            "a row is level where its lead is at most one half width, not the whole width of the interval.": (
                lambda validation, test, seconds: _cheapest(
                    np.less_equal(_leads(validation)[0], 2 * _leads(validation)[1]), seconds
                )
            ),
            "ranges of runs may overlap where one row is ahead with each seed: take the interval of the "
            "differences.": lambda validation, test, seconds: _cheapest(
                validation.max(axis=1) >= _best_row(validation).min(), seconds
            ),
            "this is the largest mean less its half width: of the rows that are level the *cheapest* is "
            "wanted.": lambda validation, test, seconds: np.argmax(
                [mean - half for mean, half in map(intervals.interval, validation)]
            ),
            "this is the row with the *lowest* mean.": lambda validation, test, seconds: validation.mean(
                axis=1
            ).argmin(),
            "score per second favours what is cheap, however bad: only rows level with the best are to be had.": (
                lambda validation, test, seconds: (validation.mean(axis=1) / seconds).argmax()
            ),
            "this goes by one seed: `mean(axis=1)` is over all of them.": lambda validation, test, seconds: validation[
                :, 0
            ].argmax(),
            "this is the row whose worst run is best: the rule goes by means.": lambda validation, test, seconds: (
                validation.min(axis=1).argmax()
            ),
        },
        success="The cheapest of what the seeds cannot tell apart; and the test scores still unused.",
    ),
    "three changes": Question(
        right="a",
        answers={
            "a": "It differs from B in the cell alone, so the gap between these two is what the cell does there. (A "
            "with the LSTM would do as well; the two gaps may differ.)",
            "b": "the seeds tell that B is better. They do not tell which of its choices does it.",
            "c": "so a fourth thing changes, and the other three stay mixed.",
            "d": "B is better, that is plain. Is it plain that the *cell* does it?",
        },
    ),
    "an odd weight": Question(
        right="c",
        answers={
            "a": "it finds the label nearly always, so it has read it somewhere. What can a state know besides its own "
            "word?",
            "b": "the weight alone does not say so: the state at this word knows more than the word.",
            "c": "A weight says which *state* is used. What the answer hangs on shows only when a word is gone.",
            "d": "that changes the text before you know what the word does; the weight may then lie on any other word.",
        },
    ),
}
