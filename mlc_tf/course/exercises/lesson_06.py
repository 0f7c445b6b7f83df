"""The exercises of lesson 06, a recurrent classifier."""

import operator

import numpy as np
from scipy.special import expit

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(6)
# Two texts, words of 3 numbers, states of 4. `b` has two rows as well: whoever adds all of it gets its own hint.
_WORDS, _BEFORE = _GENERATOR.normal(size=(2, 3)), _GENERATOR.normal(size=(2, 4))
_W, _U, _B = _GENERATOR.normal(size=(3, 12)), _GENERATOR.normal(size=(4, 12)), _GENERATOR.normal(size=(2, 12))
# As many texts as words and units: a mask along the wrong axis gives wrong numbers, and gets its own hint.
_STATES = _GENERATOR.normal(size=(2, 4, 4, 4))
_MASK = np.arange(4) < np.array([[4], [2], [3], [1]])
_RAGGED = [0.30, 0.20, 0.22, 0.21, 0.19, 0.25, 0.26, 0.27, 0.10]
_ONCE_UP = [0.5, 0.3, 0.4, 0.38, 0.36, 0.34, 0.32, 0.31]
_LEVEL = [0.3, 0.2, 0.2, 0.2, 0.2]


def _gru(
    parts="zrn",
    gate=expit,
    squash=np.tanh,
    bias=lambda b: b,
    proposal=lambda word, r, h, u, b: word + r * (h @ u + b),
    mixed=lambda z, h, new: z * h + (1 - z) * new,
):
    """A GRU's step, whose weights hold the `parts` for z, r and the new in this order; right unless told otherwise."""

    def step(x, h, w, u, b):
        of_word, of_state = bias(b)
        word, u, b = (dict(zip(parts, np.split(a, 3, axis=-1), strict=True)) for a in (x @ w + of_word, u, of_state))
        z, r = (gate(word[name] + h @ u[name] + b[name]) for name in "zr")
        return mixed(z, h, squash(proposal(word["n"], r, h, u["n"], b["n"])))

    return step


def _stop(losses, patience, is_better=operator.lt):
    """The last epoch and the best one, counted from 1."""
    best = epoch = 0
    for epoch, value in enumerate(losses):
        if is_better(value, losses[best]):
            best = epoch
        elif epoch - best >= patience:
            break
    return epoch + 1, best + 1


def _stop_after_any(losses, patience):
    best = epoch = waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
            if waited == patience:
                break
    return epoch + 1, best + 1


def _stop_after_rises(losses, patience):
    """Counts epochs that are worse than the one before, in a row."""
    waited = epoch = 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if waited == patience:
            break
    return epoch + 1, int(np.argmin(losses[: epoch + 1])) + 1


def _stop_from_loss_1(losses, patience):
    """Takes `best = 1`, meant as an epoch, for the lowest loss so far."""
    last, best = _stop([1.0, *losses], patience)
    return last - 1, max(best - 1, 1)


def _stop_by_distance(losses, patience):
    """Compares with the loss of `patience` epochs ago."""
    epoch = next((epoch for epoch in range(patience, len(losses)) if losses[epoch] >= losses[epoch - patience]), None)
    epoch = len(losses) - 1 if epoch is None else epoch
    return epoch + 1, int(np.argmin(losses[: epoch + 1])) + 1


def _masked_sum(states, mask):
    return np.sum(states * mask[:, :, None], axis=1)


def _words(mask):
    return mask.sum(axis=1, keepdims=True)


EXERCISES = {
    "GRU step": Exercise(
        inputs=((_WORDS, _BEFORE, _W, _U, _B), (-_WORDS, np.zeros((2, 4)), _W, _U, _B)),
        right=_gru(),
        mistakes={
            "the order of the parts: they are for z, r and the proposal. Here r has z's weights, and z has r's. "
            "(PyTorch lays r first.)": _gru("rzn"),
            "the order of the parts: they are for z, r and the proposal; here the proposal comes first.": _gru("nzr"),
            "z and 1 - z are exchanged: where z = 1 the old state stays as it is. (Some papers do define z so.)": (
                _gru(mixed=lambda z, h, new: (1 - z) * h + z * new)
            ),
            "two things: the parts are for z, r and the proposal, in this order; where z = 1 the old state stays.": (
                _gru("rzn", mixed=lambda z, h, new: (1 - z) * h + z * new)
            ),
            "this resets the state *before* the matrix, as in the paper. Keras multiplies first: r times the "
            "proposal's part of `h @ u + b[1]`.": _gru(proposal=lambda word, r, h, u, b: word + (r * h) @ u + b),
            "this resets the state before the matrix and has one bias, as in the paper. Keras multiplies first: r "
            "times the proposal's part of `h @ u + b[1]`.": _gru(proposal=lambda word, r, h, u, b: word + (r * h) @ u),
            "the state goes through `u` before it is added: r times the proposal's part of `h @ u + b[1]`.": (
                _gru(proposal=lambda word, r, h, u, b: word + r * h)
            ),
            "`b` has two rows, one for the word, one for the state: take `b[0]` and `b[1]`.": _gru(
                bias=lambda b: (b, b)
            ),
            "`b` has two rows, and here both go to the word: `b[0]` is for the word, `b[1]` for the state.": (
                _gru(bias=lambda b: (b, 0 * b))
            ),
            "r resets what comes from the state, its bias too: here the bias `b[1]` is outside.": (
                _gru(proposal=lambda word, r, h, u, b: word + r * (h @ u) + b)
            ),
            "r is not used: the proposal sees all of the old state.": (
                _gru(proposal=lambda word, r, h, u, b: word + h @ u + b)
            ),
            "r resets the word as well. It goes to the part that comes from the state, and to nothing else.": (
                _gru(proposal=lambda word, r, h, u, b: r * (word + h @ u + b))
            ),
            "r is turned round: where r = 1 the proposal sees all of the old state.": (
                _gru(proposal=lambda word, r, h, u, b: word + (1 - r) * (h @ u + b))
            ),
            "the proposal does not look at the state: r decides how much of it it may see.": (
                _gru(proposal=lambda word, r, h, u, b: word)
            ),
            "tanh is missing: the proposal has to lie between -1 and 1, or the state may grow without end.": (
                _gru(squash=lambda x: x)
            ),
            "the proposal has tanh, from -1 to 1; the sigmoid is for the gates.": _gru(squash=expit),
            "gates are numbers from 0 to 1: they have the sigmoid, not tanh.": _gru(gate=np.tanh),
            "gates are numbers from 0 to 1: the sigmoid is missing.": _gru(gate=lambda x: x),
            "one bias is missing: `b[1]`, of the product with the state.": _gru(bias=lambda b: (b[0], 0 * b[1])),
            "one bias is missing: `b[0]`, of the product with the word.": _gru(bias=lambda b: (0 * b[0], b[1])),
            "both biases are missing.": _gru(bias=lambda b: 0 * b),
            "the bias of the proposal's part from the state is missing: `b[1]` has three parts too.": (
                _gru(proposal=lambda word, r, h, u, b: word + r * (h @ u))
            ),
            "this is the proposal alone. The new state mixes it with the old one: z of the old, 1 - z of the new.": (
                _gru(mixed=lambda z, h, new: new)
            ),
            "the shares do not add up to 1: a proposal comes in with 1 - z.": (
                _gru(mixed=lambda z, h, new: z * h + new)
            ),
        },
        success="Two gates, a proposal, a mixture. The next cells hold it against Keras' layer.",
    ),
    "masked mean": Exercise(
        inputs=((_STATES[0], _MASK), (_STATES[1], _MASK[::-1])),
        right=lambda states, mask: _masked_sum(states, mask) / _words(mask),
        mistakes={
            "here padding counts like words: multiply by the mask before you add up.": (
                lambda states, mask: states.mean(axis=1)
            ),
            "padding is added up with the words: multiply by the mask first. The division is right.": (
                lambda states, mask: states.sum(axis=1) / _words(mask)
            ),
            "the sum is right, but divided by the length of the longest text, or by the number of texts (here both are "
            "4): divide by each text's own number of words.": lambda states, mask: (
                _masked_sum(states, mask) / mask.shape[1]
            ),
            "divided by one number for the whole batch: each text has its own length (`axis=1`).": (
                lambda states, mask: _masked_sum(states, mask) / mask.sum()
            ),
            "this is the sum. Divide by the number of words.": _masked_sum,
            "the sum is right. But `mask.sum(axis=1)` divides the columns, the units: a row is a text, so keep the "
            "axis (`keepdims=True`).": lambda states, mask: _masked_sum(states, mask) / mask.sum(axis=1),
            "divide by the words of each text: this counts along the other axis of the mask.": lambda states, mask: (
                _masked_sum(states, mask) / mask.sum(axis=0)[:, None]
            ),
            "`states * mask` lays the mask over words and *units*: give it a last axis of length 1, "
            "`mask[:, :, None]`.": lambda states, mask: np.sum(states * mask, axis=1) / _words(mask),
            "two things: the mask needs a last axis, `mask[:, :, None]`, and the number of words a row for each text, "
            "`keepdims=True`.": lambda states, mask: np.sum(states * mask, axis=1) / mask.sum(axis=1),
            "`mask[:, None]` lays the mask over the *units*: it has to lie over the words, `mask[:, :, None]`.": (
                lambda states, mask: np.sum(states * mask[:, None], axis=1) / _words(mask)
            ),
            "this adds up over the texts (axis 0): the words are axis 1.": lambda states, mask: (
                np.sum(states * mask[:, :, None], axis=0) / _words(mask)
            ),
            "this adds up over the units (axis 2): the words are axis 1.": lambda states, mask: (
                np.sum(states * mask[:, :, None], axis=2) / _words(mask)
            ),
            "this is one mean for all the texts together: each text has its own.": (
                lambda states, mask: states[mask].mean(axis=0)
            ),
            "this is one number: each text has a mean for each unit. Add up over the words only (`axis=1`).": (
                lambda states, mask: states[mask].mean()
            ),
            "this is the largest value, another good pooling. Here the mean is asked for.": lambda states, mask: np.max(
                np.where(mask[:, :, None], states, -np.inf), axis=1
            ),
            "this is the mean of the *padding* and what is no word: True stands for a word.": lambda states, mask: (
                np.sum(states * ~mask[:, :, None], axis=1) / _words(mask)
            ),
        },
        success="A text means the same in every batch.",
    ),
    "early stopping": Exercise(
        # The last begins above 1, goes up and down, and ends after its best epoch without being stopped.
        inputs=(
            (_RAGGED, 3),
            (_ONCE_UP, 2),
            (_LEVEL, 2),
            ([0.5, 0.4, 0.3], 2),
            (_RAGGED, 1),
            ([2.0, 2.4, 1.6, 1.8, 1.2, 1.3], 2),
            ([0.5], 1),
        ),
        right=_stop,
        mistakes={
            "epochs are counted from 1 here, and Python counts from 0.": (
                lambda losses, patience: tuple(epoch - 1 for epoch in _stop(losses, patience))
            ),
            "the best epoch is counted from 0 here; count both from 1.": (
                lambda losses, patience: (_stop(losses, patience)[0], _stop(losses, patience)[1] - 1)
            ),
            "the last epoch is counted from 0 here; count both from 1.": (
                lambda losses, patience: (_stop(losses, patience)[0] - 1, _stop(losses, patience)[1])
            ),
            "these are losses: epochs are asked for, counted from 1.": (
                lambda losses, patience: tuple(losses[epoch - 1] for epoch in _stop(losses, patience))
            ),
            "these are losses, and of all epochs: two epochs are asked for, and none after the stop counts.": (
                lambda losses, patience: (losses[-1], min(losses))
            ),
            "two results, first the last epoch that is trained, then the one whose weights are kept.": (
                lambda losses, patience: _stop(losses, patience)[::-1]
            ),
            "one epoch too many: stop when `patience` epochs in a row have brought nothing, not after one more.": (
                lambda losses, patience: _stop(losses, patience + 1)
            ),
            "one epoch too few: stop when `patience` epochs in a row have brought nothing, not one less.": (
                lambda losses, patience: _stop(losses, patience - 1)
            ),
            "this looks into the future: when training stops, the losses of later epochs do not exist.": (
                lambda losses, patience: (_stop(losses, patience)[0], int(np.argmin(losses)) + 1)
            ),
            "this never stops: it looks for the best of all epochs.": (
                lambda losses, patience: (len(losses), int(np.argmin(losses)) + 1)
            ),
            "the weights that are kept are those of the best epoch, not of the last one.": (
                lambda losses, patience: (_stop(losses, patience)[0],) * 2
            ),
            "compare with the *best* loss so far: one epoch up, then slowly down again, is not better than before.": (
                _stop_after_rises
            ),
            "as good as the best is not better: a loss that stays level is a reason to stop.": (
                lambda losses, patience: _stop(losses, patience, operator.le)
            ),
            "`patience` counts epochs *in a row*: a new best one sets the count back to 0.": _stop_after_any,
            "a training that is never stopped ends after its last epoch: there is none `patience` after the best.": (
                lambda losses, patience: (_stop(losses, patience)[1] + patience, _stop(losses, patience)[1])
            ),
            "a training that is never stopped keeps its best epoch too, and that need not be the last one.": (
                lambda losses, patience: (
                    _stop(losses, patience)
                    if _stop(losses, patience)[0] - _stop(losses, patience)[1] == patience
                    else (len(losses),) * 2
                )
            ),
            "the best loss so far is at first that of the first epoch, not 1: a loss may be above 1.": (
                _stop_from_loss_1
            ),
            "compare with the *best* loss so far, not with that of `patience` epochs ago.": _stop_by_distance,
            "the best epoch lies `patience` before the last where training stops early. And where it does not?": (
                lambda losses, patience: (_stop(losses, patience)[0], _stop(losses, patience)[0] - patience)
            ),
        },
        success="It needs no look at later epochs, so it can decide while the training runs.",
    ),
    "first sentence": Question(
        right="c",
        answers={
            "a": "that is for gradients that explode. Here what comes back to the first words is too *short*.",
            "b": "the steps for the last words grow as much, and these already drown the first ones.",
            "c": "It hands the state on nearly unchanged, so the gradient finds its way back over 190 words.",
            "d": "ten times next to nothing is next to nothing.",
        },
    ),
    "padding in use": Question(
        right="b",
        answers={
            "a": "to this network 0 is a token like any other: it has a vector, and each one changes the state.",
            "b": "Zeros that it has never met wash the text out of its state. Validate with what comes in use, and it "
            "shows.",
            "c": "a recurrent network takes a text of any length, so nothing complains.",
        },
    ),
}
