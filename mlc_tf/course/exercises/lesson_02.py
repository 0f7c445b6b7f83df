"""The exercises of lesson 02, a first classifier and an honest score."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_LOGITS = np.array([[2.0, -1.0, 0.5], [-3.0, 4.0, 0.0]])
_LARGE_LOGITS = np.array([[100.0, -200.0], [-800.0, 900.0]])
_TRUTH = np.array([[1, 0, 0], [0, 1, 1]], np.float32)
_LARGE_TRUTH = np.array([[0, 0], [1, 1]], np.float32)

_GENERATOR = np.random.default_rng(2)
_Y_TRUE = (_GENERATOR.random((40, 4)) < (0.7, 0.4, 0.2, 0.1)).astype(np.float32)
_Y_PRED = np.abs(_Y_TRUE - (_GENERATOR.random((40, 4)) < 0.2)).astype(np.float32)
_SCORES = np.round(0.25 * _Y_TRUE + 0.6 * _GENERATOR.random((40, 4)), 3)
_CUTS = np.linspace(0.05, 0.95, 19)


def _naive_cross_entropy(logits, y, reduce=np.mean):
    p = 1 / (1 + np.exp(-logits))
    with np.errstate(divide="ignore", invalid="ignore"):
        return reduce(-(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _quiet(function):
    def answer(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return answer


def _stable_cross_entropy(logits, y):
    return np.mean(np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits))))


def _counts(y_true, y_pred, axis=None):
    both = (y_true * y_pred).sum(axis=axis)
    return both, y_true.sum(axis=axis), y_pred.sum(axis=axis)


def _micro_f1(y_true, y_pred):
    both, true, predicted = _counts(y_true, y_pred)
    return 2 * both / (true + predicted)


def _macro_f1(y_true, y_pred):
    both, true, predicted = _counts(y_true, y_pred, axis=0)
    return np.mean(2 * both / np.maximum(true + predicted, 1))


def _example_f1(y_true, y_pred):
    both, true, predicted = _counts(y_true, y_pred, axis=1)
    return np.mean(np.where(true + predicted == 0, 1, 2 * both / np.maximum(true + predicted, 1)))


def _best_cut(y_true, scores, measure):
    return _CUTS[int(np.argmax([measure(y_true, (scores > cut).astype(np.float32)) for cut in _CUTS]))]


EXERCISES = {
    "cross-entropy": Exercise(
        inputs=((_LOGITS, _TRUTH), (_LARGE_LOGITS, _LARGE_TRUTH)),
        right=_stable_cross_entropy,
        mistakes={
            "right for small logits, but for a logit of 900 the sigmoid rounds to 1 and the logarithm of 0 is "
            "infinite. Use max(z, 0) - z y + log(1 + exp(-|z|)).": _quiet(_naive_cross_entropy),
            "this is the sum over the batch and the labels; take the mean, so that the loss does not depend on "
            "the size of the batch.": lambda z, y: np.sum(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))),
            "a missing absolute value: exp(-z) overflows for a large negative z; write exp(-|z|).": _quiet(
                lambda z, y: np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-z)))
            ),
        },
        success="Finite for every logit, and the value Keras computes.",
    ),
    "micro-F1": Exercise(
        inputs=((_Y_TRUE, _Y_PRED), (_Y_TRUE[:7], _Y_PRED[3:10])),
        right=_micro_f1,
        mistakes={
            "this is macro-F1: an F1 for each label, then the mean. Micro-F1 first adds up the counts of all "
            "labels.": _macro_f1,
            "this is example-F1: an F1 for each row, then the mean. Micro-F1 first adds up the counts of all rows.": (
                _example_f1
            ),
            "this is the share of equal cells, 1 - Hamming loss: it also rewards every absent label that nobody "
            "predicted.": lambda y_true, y_pred: np.mean(y_true == y_pred),
            "the factor 2 is missing: F1 = 2 TP / (2 TP + FP + FN).": (
                lambda y_true, y_pred: _micro_f1(y_true, y_pred) / 2
            ),
        },
        success="One F1 over all N x K cells, blind to which label they belong to.",
    ),
    "threshold": Exercise(
        inputs=((_Y_TRUE, _SCORES, _CUTS), (_Y_TRUE[:20], _SCORES[:20], _CUTS)),
        right=lambda y_true, scores, cuts: _best_cut(y_true, scores, _micro_f1),
        mistakes={
            "this is the best F1 itself; return the *threshold* that reaches it.": lambda y_true, scores, cuts: max(
                _micro_f1(y_true, (scores > cut).astype(np.float32)) for cut in cuts
            ),
            "this is the position in `cuts`, not the threshold: return `cuts[position]`.": (
                lambda y_true, scores, cuts: int(np.flatnonzero(cuts == _best_cut(y_true, scores, _micro_f1))[0])
            ),
            "this threshold has the most equal cells, and absent labels dominate those. Maximise micro-F1.": (
                lambda y_true, scores, cuts: _best_cut(y_true, scores, lambda t, p: np.mean(t == p))
            ),
        },
        success="Chosen on the arrays you were given: give it the validation split, never the test split.",
    ),
}
