"""The exercises of lesson 06, a recurrent classifier."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_GENERATOR = np.random.default_rng(6)
_WORD, _STATE = _GENERATOR.normal(size=3), _GENERATOR.normal(size=4)
_W, _U, _B = _GENERATOR.normal(size=(3, 4)), _GENERATOR.normal(size=(4, 4)), _GENERATOR.normal(size=4)
_GATE, _PROPOSAL = _GENERATOR.random(4), _GENERATOR.normal(size=4)
_STATES = _GENERATOR.normal(size=(3, 5, 2))
_MASK = np.arange(5) < np.array([[5], [2], [3]])


def _masked_sum(states, mask):
    return np.sum(states * mask[:, :, None], axis=1)


EXERCISES = {
    "vanilla step": Exercise(
        inputs=((_WORD, _STATE, _W, _U, _B), (-_WORD, np.zeros(4), _W, _U, _B)),
        right=lambda x, h, w, u, b: np.tanh(x @ w + h @ u + b),
        mistakes={
            "this step does not look at the state, so the network remembers nothing: add `h @ u`.": (
                lambda x, h, w, u, b: np.tanh(x @ w + b)
            ),
            "tanh is missing: without it all steps together are one linear map, and the state may grow without end.": (
                lambda x, h, w, u, b: x @ w + h @ u + b
            ),
            "tanh goes around the whole sum: one layer that sees word and state together.": (
                lambda x, h, w, u, b: np.tanh(x @ w) + np.tanh(h @ u) + b
            ),
            "row vectors, as in Keras: `h @ u`, not `u @ h`.": lambda x, h, w, u, b: np.tanh(x @ w + u @ h + b),
        },
        success="One line, applied to word after word: that is the recurrent network.",
    ),
    "mix": Exercise(
        inputs=((_GATE, _STATE, _PROPOSAL), (np.ones(4), _STATE, _PROPOSAL)),
        right=lambda z, h, proposal: z * h + (1 - z) * proposal,
        mistakes={
            "the other way round: for z = 1 the old state should stay as it is. (Some papers do define z so.)": (
                lambda z, h, proposal: (1 - z) * h + z * proposal
            ),
            "the shares do not add up to 1: what is kept makes room for that much less of the proposal.": (
                lambda z, h, proposal: z * h + proposal
            ),
            "for z = 1 nothing may change: the proposal needs the share 1 - z.": (
                lambda z, h, proposal: h + (1 - z) * proposal
            ),
        },
        success="Where z is 1 the state is handed on untouched, and so is its gradient.",
    ),
    "masked mean": Exercise(
        inputs=((_STATES, _MASK), (_STATES[:1], _MASK[:1])),
        right=lambda states, mask: _masked_sum(states, mask) / mask.sum(axis=1, keepdims=True),
        mistakes={
            "here padding counts like words: multiply by the mask before you add up.": (
                lambda states, mask: states.mean(axis=1)
            ),
            "the sum is right, but divided by the length of the longest text: divide by each text's own number of "
            "words.": lambda states, mask: _masked_sum(states, mask) / mask.shape[1],
            "divided by one number for the whole batch: each text has its own length (`axis=1`).": (
                lambda states, mask: _masked_sum(states, mask) / mask.sum()
            ),
            "this is the sum. Divide by the number of words.": _masked_sum,
        },
        success="A text means the same in every batch.",
    ),
}
