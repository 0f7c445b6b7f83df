"""The exercises of lesson 06, a recurrent classifier."""

import numpy as np

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(6)
_WORD, _STATE = _GENERATOR.normal(size=3), _GENERATOR.normal(size=4)
_W, _U, _B = _GENERATOR.normal(size=(3, 4)), _GENERATOR.normal(size=(4, 4)), _GENERATOR.normal(size=4)
_GATES = _GENERATOR.uniform(0.1, 0.9, 5)
# As many texts as words and units: a mask along the wrong axis gives wrong numbers, and gets its own hint.
_STATES = _GENERATOR.normal(size=(2, 4, 4, 4))
_MASK = np.arange(4) < np.array([[4], [2], [3], [1]])


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _shares(z):
    shares = np.ones(1)
    for gate in z:
        shares = np.append(gate * shares, 1 - gate)
    return shares


def _masked_sum(states, mask):
    return np.sum(states * mask[:, :, None], axis=1)


def _words(mask):
    return mask.sum(axis=1, keepdims=True)


EXERCISES = {
    "vanilla step": Exercise(
        inputs=((_WORD, _STATE, _W, _U, _B), (-_WORD, np.zeros(4), _W, _U, _B)),
        right=lambda x, h, w, u, b: np.tanh(x @ w + h @ u + b),
        mistakes={
            "this step does not look at the state, so the network remembers nothing: add `h @ u`.": (
                lambda x, h, w, u, b: np.tanh(x @ w + b)
            ),
            "this step does not look at the word, so the network reads nothing: add `x @ w`.": (
                lambda x, h, w, u, b: np.tanh(h @ u + b)
            ),
            "tanh is missing: without it all steps together are one linear map, and the state may grow without end.": (
                lambda x, h, w, u, b: x @ w + h @ u + b
            ),
            "tanh and the bias are missing.": lambda x, h, w, u, b: x @ w + h @ u,
            "tanh is missing, and so is the state: add `h @ u`.": lambda x, h, w, u, b: x @ w + b,
            "tanh goes around the whole sum: one layer that sees word and state together.": (
                lambda x, h, w, u, b: np.tanh(x @ w) + np.tanh(h @ u) + b
            ),
            "tanh goes around the whole sum, the bias too.": lambda x, h, w, u, b: np.tanh(x @ w + h @ u) + b,
            "tanh goes around the whole sum, the part of the state too.": (
                lambda x, h, w, u, b: np.tanh(x @ w + b) + h @ u
            ),
            "tanh goes around the whole sum: here the state and the bias are outside.": (
                lambda x, h, w, u, b: np.tanh(x @ w) + h @ u + b
            ),
            "the bias `b` is missing.": lambda x, h, w, u, b: np.tanh(x @ w + h @ u),
            "row vectors, as in Keras: `h @ u`, not `u @ h`.": lambda x, h, w, u, b: np.tanh(x @ w + u @ h + b),
            "this is the sigmoid. The cell has tanh, from -1 to 1.": (
                lambda x, h, w, u, b: _sigmoid(x @ w + h @ u + b)
            ),
            "`*` multiplies entry by entry; a matrix product is `h @ u`.": (
                lambda x, h, w, u, b: np.tanh(x @ w + h * u + b)
            ),
        },
        success="One line, applied to word after word: that is the recurrent network.",
    ),
    "mix": Exercise(
        inputs=((_GATES,), (np.array([1.0, 0.5, 1.0]),), (np.array([0.25]),)),
        right=_shares,
        mistakes={
            "the other way round: for z = 1 the old state should stay as it is. (Some papers do define z so.)": (
                lambda z: _shares(1 - z)
            ),
            "the shares do not add up to 1: a proposal comes in with the share 1 - z.": lambda z: np.append(
                np.cumprod(z[::-1])[::-1], 1
            ),
            "each later step shrinks what is there already: multiply *all* shares so far by its gate.": (
                lambda z: np.append(np.prod(z), 1 - z)
            ),
            "a proposal is shrunk by the gates *after* it. Here it is shrunk by those before it.": (
                lambda z: np.append(np.prod(z), (1 - z) * np.append(1, np.cumprod(z)[:-1]))
            ),
            "a proposal is shrunk by the gates after it, not by its own: its share starts at 1 - z.": (
                lambda z: np.append(np.prod(z), (1 - z) * np.cumprod(z[::-1])[::-1])
            ),
            "the newest comes first here: begin with the share of h_0.": lambda z: _shares(z)[::-1],
            "the share of h_0 comes first; the shares themselves are right.": lambda z: np.roll(_shares(z), -1),
            "the share of h_0 comes first. And each later step shrinks what is there already: multiply *all* shares so "
            "far by its gate.": lambda z: np.append(1 - z, np.prod(z)),
            "the share of h_0 is missing: what is left of it after all the gates?": lambda z: _shares(z)[1:],
            "that is the share of h_0 alone. Each proposal has one too.": lambda z: np.prod(z),
            "h_0 passes *every* gate, not just the first: its share is the product of them all.": (
                lambda z: np.append(z[0], _shares(z)[1:])
            ),
            "this is one step, from the last gate: what was there before is a mixture itself.": (
                lambda z: np.array([z[-1], 1 - z[-1]])
            ),
        },
        success="They add up to 1. Where the gates are near 1, much of the first state is left, and of its gradient.",
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
            "the sum is right, but divided by the length of the longest text: divide by each text's own number of "
            "words.": lambda states, mask: _masked_sum(states, mask) / mask.shape[1],
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
