"""The exercises of lesson 07, which recurrent network?"""

import numpy as np
from scipy.special import softmax

from mlc_tf.course.exercises import Exercise

_GENERATOR = np.random.default_rng(7)
_HALF = np.triu(_GENERATOR.poisson(2.0, size=(6, 6)))
_COUNTS = (_HALF + _HALF.T + np.diag(np.ones(6))).astype(float)
_COUNTS[0, 5] = _COUNTS[5, 0] = 0  # one pair that never stands together
_SCORES, _VOTES = _GENERATOR.normal(size=(2, 6, 3))
_MASK = np.arange(6) < 4
_P = np.array([0.01, 0.05, 0.2, 0.5, 0.9])


def _ratio(counts, p):
    of_word = p.sum(axis=1)
    return p / np.outer(of_word, of_word)


def _information(counts):
    return np.log(np.maximum(_ratio(counts, counts / counts.sum()), 1))


def _without_cut(counts):
    with np.errstate(divide="ignore"):
        return np.log(_ratio(counts, counts / counts.sum()))


def _counts_as_shares(counts):
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(_ratio(counts, counts)), 0)


def _attended(scores, votes, mask):
    return np.sum(softmax(np.where(mask[:, None], scores, -np.inf), axis=0) * votes, axis=0)


EXERCISES = {
    "positive information": Exercise(
        inputs=((_COUNTS,), (np.ones((3, 3)) + np.eye(3),)),
        right=_information,
        mistakes={
            "what is below 0 is cut off: pairs that stand together more seldom than by chance, and 0 where they never "
            "do.": _without_cut,
            "the same, and where a pair never stands together the logarithm of 0 needs care: take the larger of the "
            "ratio and 1 first.": lambda counts: np.nan_to_num(_without_cut(counts), neginf=0.0),
            "the logarithm is missing: a pair ten times as frequent as by chance has log 10.": (
                lambda counts: np.where(_information(counts) > 0, np.exp(_information(counts)), 0)
            ),
            "nothing is left. Counts are no shares: divide by the sum of all counts, then by the shares of *both* "
            "words.": _counts_as_shares,
        },
        success="A row for each word, made of nothing but texts.",
    ),
    "label-wise attention": Exercise(
        inputs=((_SCORES, _VOTES, _MASK), (_VOTES, _SCORES, np.ones(6, bool))),
        right=_attended,
        mistakes={
            "here the labels compete for each word: for each label the weights of the *words* add up to 1 "
            "(`axis=0`).": lambda scores, votes, mask: np.sum(softmax(scores, axis=1) * mask[:, None] * votes, axis=0),
            "the weights of the words do not add up to 1: padding took its share before it was masked. Give it the "
            "score -inf.": lambda scores, votes, mask: np.sum(softmax(scores, axis=0) * mask[:, None] * votes, axis=0),
            "padding is read like words: give it the score -inf.": (
                lambda scores, votes, mask: np.sum(softmax(scores, axis=0) * votes, axis=0)
            ),
            "scores as they are make no weights: take their softmax over the words.": (
                lambda scores, votes, mask: np.sum(scores * votes * mask[:, None], axis=0)
            ),
            "this is one number for each word and label: add up over the words.": (
                lambda scores, votes, mask: softmax(np.where(mask[:, None], scores, -np.inf), axis=0) * votes
            ),
        },
        success="Each label reads the text for itself.",
    ),
    "absent loss": Exercise(
        inputs=((_P, 4.0, 0.05), (_P, 2.0, 0.0)),
        right=lambda p, power, margin: -(np.maximum(p - margin, 0) ** power) * np.log(1 - np.maximum(p - margin, 0)),
        mistakes={
            "the power is missing: that is what makes easy absences count next to nothing.": (
                lambda p, power, margin: -np.log(1 - np.maximum(p - margin, 0))
            ),
            "the margin is missing: q = max(p - m, 0).": lambda p, power, margin: -(p**power) * np.log(1 - p),
            "that is the weight of a *present* label, (1 - q)^b: an absent one is hard where q is large.": (
                lambda p, power, margin: (
                    -((1 - np.maximum(p - margin, 0)) ** power) * np.log(1 - np.maximum(p - margin, 0))
                )
            ),
            "a loss is not negative: mind the sign.": (
                lambda p, power, margin: np.maximum(p - margin, 0) ** power * np.log(1 - np.maximum(p - margin, 0))
            ),
        },
        success="Below the margin nothing, then next to nothing; near 1 as much as ever.",
    ),
}
