"""The exercises of lesson 08, labels that depend on each other."""

import numpy as np

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(8)


def _quiet(function):
    def answer(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return answer


# P(y_a, y_b | x) of several x. In the first each table is a product, but both labels depend on x; in the second each
# has zeros, and the x are not equally frequent; the last are any.
_PRODUCTS = np.array([np.outer([1 - p, p], [1 - q, q]) for p, q in ((0.9, 0.8), (0.1, 0.3))])
_EXCLUSIVE = np.array([[[0.0, 0.5], [0.5, 0.0]], [[0.1, 0.6], [0.3, 0.0]], [[0.25, 0.25], [0.25, 0.25]]])
_ANY = _GENERATOR.dirichlet(np.ones(4), size=4).reshape(4, 2, 2)
_SHARES = (np.array([0.5, 0.5]), np.array([0.6, 0.3, 0.1]), np.array([0.4, 0.3, 0.2, 0.1]))


def _log(ratio):
    return np.log(np.where(ratio > 0, ratio, 1))


def _information_of(table, log=_log):
    """Mutual information of one table `(2, 2)`, or of each of `(..., 2, 2)`."""
    a, b = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    return np.sum(table * log(table / (a * b)), axis=(-2, -1))


def _correlation(table):
    a, b = table[..., 1, :].sum(axis=-1), table[..., :, 1].sum(axis=-1)
    return (table[..., 1, 1] - a * b) / np.sqrt(a * (1 - a) * b * (1 - b))


def _averaged(tables, share):
    return np.tensordot(share, tables, 1)


# All label sets of three labels, with probabilities of which the empty set has some; and two drawn sets.
_SETS = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], float)
_JOINT = np.array([0.20, 0.05, 0.10, 0.15, 0.10, 0.05, 0.25, 0.10])
_ONE_OF_THREE, _ONE_OF = np.eye(3), np.array([0.45, 0.35, 0.20])
_ANSWER, _NOTHING = np.array([1.0, 1.0, 0.0]), np.zeros(3)


def _f1(answer, truth):
    """F1 of one answer with each true set `(S, K)`."""
    both, either = truth @ answer, truth.sum(axis=-1) + answer.sum()
    return np.where(either > 0, 2 * both / np.maximum(either, 1), 1.0)


def _plain_f1(answer, truth):
    return 2 * (truth @ answer) / (truth.sum(axis=-1) + answer.sum())


_OWN = _GENERATOR.normal(size=(3, 4))
_WEIGHTS = _GENERATOR.normal(size=(4, 4))
_PRESENT = np.array([[1.0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 1, 1]])

# Label sets in the order in which they are said, of five labels; the steps are more than the longest set needs.
_SAID = ([2, 0], [], [4, 1, 3], [1])
_SHORT = ([3], [0, 4], [2])


def _targets(sets, labels, steps, *, stop=True, shift=True, through_stop=True, all_count=False):
    read, say = np.full((2, len(sets), steps), labels)
    counts = np.zeros((len(sets), steps))
    for row, one in enumerate(sets):
        say[row, : len(one)] = one
        if shift:
            read[row, 1 : len(one) + 1] = one
        else:
            read[row, : len(one)] = one
        counts[row, : len(one) + (1 if stop and through_stop else 0)] = 1
    if all_count:
        counts[:] = 1
    return read, say, counts


# Three beginnings, of which the second has stopped; four labels and the stop.
_TOTAL = np.log([0.30, 0.25, 0.10])
_NEXT = np.log(
    [[0.45, 0.40, 0.05, 0.05, 0.05], [0.01, 0.02, 0.50, 0.02, 0.45], [0.02, 0.02, 0.02, 0.04, 0.90]],
)
_ENDED = np.array([False, True, False])
_NONE_ENDED = np.zeros(3, bool)
_MANY = np.log(_GENERATOR.dirichlet(np.ones(5), size=12))  # so many that a partial sort shows that it is none


def _every(total, log_p, ended, stays=0.0):
    """The log-probability of each continuation, `(W, K + 1)`; who has ended can only stop again."""
    again = np.full(log_p.shape[1], -np.inf)
    again[-1] = stays
    return total[:, None] + np.where(ended[:, None], again, log_p)


def _best(every, width, sign=-1):
    flat = np.argsort(sign * every.ravel(), kind="stable")[:width]
    return flat // every.shape[1], flat % every.shape[1], every.ravel()[flat]


def _step(total, log_p, ended):
    return _best(_every(total, log_p, ended), len(total))


def _best_child_of_each(total, log_p, ended):
    every = _every(total, log_p, ended)
    said = every.argmax(axis=1)
    found = every[np.arange(len(total)), said]
    order = np.argsort(-found, kind="stable")
    return order, said[order], found[order]


# P(label, size) and P(no label): of the joint above, of one of three, and two made so that each mistake goes astray.
def _together(sets, p):
    sizes = sets.sum(axis=1)
    table = np.array([p[sizes == s] @ sets[sizes == s] for s in range(1, sets.shape[1] + 1)]).T
    return table, float(p[sizes == 0].sum())


_MOSTLY_EMPTY = np.array([0.45, 0.20, 0.10, 0.05, 0.10, 0.04, 0.04, 0.02])
_PAIRS = np.array([0.02, 0.30, 0.0, 0.02, 0.0, 0.0, 0.56, 0.10])
# {c}, {a}, {a, b}: the best answer is {a, c}, though b is likelier than c.
_ODD = np.array([0.0, 0.29, 0.0, 0.0, 0.40, 0.0, 0.31, 0.0])
_ONE = np.array([0.42, 0.58, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])  # {} or {c}: the best answer is {c}
_TWO = np.array([0.40, 0.0, 0.0, 0.60, 0.0, 0.0, 0.0, 0.0])  # {} or {b, c}: the best answer is {b, c}
_LESS = np.array([0.34, 0.33, 0.0, 0.0, 0.33, 0.0, 0.0, 0.0])  # {}, {c} or {a}: the best answer is {a, c}
# {b, c}, {b, c, d}, {a}, {a, c}: the best answer is {b, c, d}.
_FOUR = np.array([[0, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 0], [1, 0, 1, 0]], float), np.array([0.33, 0.43, 0.20, 0.04])

# {d} or all five: larger answers are worse at first, and then the largest is best.
_ALL_OR_ONE = np.array([[0, 0, 0, 1, 0], [1, 1, 1, 1, 1]], float), np.array([0.43, 0.57])
# {} or all four: the empty answer is best, as it is wherever it has more than a half.
_OFTEN_EMPTY = np.array([[0, 0, 0, 0], [1, 1, 1, 1]], float), np.array([0.6, 0.4])


def _worth(together, first_size=1):
    """(K, k): what a label adds to the expected F1 of an answer of k labels."""
    sizes = np.arange(first_size, together.shape[1] + first_size)[:, None]
    return together @ (2 / (sizes + np.arange(1, len(together) + 1)))


def _best_of_sizes(worth, empty):
    order = np.argsort(-worth, axis=0, kind="stable")
    expected = [empty] + [np.sort(worth[:, k - 1])[::-1][:k].sum() for k in range(1, len(worth) + 1)]
    k = int(np.argmax(expected))
    answer = np.zeros(len(worth))
    answer[order[:k, k - 1]] = 1
    return answer


def _until_it_gets_worse(together, empty):
    """Tries k = 1, 2, ... and stops at the first one that is no better than the last."""
    worth = _worth(together)
    expected = [empty] + [np.sort(worth[:, k - 1])[::-1][:k].sum() for k in range(1, len(worth) + 1)]
    k = next((k for k in range(len(worth)) if expected[k + 1] <= expected[k]), len(worth))
    answer = np.zeros(len(worth))
    answer[np.argsort(-worth[:, k - 1], kind="stable")[:k]] = 1
    return answer


def _from_two_on(together, empty):
    worth = _worth(together)
    return _best_of_sizes(np.column_stack([np.full(len(worth), -1.0), worth[:, 1:]]), empty)


def _ranked_once(together, empty):
    """For each k the labels that are worth most in an answer of one."""
    worth = _worth(together)
    order = np.argsort(-worth[:, 0], kind="stable")
    expected = [empty] + [worth[order[:k], k - 1].sum() for k in range(1, len(worth) + 1)]
    answer = np.zeros(len(worth))
    answer[order[: int(np.argmax(expected))]] = 1
    return answer


def _best_f1(together, empty):
    return _best_of_sizes(_worth(together), empty)


def _by_marginals(together, empty):
    """For each k the labels with the largest marginals, instead of those that are worth most in a set of k."""
    worth, order = _worth(together), np.argsort(-together.sum(axis=1), kind="stable")
    expected = [empty] + [worth[order[:k], k - 1].sum() for k in range(1, len(worth) + 1)]
    answer = np.zeros(len(worth))
    answer[order[: int(np.argmax(expected))]] = 1
    return answer


_F1 = np.array([[0.2, 0.8, 0.5], [1.0, 0.4, 0.1]])
_LOG_P = np.array([[-1.0, -2.5, -0.7], [-3.0, -0.4, -1.9]])
_MORE_F1, _MORE_LOG_P = _GENERATOR.random((4, 5)), -_GENERATOR.random((4, 5)) * 3


def _others(f1):
    return (f1.sum(axis=1, keepdims=True) - f1) / (f1.shape[1] - 1)


EXERCISES = {
    "given the example": Exercise(
        inputs=((_ANY, _SHARES[2]), (_EXCLUSIVE, _SHARES[1]), (_PRODUCTS, _SHARES[0])),
        right=lambda tables, share: float(share @ _information_of(tables)),
        mistakes={
            "this is the information over the whole data set: the tables were averaged first, and x is forgotten. "
            "Take each table's information, then the mean of these.": lambda tables, share: float(
                _information_of(_averaged(tables, share))
            ),
            "the x are not equally frequent: weigh each table's information with P(x).": lambda tables, share: float(
                _information_of(tables).mean()
            ),
            "weigh with P(x), and take the sum: the weights add up to 1 already, so no mean.": lambda tables, share: (
                float(np.mean(share * _information_of(tables)))
            ),
            "weigh each table's information with P(x), and take the sum.": lambda tables, share: float(
                _information_of(tables).sum()
            ),
            "this is one number for each x: weigh them with P(x), and add up.": lambda tables, share: _information_of(
                tables
            ),
            "where a probability is 0 the logarithm is -inf, and 0 times it is no number: such a cell adds 0.": _quiet(
                lambda tables, share: float(share @ _information_of(tables, np.log))
            ),
            "a correlation is not what is asked for, and this is that over the whole data set: it is 0 for labels that "
            "depend on each other in other ways, and not 0 where both follow x.": lambda tables, share: float(
                _correlation(_averaged(tables, share))
            ),
            "this is the mean correlation: where it is positive for some x and negative for others it adds up to "
            "nothing, though the labels depend on each other.": lambda tables, share: float(
                share @ _correlation(tables)
            ),
            "this is in bits: the natural logarithm gives nats.": lambda tables, share: float(
                share @ _information_of(tables) / np.log(2)
            ),
            "the logarithms are not weighed with the probabilities of their cells.": _quiet(
                lambda tables, share: float(
                    share
                    @ np.sum(
                        _log(tables / (tables.sum(axis=-1, keepdims=True) * tables.sum(axis=-2, keepdims=True))),
                        axis=(-2, -1),
                    )
                )
            ),
            "the ratio stands on its head: above stands P(a, b | x), below the product of the two.": (
                lambda tables, share: float(-share @ _information_of(tables))
            ),
            "this is the entropy of the pair: divide by the product of the two labels' probabilities within the "
            "logarithm.": lambda tables, share: float(-share @ np.sum(tables * _log(tables), axis=(-2, -1))),
        },
        success="0 where, for every x, the two labels tell nothing about each other.",
    ),
    "expected F1": Exercise(
        inputs=(
            (_ANSWER, _SETS, _JOINT),
            (_NOTHING, _SETS, _JOINT),
            (_ANSWER, _ONE_OF_THREE, _ONE_OF),
            (_NOTHING, _ONE_OF_THREE, _ONE_OF),
        ),
        right=lambda answer, sets, p: float(p @ _f1(answer, sets)),
        mistakes={
            "this is the F1 with the labels' probabilities in place of a set: F1 of a mean is not the mean of F1. "
            "Take the F1 with each set, then the mean.": _quiet(
                lambda answer, sets, p: float(_plain_f1(answer, p @ sets))
            ),
            "where truth and answer are both empty this is 0 / 0: they agree, so the F1 is 1.": _quiet(
                lambda answer, sets, p: float(p @ _plain_f1(answer, sets))
            ),
            "two empty sets agree: their F1 is 1, here it is 0.": _quiet(
                lambda answer, sets, p: float(p @ np.nan_to_num(_plain_f1(answer, sets), nan=0.0))
            ),
            "the sets are not equally probable: weigh each F1 with p.": lambda answer, sets, p: float(
                _f1(answer, sets).mean()
            ),
            "p adds up to 1 already: the sum of p times F1, not its mean.": lambda answer, sets, p: float(
                np.mean(p * _f1(answer, sets))
            ),
            "this is one number for each set: weigh them with p, and add up.": lambda answer, sets, p: _f1(
                answer, sets
            ),
            "this is the expected subset accuracy: a set that is partly right counts, too.": lambda answer, sets, p: (
                float(p @ (sets == answer).all(axis=1))
            ),
            "this divides by the labels in either set, each once (the Jaccard index): F1 is 2 |both| / (|truth| + "
            "|answer|).": _quiet(
                lambda answer, sets, p: float(
                    p @ np.nan_to_num((sets @ answer) / (sets.sum(axis=1) + answer.sum() - sets @ answer), nan=1.0)
                )
            ),
            "this is the expected precision, which divides by the answer's labels alone: F1 is 2 |both| / (|truth| + "
            "|answer|).": _quiet(
                lambda answer, sets, p: float(p @ np.nan_to_num((sets @ answer) / answer.sum(), nan=1.0))
            ),
            "the 2 is missing: F1 is 2 |both| / (|truth| + |answer|).": _quiet(
                lambda answer, sets, p: float(
                    p
                    @ np.where(
                        sets.sum(axis=1) + answer.sum() > 0,
                        (sets @ answer) / np.maximum(sets.sum(axis=1) + answer.sum(), 1),
                        1,
                    )
                )
            ),
        },
        success="Now every answer can be judged before the truth is known.",
    ),
    "labels before": Exercise(
        inputs=((_OWN, _WEIGHTS, _PRESENT), (np.zeros((1, 4)), _WEIGHTS, np.array([[0.0, 1, 0, 1]]))),
        right=lambda own, weights, y: own + y @ np.triu(weights, k=1),
        mistakes={
            "here a label sees itself: the mask keeps j < k, without the diagonal. It would learn to copy the truth, "
            "which nobody gives it later.": lambda own, weights, y: own + y @ np.triu(weights),
            "the mask is turned round: here a label sees those *after* it.": lambda own, weights, y: (
                own + y @ np.tril(weights, k=-1)
            ),
            "the mask is turned round, and a label sees itself: keep j < k.": lambda own, weights, y: (
                own + y @ np.tril(weights)
            ),
            "every label sees all others, and itself: it is told the truth. Keep the weights with j < k.": (
                lambda own, weights, y: own + y @ weights
            ),
            "every label sees all others: the later ones too, which will not be known. Keep the weights with j < k.": (
                lambda own, weights, y: own + y @ (weights - np.diag(np.diag(weights)))
            ),
            "rows and columns have changed places: `weights[j, k]` is what label j adds to label k.": (
                lambda own, weights, y: own + y @ np.triu(weights, k=1).T
            ),
            "this masks the transposed weights: `weights[j, k]` is what label j adds to label k.": (
                lambda own, weights, y: own + y @ np.triu(weights.T, k=1)
            ),
            "here the labels before are the model's own answers: in training they are the true ones, `y`.": (
                lambda own, weights, y: own + (own > 0) @ np.triu(weights, k=1)
            ),
            "these are probabilities: logits are wanted, without the sigmoid.": lambda own, weights, y: (
                1 / (1 + np.exp(-(own + y @ np.triu(weights, k=1))))
            ),
            "the network's own logits are missing.": lambda own, weights, y: y @ np.triu(weights, k=1),
            "this adds the weights of all labels, present or not: multiply with y.": lambda own, weights, y: (
                own + np.triu(weights, k=1).sum(axis=0)
            ),
            "this takes the label right before, and no other: all with j < k count.": lambda own, weights, y: (
                own + y @ np.diag(np.diag(weights, k=1), k=1)
            ),
        },
        success="One pass teaches all labels at once, each as if the ones before had just been decided.",
    ),
    "what a decoder is taught": Exercise(
        inputs=((_SAID, 5, 5), (_SHORT, 6, 4)),
        right=_targets,
        mistakes={
            "a step reads what it is to say: shift by one. The first step reads START, the second the first label.": (
                lambda sets, labels, steps: _targets(sets, labels, steps, shift=False)
            ),
            "the stop does not count: a decoder that never learns to stop says labels until it is cut off.": (
                lambda sets, labels, steps: _targets(sets, labels, steps, through_stop=False)
            ),
            "the padding counts: sets with few labels would teach mostly how to go on stopping.": (
                lambda sets, labels, steps: _targets(sets, labels, steps, all_count=True)
            ),
            "what is read and what is said have changed places: a step reads the label said *before*, the first "
            "one START.": lambda sets, labels, steps: (
                _targets(sets, labels, steps)[1],
                _targets(sets, labels, steps)[0],
                _targets(sets, labels, steps)[2],
            ),
            "a step reads what it is to say, and the stop does not count.": lambda sets, labels, steps: _targets(
                sets, labels, steps, shift=False, through_stop=False
            ),
            "a step reads what it is to say, and the padding counts.": lambda sets, labels, steps: _targets(
                sets, labels, steps, shift=False, all_count=True
            ),
            "this stands for START, STOP and padding with 0, which is a label: they have the number `labels`.": (
                lambda sets, labels, steps: (
                    *(np.where(part == labels, 0, part) for part in _targets(sets, labels, steps)[:2]),
                    _targets(sets, labels, steps)[2],
                )
            ),
            "the labels are sorted by their number: keep the order in which they are given.": (
                lambda sets, labels, steps: _targets([sorted(one) for one in sets], labels, steps)
            ),
        },
        success="In one pass every step is taught, each with the right labels before it.",
    ),
    "a beam step": Exercise(
        inputs=(
            (_TOTAL, _NEXT, _ENDED),
            (_TOTAL, _NEXT, _NONE_ENDED),
            (_TOTAL[:2], _NEXT[1:], _NONE_ENDED[:2]),
            (_MANY[:, 0], _MANY, np.zeros(12, bool)),
        ),
        right=_step,
        mistakes={
            "this keeps the best continuation of *each* beginning: the best of all may come from one. Compare all "
            "continuations together.": _best_child_of_each,
            "what has stopped goes on here: it can only stop again, at no cost.": lambda total, log_p, ended: _best(
                total[:, None] + log_p, len(total)
            ),
            "what has stopped is dropped: it stays in the race, with the total it has.": lambda total, log_p, ended: (
                _best(np.where(ended[:, None], -np.inf, total[:, None] + log_p), len(total))
            ),
            "what has stopped pays for stopping again, though nothing more is said: that costs 0.": (
                lambda total, log_p, ended: _best(
                    total[:, None]
                    + np.where(ended[:, None] & (np.arange(log_p.shape[1]) < log_p.shape[1] - 1), -np.inf, log_p),
                    len(total),
                )
            ),
            "logarithms of probabilities are added, not multiplied.": _quiet(
                lambda total, log_p, ended: _best(
                    total[:, None]
                    * np.where(ended[:, None], np.append(np.full(log_p.shape[1] - 1, np.inf), 1.0), log_p),
                    len(total),
                )
            ),
            "the totals are forgotten: what a beginning has cost so far counts.": lambda total, log_p, ended: _best(
                _every(np.zeros_like(total), log_p, ended), len(total)
            ),
            "what has stopped goes on with every label, at no cost: all but the stop are impossible for it.": (
                lambda total, log_p, ended: _best(total[:, None] + np.where(ended[:, None], 0.0, log_p), len(total))
            ),
            "the best come first: here they come last.": lambda total, log_p, ended: tuple(
                part[::-1] for part in _step(total, log_p, ended)
            ),
            "these are the *least* probable ones.": lambda total, log_p, ended: _best(
                np.where(np.isinf(_every(total, log_p, ended)), np.inf, _every(total, log_p, ended)), len(total), 1
            ),
            "the totals returned are the new steps alone: add what was there before.": lambda total, log_p, ended: (
                *_step(total, log_p, ended)[:2],
                _step(total, log_p, ended)[2] - total[_step(total, log_p, ended)[0]],
            ),
            "parents and labels have changed places: in the flat list a position is `parent * (K + 1) + label`.": (
                lambda total, log_p, ended: (
                    _step(total, log_p, ended)[1],
                    _step(total, log_p, ended)[0],
                    _step(total, log_p, ended)[2],
                )
            ),
            "these are probabilities; the totals are kept as logarithms.": lambda total, log_p, ended: (
                *_step(total, log_p, ended)[:2],
                np.exp(_step(total, log_p, ended)[2]),
            ),
        },
        success="That, some times over, is beam search.",
    ),
    "the best for F1": Exercise(
        inputs=(
            *(_together(_SETS, p) for p in (_JOINT, _MOSTLY_EMPTY, _PAIRS, _ODD, _ONE, _TWO, _LESS)),
            _together(*_FOUR),
            (np.full((4, 1), 0.25), 0.0),  # exactly one of four labels, all equally likely: the best answer has all
            _together(*_ALL_OR_ONE),
            _together(*_OFTEN_EMPTY),
        ),
        right=_best_f1,
        mistakes={
            "answers of as many labels as there are sizes are tried, and no larger ones: k goes up to K.": (
                lambda together, empty: _best_of_sizes(
                    np.where(np.arange(1, len(together) + 1) > together.shape[1], -1.0, _worth(together)), empty
                )
            ),
            "the empty answer is forgotten: where the truth is likely empty it is best.": lambda together, empty: (
                _best_of_sizes(_worth(together), -1.0)
            ),
            "this stops at the first k that is no better: a larger one may be better again. Try them all.": (
                _until_it_gets_worse
            ),
            "the sizes begin with 1: the first column belongs to sets of one label.": lambda together, empty: (
                _best_of_sizes(_worth(together, 0), empty)
            ),
            "an answer of one label has to be tried, too: k begins with 1.": _from_two_on,
            "the 2 is missing: against P(no label), which has none, every other answer seems worth half.": (
                lambda together, empty: _best_of_sizes(_worth(together) / 2, empty)
            ),
            "the labels are ranked once, by what they are worth in an answer of one: for each k that is another "
            "ranking.": _ranked_once,
            "the empty answer is best where P(no label) is above the *expected F1* of all others, not above a "
            "label's probability.": lambda together, empty: (
                np.zeros(len(together))
                if empty > together.sum(axis=1).max()
                else _best_of_sizes(_worth(together), -1.0)
            ),
            "for each k the best labels are those that are worth most in an answer of k, and not those with the "
            "largest probabilities.": _by_marginals,
            "this takes each label that is more likely present than not: the answer for Hamming loss.": (
                lambda together, empty: (together.sum(axis=1) > 0.5).astype(float)
            ),
            "this takes the single best label: answers of more labels have to be tried, too.": (
                lambda together, empty: np.eye(len(together))[np.argmax(_worth(together)[:, 0])]
            ),
            "this takes as many labels as are expected; which number is best has to be tried.": (
                lambda together, empty: (
                    np.argsort(np.argsort(-together.sum(axis=1), kind="stable")) < round(together.sum())
                ).astype(float)
            ),
            "the empty answer is worth P(no label), and not 1.": lambda together, empty: _best_of_sizes(
                _worth(together), 1.0
            ),
            "the divisor is s + k: here k is missing, so larger answers cost nothing.": lambda together, empty: (
                _best_of_sizes(
                    np.repeat((together @ (2 / np.arange(1, together.shape[1] + 1)))[:, None], len(together), axis=1),
                    empty,
                )
            ),
        },
        success="No other of the 2^K answers has a higher expected F1.",
    ),
    "the others' mean": Exercise(
        inputs=((_F1, _LOG_P), (_MORE_F1, _MORE_LOG_P)),
        right=lambda f1, log_p: float(-np.mean((f1 - _others(f1)) * log_p)),
        mistakes={
            "the sign is turned: a loss falls, and good draws have to become *likelier*.": lambda f1, log_p: float(
                np.mean((f1 - _others(f1)) * log_p)
            ),
            "the draw's own F1 is in its baseline: then that depends on the draw, and the gradient is too small. "
            "The mean of the *others*: take its own out of the sum, and divide by one less.": (
                lambda f1, log_p: float(-np.mean((f1 - f1.mean(axis=1, keepdims=True)) * log_p))
            ),
            "its own F1 is taken out of the sum, but the others are one less: divide by that.": lambda f1, log_p: float(
                -np.mean((f1 - (f1.sum(axis=1, keepdims=True) - f1) / f1.shape[1]) * log_p)
            ),
            "the baseline is the mean over the *examples*: some examples are easier than others, so it has to be that "
            "of the other draws for the same one (`axis=1`).": lambda f1, log_p: float(
                -np.mean((f1 - (f1.sum(axis=0, keepdims=True) - f1) / (len(f1) - 1)) * log_p)
            ),
            "the baseline is the mean over the *examples*, its own included: it has to be that of the other draws for "
            "the same one (`axis=1`).": lambda f1, log_p: float(-np.mean((f1 - f1.mean(axis=0)) * log_p)),
            "the sum over the draws makes the step grow with their number: the mean.": lambda f1, log_p: float(
                -np.mean(np.sum((f1 - _others(f1)) * log_p, axis=1))
            ),
            "there is no baseline, and the sign is turned: a loss falls, and good draws have to become *likelier*.": (
                lambda f1, log_p: float(np.mean(f1 * log_p))
            ),
            "divided by the spread the examples no longer count alike: the plain difference has the gradient of the "
            "expected F1.": lambda f1, log_p: float(
                -np.mean((f1 - f1.mean(axis=1, keepdims=True)) / f1.std(axis=1, keepdims=True) * log_p)
            ),
            "there is no baseline: right on average, but a gradient that varies much more.": lambda f1, log_p: float(
                -np.mean(f1 * log_p)
            ),
            "the baseline is added: it is taken off.": lambda f1, log_p: float(-np.mean((f1 + _others(f1)) * log_p)),
            "the mean over examples and draws is wanted, and not the sum.": lambda f1, log_p: float(
                -np.sum((f1 - _others(f1)) * log_p)
            ),
            "this is the mean advantage, which is 0: weigh the log-probabilities with it.": lambda f1, log_p: float(
                -np.mean(f1 - _others(f1))
            ),
            "the baseline is the mean of all draws of all examples: it has to be that of the other draws for the same "
            "one.": lambda f1, log_p: float(-np.mean((f1 - f1.mean()) * log_p)),
            "the probability is wanted as its logarithm: no `exp`.": lambda f1, log_p: float(
                -np.mean((f1 - _others(f1)) * np.exp(log_p))
            ),
        },
        success="The same gradient on average, with less noise.",
    ),
    "which decision": Question(
        "b",
        {
            "a": "thresholds tuned for micro-F1 give up whole sets for single labels: what counts here is that the "
            "whole set is right.",
            "b": "An invoice is booked as a whole: only a wholly right set is of use, so the most probable set.",
            "c": "the best set for F1 has more labels than the most probable one, as half-right sets pay in F1; here "
            "they do not.",
            "d": "each label at 0.5 is best for the single cells; the set that comes of it may be one that never "
            "occurs.",
        },
    ),
}
