"""The exercises of lesson 02, a first classifier and an honest score."""

import numpy as np

from mlc_tf.course.exercises import Exercise, Question
from mlc_tf.evaluation import thresholds

# No label is there in half of the examples, nor in all or none of them.
_SHARES = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]], np.float32)

_GENERATOR = np.random.default_rng(2)
_FEW_TRUE = np.array([[1, 1, 0], [0, 1, 0]], np.float32)
_FEW_PRED = np.array([[1, 0, 1], [0, 1, 1]], np.float32)
_Y_TRUE = (_GENERATOR.random((40, 4)) < (0.7, 0.4, 0.2, 0.1)).astype(np.float32)
_Y_PRED = np.abs(_Y_TRUE - (_GENERATOR.random((40, 4)) < 0.2)).astype(np.float32)

_CUTS = np.linspace(0.05, 0.95, 19)


def _scored(seed):
    """A truth and scores (30, 4), with labels of unequal frequency whose scores are of unequal size."""
    generator = np.random.default_rng(seed)
    y_true = (generator.random((30, 4)) < (0.6, 0.35, 0.2, 0.12)).astype(np.float32)
    scale, offset = generator.uniform(0.5, 1, 4), generator.uniform(0, 0.35, 4)
    scores = np.clip(offset + scale * (0.3 * y_true + 0.5 * generator.random((30, 4))), 0, 0.99)
    return y_true, np.round(scores, 2) + 0.003, _CUTS  # no score is a cut, so > and >= decide alike


def _quiet(function):
    def answer(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return answer


def _share_logits(shares):
    return np.log(shares / (1 - shares))


def _entropy(y):
    share = y.mean(axis=0)
    return -share * np.log(share) - (1 - share) * np.log(1 - share)


def _counts(y_true, y_pred, axis=None):
    both = (y_true * y_pred).sum(axis=axis)
    return both, y_true.sum(axis=axis), y_pred.sum(axis=axis)


def _micro_f1(y_true, y_pred):
    both, true, predicted = _counts(y_true, y_pred)
    return 2 * both / np.maximum(true + predicted, 1)


def _precision(y_true, y_pred):
    both, _, predicted = _counts(y_true, y_pred)
    return both / np.maximum(predicted, 1)


def _unguarded_precision(y_true, y_pred):
    both, _, predicted = _counts(y_true, y_pred)
    return both / predicted


def _recall(y_true, y_pred):
    both, true, _ = _counts(y_true, y_pred)
    return both / true


def _unguarded_mean(y_true, y_pred):
    """Micro-F1 as the harmonic mean, nan where nothing is claimed."""
    precision, recall = _unguarded_precision(y_true, y_pred), _recall(y_true, y_pred)
    return 2 * precision * recall / (precision + recall)


def _jaccard(y_true, y_pred):
    both, true, predicted = _counts(y_true, y_pred)
    return both / (true + predicted - both)


def _label_f1(y_true, y_pred):
    both, true, predicted = _counts(y_true, y_pred, axis=0)
    return 2 * both / np.maximum(true + predicted, 1)


def _macro_f1(y_true, y_pred):
    return np.mean(_label_f1(y_true, y_pred))


def _example_f1(y_true, y_pred, of_empty=1):
    both, true, predicted = _counts(y_true, y_pred, axis=1)
    return np.mean(np.where(true + predicted == 0, of_empty, 2 * both / np.maximum(true + predicted, 1)))


def _unguarded_f1(axis):
    def answer(y_true, y_pred):
        both, true, predicted = _counts(y_true, y_pred, axis=axis)
        return np.mean(2 * both / (true + predicted))

    return _quiet(answer)


def _right_cells(y_true, y_pred):
    return np.mean(y_true == y_pred)


def _right_rows(y_true, y_pred):
    return np.mean((y_true == y_pred).all(axis=1))


def _f1(true_positives, false_positives, false_negatives):
    return 2 * true_positives / (2 * true_positives + false_positives + false_negatives)


def _wrong(y_true, y_pred):
    """FP and FN."""
    return ((1 - y_true) * y_pred).sum(), (y_true * (1 - y_pred)).sum()


def _of_cuts(measure, y_true, scores, cuts):
    return [measure(y_true, (scores > cut).astype(np.float32)) for cut in cuts]


def _priced(seed, miss, alarm):
    """As `_scored`, but each score is a cut, so that > and >= decide otherwise; and two prices."""
    y_true, scores, cuts = _scored(seed)
    return y_true, cuts[np.abs(scores[..., None] - cuts).argmin(axis=2)], cuts, miss, alarm


def _faults(y_true, scores, cuts, axis=None):
    """The numbers of misses and of alarms of each cut."""
    misses = [np.sum(y_true * (scores <= cut), axis=axis) for cut in cuts]
    return np.array(misses), np.array([np.sum((1 - y_true) * (scores > cut), axis=axis) for cut in cuts])


def _costs(y_true, scores, cuts, miss, alarm):
    misses, alarms = _faults(y_true, scores, cuts)
    return miss * misses + alarm * alarms


def _cheapest(y_true, scores, cuts, miss, alarm):
    return cuts[int(np.argmin(_costs(y_true, scores, cuts, miss, alarm)))]


def _cheapest_of_each_label(y_true, scores, cuts, miss, alarm):
    misses, alarms = _faults(y_true, scores, cuts, axis=0)
    return cuts[np.argmin(miss * misses + alarm * alarms, axis=0)]


def _cheapest_by_rates(y_true, scores, cuts, miss, alarm):
    misses, alarms = _faults(y_true, scores, cuts)
    return cuts[int(np.argmin(miss * misses / y_true.sum() + alarm * alarms / (1 - y_true).sum()))]


def _cheapest_of_claims(y_true, scores, cuts, miss, alarm):
    misses, alarms = _faults(y_true, scores, cuts)
    found = y_true.sum() - misses
    return cuts[int(np.argmin(miss * misses + alarm * (alarms + found)))]


def _cheapest_by_number(y_true, scores, cuts, miss, alarm):
    misses, alarms = _faults(y_true, scores, cuts)
    return cuts[int(np.argmin(miss * (misses - alarms) + alarm * (alarms - misses)))]


def _best_cut(measure):
    return lambda y_true, scores, cuts: cuts[int(np.argmax(_of_cuts(measure, y_true, scores, cuts)))]


EXERCISES = {
    "best constant": Exercise(
        inputs=((_SHARES,), (_Y_TRUE,)),
        right=lambda y: _share_logits(y.mean(axis=0)),
        mistakes={
            "these are the probabilities that cost least. Wanted are the logits of which the sigmoid makes them.": (
                lambda y: y.mean(axis=0)
            ),
            "this is the logarithm of the probability, and its sigmoid is another number. Solve 1 / (1 + exp(-z)) = p "
            "for z.": lambda y: np.log(y.mean(axis=0)),
            "this is the loss of a present label, -log(p); wanted is the logit. Solve 1 / (1 + exp(-z)) = p for z.": (
                lambda y: -np.log(y.mean(axis=0))
            ),
            "this is the least cost itself; wanted are the logits that have it.": _entropy,
            "this is exp(z). Take its logarithm.": lambda y: y.mean(axis=0) / (1 - y.mean(axis=0)),
            "the sign is turned: a rare label should get a small probability, so a logit below 0.": (
                lambda y: -_share_logits(y.mean(axis=0))
            ),
            "this is the sigmoid of the shares. Wanted is the number of which the sigmoid *is* the share.": (
                lambda y: 1 / (1 + np.exp(-y.mean(axis=0)))
            ),
            "this is one logit for all labels. A rare label should get a lower one: take the mean along `axis=0`.": (
                lambda y: _share_logits(y.mean())
            ),
            "all labels get the same logit. A rare label should get a lower one: take the mean along `axis=0`.": (
                lambda y: np.full(y.shape[1], _share_logits(y.mean()))
            ),
            "a logit of 0 is the probability one half, for each label and whatever its share.": (
                lambda y: np.zeros(y.shape[1])
            ),
            "this is a logit for each example, that of its own label set. All are to get the same: `axis=0`.": (
                _quiet(lambda y: _share_logits(y.mean(axis=1)))
            ),
            "this is the logarithm of the count of ones; compare it with that of the zeros.": (
                lambda y: np.log(y.sum(axis=0))
            ),
        },
        success="The logarithm of ones to zeros. Its loss is what knowing the shares alone is worth.",
    ),
    "micro-F1": Exercise(
        inputs=((_FEW_TRUE, _FEW_PRED), (_Y_TRUE, _Y_PRED), (_Y_TRUE[:7], _Y_PRED[3:10])),
        right=_micro_f1,
        mistakes={
            "this is macro-F1: an F1 for each label, then the mean. Micro-F1 first adds up the counts of all "
            "labels.": _macro_f1,
            "this is example-F1: an F1 for each row, then the mean. Micro-F1 first adds up the counts of all rows.": (
                _example_f1
            ),
            "this is example-F1 with 0 for empty rows. Micro-F1 first adds up the counts of all rows.": (
                lambda y_true, y_pred: _example_f1(y_true, y_pred, of_empty=0)
            ),
            "this is example-F1, and a row that is empty in truth and answer makes it 0/0. Micro-F1 first adds up the "
            "counts of all rows.": _unguarded_f1(axis=1),
            "this is weighted F1: an F1 for each label, then a mean that weighs frequent labels more. Micro-F1 first "
            "adds up the counts of all labels.": lambda y_true, y_pred: np.average(
                _label_f1(y_true, y_pred), weights=y_true.sum(axis=0)
            ),
            "these are K numbers, an F1 for each label. Micro-F1 is one, from the counts of all labels.": _label_f1,
            "this is the share of equal cells, 1 - Hamming loss: it also rewards every absent label that nobody "
            "predicted.": _right_cells,
            "this is the Hamming loss, the share of wrong cells.": lambda y_true, y_pred: np.mean(y_true != y_pred),
            "this is the subset accuracy, the share of rows that are right in every cell.": _right_rows,
            "the factor 2 is missing: F1 = 2 TP / (2 TP + FP + FN).": (
                lambda y_true, y_pred: _micro_f1(y_true, y_pred) / 2
            ),
            "this is TP / (TP + FP + FN), the Jaccard index. In F1, TP counts twice, above and below.": _jaccard,
            "TP counts twice below the line, too: F1 = 2 TP / (2 TP + FP + FN).": (
                lambda y_true, y_pred: 2 * _jaccard(y_true, y_pred)
            ),
            "this is the precision: the labels that were missed (FN) do not count in it.": _precision,
            "this is the recall: the labels that were found but are absent (FP) do not count in it.": _recall,
            "this is the plain mean of precision and recall; F1 is their harmonic mean.": lambda y_true, y_pred: (
                (_precision(y_true, y_pred) + _recall(y_true, y_pred)) / 2
            ),
            "FN, the present labels that were missed, do not count here: forgotten, or cancelled in `(p - t).sum()`? "
            "FP are the cells with p = 1 *and* t = 0.": lambda y_true, y_pred: _f1(
                (y_true * y_pred).sum(), (y_pred - y_true).sum(), _wrong(y_true, y_pred)[1]
            ),
            "FP, the claims of absent labels, do not count here: forgotten, or cancelled in `(t - p).sum()`? FN are "
            "the cells with t = 1 *and* p = 0.": lambda y_true, y_pred: _f1(
                (y_true * y_pred).sum(), _wrong(y_true, y_pred)[0], (y_true - y_pred).sum()
            ),
            "this is always 1: FP and FN cancel. FP are the cells with p = 1 and t = 0, FN those with t = 1 and "
            "p = 0.": lambda y_true, y_pred: 1.0,
            "`abs((p - t).sum())` comes too late: in the sum false positives and false negatives have cancelled. Sum "
            "`abs(p - t)`.": lambda y_true, y_pred: _f1((y_true * y_pred).sum(), abs((y_pred - y_true).sum()), 0),
            "`y_true == y_pred` is also true where both are 0. TP are the cells that are 1 in both.": (
                lambda y_true, y_pred: 2 * (y_true == y_pred).sum() / (y_true.sum() + y_pred.sum())
            ),
            "for TP you count the cells that are equal, so those that are 0 in both, too. TP are 1 in both.": (
                lambda y_true, y_pred: _f1((y_true == y_pred).sum(), *_wrong(y_true, y_pred))
            ),
        },
        success="One F1 over all N x K cells, blind to which label they belong to.",
    ),
    # On these inputs each measure has its best threshold elsewhere.
    "threshold": Exercise(
        inputs=(_scored(9605), _scored(18346), _scored(131)),
        right=_best_cut(_micro_f1),
        mistakes={
            "this is the best F1 itself; return the *threshold* that reaches it.": lambda y_true, scores, cuts: max(
                _of_cuts(_micro_f1, y_true, scores, cuts)
            ),
            "this is the position in `cuts`, not the threshold: return `cuts[position]`.": (
                lambda y_true, scores, cuts: int(np.argmax(_of_cuts(_micro_f1, y_true, scores, cuts)))
            ),
            "these are the F1 of all cuts; return the one cut that has the highest.": (
                lambda y_true, scores, cuts: _of_cuts(_micro_f1, y_true, scores, cuts)
            ),
            "this is the *worst* threshold. Take the `argmax` of a score, and call a label present where its "
            "probability is *above* the cut.": (
                lambda y_true, scores, cuts: cuts[int(np.argmin(_of_cuts(_micro_f1, y_true, scores, cuts)))]
            ),
            "this is the last cut, whatever it scores: keep the best F1 so far, and its cut, and compare with that.": (
                lambda y_true, scores, cuts: cuts[-1]
            ),
            "this threshold has the most equal cells, and absent labels dominate those. Maximise micro-F1.": _best_cut(
                _right_cells
            ),
            "this threshold has the highest macro-F1, a mean over labels. Maximise micro-F1: one count over all "
            "cells.": _best_cut(_macro_f1),
            "this threshold has the highest weighted F1, a mean over labels. Maximise micro-F1: one count over all "
            "cells.": _best_cut(
                lambda y_true, y_pred: np.average(_label_f1(y_true, y_pred), weights=y_true.sum(axis=0))
            ),
            "this threshold has the highest example-F1, a mean over examples. Maximise micro-F1: one count over all "
            "cells.": _best_cut(_example_f1),
            "this threshold has the highest example-F1, with 0 for empty rows. Maximise micro-F1: one count over all "
            "cells.": _best_cut(lambda y_true, y_pred: _example_f1(y_true, y_pred, of_empty=0)),
            "this threshold has the highest subset accuracy. Maximise micro-F1.": _best_cut(_right_rows),
            "this threshold has the highest precision: it claims little, and misses much. Maximise micro-F1.": (
                _best_cut(_precision)
            ),
            "where nothing is claimed the precision is 0/0, and `argmax` takes nan for the largest. Use "
            "2 TP / (2 TP + FP + FN), which is 0 there.": _quiet(_best_cut(_unguarded_mean)),
            "this is the highest precision, and where nothing is claimed that is 0/0, which `argmax` takes for the "
            "largest. Maximise micro-F1.": _quiet(_best_cut(_unguarded_precision)),
            "this is the lowest cut, which has the highest recall: it claims nearly everything. Maximise micro-F1. "
            "(Or does `return` stand inside the loop?)": lambda y_true, scores, cuts: cuts[0],
            "this is the best of all thresholds there are; wanted is the best of `cuts`.": (
                lambda y_true, scores, cuts: thresholds.global_threshold(y_true, scores)
            ),
            "0.5 is a guess that looks at nothing. Try all of `cuts`, and keep the best.": (
                lambda y_true, scores, cuts: 0.5
            ),
        },
        success="Chosen on the arrays you were given: give it the validation split, never the test split.",
    ),
    # Here as well, and it matters which of > and >= is used.
    "cheapest threshold": Exercise(
        inputs=(_priced(418, 5, 1), _priced(2027, 1, 3), _priced(41, 20, 1)),
        right=_cheapest,
        mistakes={
            "the two prices have changed places: `miss` is for a label that is present and not claimed.": (
                lambda y, p, cuts, miss, alarm: _cheapest(y, p, cuts, alarm, miss)
            ),
            "this threshold has the fewest faults, as if both cost the same. Multiply the misses and the alarms, each "
            "by its price, before you add them.": lambda y, p, cuts, miss, alarm: _cheapest(y, p, cuts, 1, 1),
            "this threshold has the highest micro-F1, which knows no prices. Add up what the faults cost.": (
                lambda y, p, cuts, miss, alarm: _best_cut(_micro_f1)(y, p, cuts)
            ),
            "this threshold has the highest macro-F1, which knows no prices. Add up what the faults cost.": (
                lambda y, p, cuts, miss, alarm: _best_cut(_macro_f1)(y, p, cuts)
            ),
            "this is the rule for calibrated probabilities, and these are not calibrated: try all of `cuts`.": (
                lambda y, p, cuts, miss, alarm: alarm / (alarm + miss)
            ),
            "this is the rule for calibrated probabilities turned round, and these are not calibrated: try all of "
            "`cuts`.": lambda y, p, cuts, miss, alarm: miss / (alarm + miss),
            "this is the cut nearest to the rule for calibrated probabilities, and these are not calibrated: try all "
            "of `cuts`.": lambda y, p, cuts, miss, alarm: cuts[int(np.abs(cuts - alarm / (alarm + miss)).argmin())],
            "0.5 is a guess that looks at neither the prices nor the data. Try all of `cuts`.": (
                lambda y, p, cuts, miss, alarm: 0.5
            ),
            "these are thresholds, one for each label; wanted is one for all: add up the costs of all labels before "
            "you choose.": _cheapest_of_each_label,
            "this is the mean of thresholds chosen for each label; add up the costs of all labels, then choose one.": (
                lambda *arguments: _cheapest_of_each_label(*arguments).mean()
            ),
            "a probability equal to the cut is not above it: a label is claimed where p > cut, and not claimed where "
            "p <= cut.": lambda y, p, cuts, miss, alarm: _cheapest(y, p + 1e-9, cuts, miss, alarm),
            "a miss is a present label with p <= cut. Where p equals the cut you count none.": (
                lambda y, p, cuts, miss, alarm: cuts[
                    int(np.argmin(miss * _faults(y, p + 1e-9, cuts)[0] + alarm * _faults(y, p, cuts)[1]))
                ]
            ),
            "this is the dearest threshold. Take the `argmin` of the costs, and claim a label where p is *above* the "
            "cut.": (lambda *arguments: arguments[2][int(np.argmax(_costs(*arguments)))]),
            "this is the least cost; return the *threshold* that has it.": lambda *arguments: _costs(*arguments).min(),
            "this is the position in `cuts`, not the threshold: return `cuts[position]`.": (
                lambda *arguments: int(np.argmin(_costs(*arguments)))
            ),
            "these are the costs of all cuts; return the one cut that has the lowest.": _costs,
            "you weigh the *shares* of present labels missed and of absent ones claimed. A price is for each fault, "
            "and absent labels are more: count the faults.": _cheapest_by_rates,
            "this is the lowest cut. Do false alarms cost anything here, with a plus, and counted where y = 0 *and* "
            "p > cut? (Or does `return` stand inside the loop?)": lambda y, p, cuts, miss, alarm: _cheapest(
                y, p, cuts, miss, 0
            ),
            "you count every claim as a false alarm, or take off the misses, as `((p > cut) - y).sum()` does. False "
            "alarms are the claims of absent labels: y = 0 *and* p > cut.": _cheapest_of_claims,
            "only how many labels are claimed counts here, not which: in `(y - (p > cut)).sum()`, for instance, misses "
            "(+1) and false alarms (-1) cancel. A miss is a cell with y = 1 *and* p <= cut.": _cheapest_by_number,
            "only the false alarms cost something here. Misses cost, too.": (
                lambda y, p, cuts, miss, alarm: _cheapest(y, p, cuts, 0, alarm)
            ),
        },
        success="The price of a fault decides, and validation data say where it puts the threshold.",
    ),
    "accurate and empty": Question(
        right="c",
        answers={
            "a": "how many of 200 cells does an empty answer get right? Compare 0.990 with that.",
            "b": "what tells of overfitting is a gap between training and validation. Here is none.",
            "c": "A probability of 0.01 for every label costs 0.056 and claims nothing, so 198 of 200 cells are right. "
            "The loss still falls: train on.",
        },
    ),
    "dear misses": Question(
        right="a",
        answers={
            "a": "At probability p silence costs 20 p hours on average, an alarm 1 - p. The two are equal at p = 1/21.",
            "b": "one half is for the case where both faults cost the same. Here they do not.",
            "c": "F1 counts a false alarm and a miss alike, and knows nothing of hours.",
            "d": "a high threshold names less. Which of the two faults does that make more frequent?",
        },
    ),
}
