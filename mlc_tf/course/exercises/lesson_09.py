"""The exercises of lesson 09, pictures and words, and learning once."""

import keras
import numpy as np
from keras import ops

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(9)

# P(what is seen, label set): of equally frequent rows, of rows that are not, and any.
_EVEN = np.array([[0.30, 0.20, 0.00], [0.10, 0.10, 0.30]])
_UNEVEN = np.array([[0.05, 0.02, 0.00, 0.01], [0.20, 0.25, 0.17, 0.10], [0.02, 0.00, 0.16, 0.02]])
_ANY = _GENERATOR.dirichlet(np.ones(15)).reshape(5, 3)

_PICTURE = np.array([[0.97, 0.05, 0.40], [0.10, 0.60, 0.20]])
_SENTENCE = np.array([[0.10, 0.99, 0.15], [0.08, 0.30, 0.90]])
_PRIOR = np.array([0.14, 0.20, 0.35])
_VOTES = tuple(_GENERATOR.uniform(0.02, 0.98, shape) for shape in ((4, 5), (4, 5), (5,)))


def _logit(p):
    return np.log(p / (1 - p))


def _expit(logits):
    return 1 / (1 + np.exp(-logits))


def _of_odds(odds):
    return odds / (1 + odds)


# As many scenes as places as numbers at each, so that no wrong axis raises.
_CUBES = [
    (_GENERATOR.normal(size=(n, n, n)).astype(np.float32), 2 * _GENERATOR.normal(size=(n, n)).astype(np.float32))
    for n in (3, 4)
]


def _as_a_layer(answer):
    """Whether the answer can stand between layers of a network, too."""
    try:
        found = answer(keras.KerasTensor((None, 4, 6)), keras.KerasTensor((None, 4)))
    except Exception:  # whatever a learner's code raises
        found = None
    if isinstance(found, keras.KerasTensor):
        return None
    return (
        "right for arrays, but it is to stand between the layers of a network, whose numbers are not known yet, nor "
        "how many scenes a batch has: `keras.ops.sigmoid`, no function of NumPy, SciPy or TensorFlow, and no loop."
    )


_CHANCE = np.array([0.05, 0.25, 0.95, 0.15, 0.60, 0.35])
_SHADES = _GENERATOR.integers(1, 255, (6, 2, 2, 3)).astype(np.uint8)
_TOKENS = _GENERATOR.integers(2, 30, (6, 5))


def _without(pictures, tokens, without_picture, without_text):
    pictures, tokens = pictures.copy(), tokens.copy()
    pictures[without_picture], tokens[without_text] = 0, 0
    return pictures, tokens


def _lose(pictures, tokens, chance, share, training):
    if not training:
        return pictures, tokens
    return _without(pictures, tokens, chance < share, (share <= chance) & (chance < 2 * share))


def _in_training(change):
    """The mistake of an answer that leaves all as it is after the training."""
    return lambda pictures, tokens, chance, share, training: (
        change(pictures, tokens, chance, share) if training else (pictures, tokens)
    )


def _writes_into_its_arguments(answer):
    pictures, tokens = _SHADES.copy(), _TOKENS.copy()
    answer(pictures, tokens, _CHANCE, 0.2, True)
    if (pictures == _SHADES).all() and (tokens == _TOKENS).all():
        return None
    return (
        "what comes out is right, but what was given is changed, too: lost for all epochs to come. Write into copies "
        "(`pictures.copy()`), or multiply."
    )


# Small ones, which a hint can write out, and numbers of words that are rows in both, turned round or not.
_FEW_WORDS, _FEW = ["", "[UNK]", "lamp", "tin", "bag"], _GENERATOR.normal(size=(5, 2))
_MORE_WORDS, _MORE = ["", "[UNK]", "cup", "lamp", "tin", "pan"], _GENERATOR.normal(size=(6, 2))
_WORDS = ["", "[UNK]", "the", "red", "bag", "box"]
_VECTORS = _GENERATOR.normal(size=(6, 3))
_SOURCE_WORDS = ["", "[UNK]", "and", "the", "box", "red", "lamp"]
_SOURCE = _GENERATOR.normal(size=(7, 3))


def _carried(vectors, words, source, source_words, otherwise=lambda vector: vector):
    number = {word: at for at, word in enumerate(source_words)}
    return np.array(
        [
            source[number[word]] if word in number else otherwise(vector)
            for word, vector in zip(words, vectors, strict=True)
        ]
    )


def _by_number(vectors, words, source, source_words):
    found, shared = vectors.copy(), min(len(vectors), len(source))
    found[:shared] = source[:shared]
    return found


def _turned_round(vectors, words, source, source_words):
    """The two numbers of each word that both know have changed places."""
    found = vectors.copy()
    for word in set(words) & set(source_words):
        found[source_words.index(word)] = source[words.index(word)]
    return found


def _but_for(*passed_over):
    """Some words of both do not go along: their vectors stay as they are."""
    return lambda vectors, words, source, source_words: _carried(
        vectors, words, source, [None if word in passed_over else word for word in source_words]
    )


EXERCISES = {
    "the best score of one": Exercise(
        inputs=((_EVEN,), (_UNEVEN,), (_ANY,)),
        right=lambda table: float(table.max(axis=1).sum()),
        mistakes={
            "this is the best of one answer for all: who sees something may answer differently for each thing seen.": (
                lambda table: float(table.sum(axis=0).max())
            ),
            "not all that can be seen is equally frequent: the sum of the largest P(t, y), not the mean of the largest "
            "P(y | t).": lambda table: float((table / table.sum(axis=1, keepdims=True)).max(axis=1).mean()),
            "this adds up the P(y | t), each as if it were certain that t is seen: take P(t, y).": lambda table: float(
                (table / table.sum(axis=1, keepdims=True)).max(axis=1).sum()
            ),
            "this picks for each label set what is seen with it most: the other way round. Pick for each row, which is "
            "what is seen, its best label set.": lambda table: float(table.max(axis=0).sum()),
            "this answers by drawing from P(y | t): the likeliest answer, always, is better.": lambda table: float(
                (table**2 / table.sum(axis=1, keepdims=True)).sum()
            ),
            "this is right for one thing seen, and gives up on all others: add up over the rows.": lambda table: float(
                table.max()
            ),
            "the probabilities of the whole table add up to 1 already: take the sum over the rows, not their mean.": (
                lambda table: float(table.max(axis=1).mean())
            ),
            "this is one number for each thing seen: add them up.": lambda table: table.max(axis=1),
            "argmax says *which* set is best, not how probable it is: take `max`.": lambda table: table.argmax(axis=1),
            "argmax says *which* set is best, not how probable it is: take the sum of `max`.": lambda table: float(
                table.argmax(axis=1).sum()
            ),
            "these are the largest P(y | t), one for each thing seen: the sum of the largest P(t, y) is wanted.": (
                lambda table: (table / table.sum(axis=1, keepdims=True)).max(axis=1)
            ),
            "this is how often the most frequent thing is seen: what is the best answer worth, to each of them?": (
                lambda table: float(table.sum(axis=1).max())
            ),
            "this is how often the best answer is *wrong*.": lambda table: float(1 - table.max(axis=1).sum()),
            "here what is seen counts twice: P(t, y) has P(t) in it already.": lambda table: float(
                (table.max(axis=1) * table.sum(axis=1)).sum()
            ),
        },
        success="No network that sees no more than this can do better, except by chance.",
    ),
    "two votes": Exercise(
        inputs=((_PICTURE, _SENTENCE, _PRIOR), _VOTES),
        right=lambda one, other, prior: _expit(_logit(one) + _logit(other) - _logit(prior)),
        mistakes={
            "the mean is pulled back by whoever knows nothing: who is sure is sure no longer. Add log-odds.": (
                lambda one, other, prior: (one + other) / 2
            ),
            "the frequency of the label is counted twice, as each of the two probabilities knows it already: take its "
            "log-odds off once.": lambda one, other, prior: _expit(_logit(one) + _logit(other)),
            "the log-odds of the label's frequency are added: each of the two has them already, so take them off "
            "once.": lambda one, other, prior: _expit(_logit(one) + _logit(other) + _logit(prior)),
            "this takes the label's frequency off twice: then nobody has it.": lambda one, other, prior: _expit(
                _logit(one) + _logit(other) - 2 * _logit(prior)
            ),
            "this is the mean of the log-odds: two findings that agree make each other surer, so take their sum, and "
            "the label's frequency off.": lambda one, other, prior: _expit((_logit(one) + _logit(other)) / 2),
            "these are log-odds: a probability is wanted, so take their sigmoid.": lambda one, other, prior: (
                _logit(one) + _logit(other) - _logit(prior)
            ),
            "p p' / P(label) is no probability, it may be above 1: the same is to be done with 1 - p, and the two made "
            "to add up to 1. With odds, p / (1 - p), it is one line.": lambda one, other, prior: one * other / prior,
            "the product of two probabilities is smaller than either: two that agree should make each other surer.": (
                lambda one, other, prior: one * other
            ),
            "these are odds: back to a probability by o / (1 + o).": lambda one, other, prior: np.exp(
                _logit(one) + _logit(other) - _logit(prior)
            ),
            "these are odds, and with the prior twice: take its odds off once, then o / (1 + o).": (
                lambda one, other, prior: np.exp(_logit(one) + _logit(other))
            ),
            "the odds of the prior want brackets: `a / prior / (1 - prior)` divides by both.": (
                lambda one, other, prior: _of_odds(np.exp(_logit(one) + _logit(other)) / prior / (1 - prior))
            ),
            "this divides by the prior, not by its odds, prior / (1 - prior).": lambda one, other, prior: _of_odds(
                np.exp(_logit(one) + _logit(other)) / prior
            ),
            "1 / (1 + o) is the probability that the label is absent.": lambda one, other, prior: (
                1 - _expit(_logit(one) + _logit(other) - _logit(prior))
            ),
            "these are log-odds, and with the prior twice: take its log-odds off once, then the sigmoid.": (
                lambda one, other, prior: _logit(one) + _logit(other)
            ),
            "these are decisions: a probability is wanted.": lambda one, other, prior: (
                _logit(one) + _logit(other) - _logit(prior) > 0
            ).astype(float),
            "this is the probability that at least one of two independent causes is there: here two say something of "
            "*one* thing.": lambda one, other, prior: 1 - (1 - one) * (1 - other),
            "p p' / P(label) may be above 1, and to cut it off is no remedy: do the same with 1 - p, and make the two "
            "add up to 1; or take odds.": lambda one, other, prior: np.clip(one * other / prior, 0, 1),
            "the surer of the two for *present*: then nothing can speak against a label.": lambda one, other, prior: (
                np.maximum(one, other)
            ),
        },
        success="Who knows nothing of a label says how frequent it is, and changes nothing.",
    ),
    "what no sum can say": Question(
        right="d",
        answers={
            "a": "a sum can: let each vote +2 for yes and -1 for no; two noes make -2, anything else is positive. Look "
            "for a rule in which the same vote has to help here and hurt there.",
            "b": "a sum can: let each vote +1 for yes and -2 for no; only two yeses are positive. Look for a rule in "
            "which the same vote has to help here and hurt there.",
            "c": "a sum can: whatever the picture says, a strong vote of the sentence outvotes it. Look for a rule in "
            "which the same vote has to help here and hurt there.",
            "d": "Call the votes v, v' of the picture and s, s' of the sentence: v + s and v' + s' have to be "
            "positive, v + s' and v' + s negative. But both pairs have the same sum. And it is our rule, turned round: "
            "a digit counts unless the place where it stands and the place that is left out are the same.",
        },
    ),
    "a gate": Exercise(
        inputs=tuple(_CUBES),
        right=lambda places, logits: ops.expand_dims(ops.sigmoid(logits), -1) * places,
        mistakes={
            "with a softmax the places compete: where all four count each gets a quarter, and no sentence can open "
            "all. A sigmoid opens each by itself.": lambda places, logits: (
                ops.expand_dims(ops.softmax(logits, axis=-1), -1) * places
            ),
            "the sigmoid is missing: a logit of -2 would turn a place round instead of closing it.": (
                lambda places, logits: ops.expand_dims(logits, -1) * places
            ),
            "this adds the gate instead of multiplying with it: a place that is closed stays as it is.": (
                lambda places, logits: ops.expand_dims(ops.sigmoid(logits), -1) + places
            ),
            "the places are added up: it is lost what was found where. Keep them apart, (batch, M, size).": (
                lambda places, logits: ops.sum(ops.expand_dims(ops.sigmoid(logits), -1) * places, axis=1)
            ),
            "this opens or closes altogether: such a step has no slope, so nothing would be learnt.": (
                lambda places, logits: (
                    ops.expand_dims(ops.cast(ops.convert_to_tensor(logits) > 0, "float32"), -1) * places
                )
            ),
            "the gate is turned round: a large logit opens.": lambda places, logits: (
                ops.expand_dims(1 - ops.sigmoid(logits), -1) * places
            ),
            "each scene has gates of its own: an axis is missing, `[:, :, None]`, so that a gate goes with all "
            "numbers of its place.": lambda places, logits: ops.sigmoid(logits) * places,
            "this gate goes with one of the *numbers* at all places: it stands on the last axis. `[:, :, None]` puts "
            "it on that of the places.": lambda places, logits: ops.expand_dims(ops.sigmoid(logits), 1) * places,
            "these are the gates: multiply the places with them.": lambda places, logits: ops.sigmoid(logits),
            "these are the gates: multiply them with the places.": lambda places, logits: ops.expand_dims(
                ops.sigmoid(logits), -1
            ),
            "here the scenes of a batch compete with each other: a softmax over axis 0. A sigmoid opens each place by "
            "itself.": lambda places, logits: ops.expand_dims(ops.softmax(logits, axis=0), -1) * places,
            "tanh goes from -1 to 1, and would turn a place round: a share is from 0 to 1.": lambda places, logits: (
                ops.expand_dims(ops.tanh(logits), -1) * places
            ),
            "relu has no upper end: a share is from 0 to 1.": lambda places, logits: (
                ops.expand_dims(ops.relu(logits), -1) * places
            ),
            "the sigmoid belongs around the logits alone: here it changes what is found at the places, too.": (
                lambda places, logits: ops.sigmoid(ops.expand_dims(logits, -1) * places)
            ),
        },
        success="A place with a logit of -10 might as well not be there; with 10 it passes as it is.",
        flaw=_as_a_layer,
    ),
    "lost on purpose": Exercise(
        inputs=(
            (_SHADES, _TOKENS, _CHANCE, 0.2, True),
            (_SHADES, _TOKENS, _CHANCE, 0.3, True),
            (_SHADES, _TOKENS, _CHANCE, 0.3, False),
        ),
        right=_lose,
        mistakes={
            "the picture and the text of the same scene are lost: nothing is left to answer from. The text goes where "
            "share <= chance < 2 share.": _in_training(
                lambda pictures, tokens, chance, share: _without(pictures, tokens, chance < share, chance < share)
            ),
            "some scenes lose both: the text goes where share <= chance < 2 share.": (
                _in_training(
                    lambda pictures, tokens, chance, share: _without(
                        pictures, tokens, chance < share, chance < 2 * share
                    )
                )
            ),
            "it is active after the training, too: then a part of what is there is thrown away at every answer.": (
                lambda pictures, tokens, chance, share, training: _lose(pictures, tokens, chance, share, True)
            ),
            "it is active after the training, and not in it: `training` is turned round.": (
                lambda pictures, tokens, chance, share, training: _lose(pictures, tokens, chance, share, not training)
            ),
            "what is kept is made larger, as dropout does with the entries of a vector: here a picture is whole or "
            "gone, and one that is whole looks as it always does.": _in_training(
                lambda pictures, tokens, chance, share: tuple(
                    part / (1 - share) for part in _lose(pictures, tokens, chance, share, True)
                )
            ),
            "the pictures that are kept are made larger, as dropout does with the entries of a vector: here a picture "
            "is whole or gone, and one that is whole looks as it always does.": _in_training(
                lambda pictures, tokens, chance, share: (
                    _lose(pictures, tokens, chance, share, True)[0] / (1 - share),
                    _lose(pictures, tokens, chance, share, True)[1],
                )
            ),
            "nothing is lost in the training.": lambda pictures, tokens, chance, share, training: (pictures, tokens),
            "the picture stays in every scene: it is lost as often as the text.": _in_training(
                lambda pictures, tokens, chance, share: _without(
                    pictures, tokens, chance < 0, (share <= chance) & (chance < 2 * share)
                )
            ),
            "the two are turned round: here *only* those that should be lost are kept.": _in_training(
                lambda pictures, tokens, chance, share: _without(
                    pictures, tokens, chance >= share, (chance < share) | (chance >= 2 * share)
                )
            ),
            "the text goes in the scenes with the largest chance: as often, but not where it is asked for, which is "
            "share <= chance < 2 share.": _in_training(
                lambda pictures, tokens, chance, share: _without(pictures, tokens, chance < share, chance >= 1 - share)
            ),
            "the text goes where chance >= 2 share: it should go where share <= chance < 2 share.": _in_training(
                lambda pictures, tokens, chance, share: _without(pictures, tokens, chance < share, chance >= 2 * share)
            ),
            "scenes are thrown away here, and pictures and texts no longer belong together: all stay, and what is lost "
            "becomes 0.": _in_training(
                lambda pictures, tokens, chance, share: (
                    pictures[chance >= share],
                    tokens[(chance < share) | (chance >= 2 * share)],
                )
            ),
            "pictures first, then tokens.": lambda pictures, tokens, chance, share, training: _lose(
                pictures, tokens, chance, share, training
            )[::-1],
            "the text stays in every scene: it is lost as often as the picture.": (
                _in_training(
                    lambda pictures, tokens, chance, share: _without(pictures, tokens, chance < share, chance < 0)
                )
            ),
            "all scenes that keep their picture lose the text: only those with share <= chance < 2 share do.": (
                _in_training(
                    lambda pictures, tokens, chance, share: _without(pictures, tokens, chance < share, chance >= share)
                )
            ),
            "picture and text have changed places: the picture goes where chance < share.": (
                lambda pictures, tokens, chance, share, training: (
                    _without(pictures, tokens, (share <= chance) & (chance < 2 * share), chance < share)
                    if training
                    else (pictures, tokens)
                )
            ),
        },
        success="So each scene teaches how to answer from what is left.",
        flaw=_writes_into_its_arguments,
    ),
    "a word's vector goes along": Exercise(
        inputs=(
            (_FEW, _FEW_WORDS, _MORE, _MORE_WORDS),
            (_VECTORS, _WORDS, _SOURCE, _SOURCE_WORDS),
        ),
        right=_carried,
        mistakes={
            "this goes by the number, and in the other vocabulary a number is another word: row 3 of the one is not "
            "row 3 of the other.": _by_number,
            "this is the source's table: its numbers are those of another vocabulary.": (
                lambda vectors, words, source, source_words: source
            ),
            "words that the source does not know are set to 0: keep the vectors that they have.": (
                lambda vectors, words, source, source_words: _carried(
                    vectors, words, source, source_words, np.zeros_like
                )
            ),
            "words that the source does not know get the vector of its unknown word: all of them the same one. Keep "
            "the vectors that they have.": lambda vectors, words, source, source_words: _carried(
                vectors, words, source, source_words, lambda vector: source[1]
            ),
            "the two numbers of a word have changed places: row `words.index(word)` of yours gets row "
            "`source_words.index(word)` of the source.": _turned_round,
            "nothing went along: where both know a word, the source's vector is wanted.": (
                lambda vectors, words, source, source_words: vectors
            ),
            "this is the source's table with your vectors in it: the other way round. One row for each of *your* "
            "words, in their order.": lambda vectors, words, source, source_words: _carried(
                source, source_words, vectors, words
            ),
            "only the words of both are left: one row for each of *your* words, in their order, and those that only "
            "you know keep theirs.": lambda vectors, words, source, source_words: np.array(
                [source[source_words.index(word)] for word in words if word in source_words]
            ),
            "words that only the source knows are no rows of yours: one row for each of *your* words, in their "
            "order.": (
                lambda vectors, words, source, source_words: np.array(
                    [
                        *_carried(vectors, words, source, source_words),
                        *(source[at] for at, word in enumerate(source_words) if word not in words),
                    ]
                )
            ),
            'padding "" and the unknown word "[UNK]" stand in both lists: they go along, too.': _but_for("", "[UNK]"),
            'padding "" does not go along here: its number is 0, and 0 counts as False. Ask whether the word is in '
            "the source's list.": _but_for(""),
            'the unknown word "[UNK]" stands in both lists: it goes along, too.': _but_for("[UNK]"),
            "words that the source does not know get its last vector: row -1 is the last one. Keep the vectors that "
            "they have.": lambda vectors, words, source, source_words: _carried(
                vectors, words, source, source_words, lambda vector: source[-1]
            ),
            "words that the source does not know get the vector of padding: all of them the same one. Keep the vectors "
            "that they have.": lambda vectors, words, source, source_words: _carried(
                vectors, words, source, source_words, lambda vector: source[0]
            ),
        },
        success="The recurrent weights go along as they are: they know vectors, not numbers of words.",
    ),
    "rests, then learns": Question(
        right="c",
        answers={
            "a": "what `trainable` says is read when the first step is made, once after each `compile`: the second "
            "`fit` goes on with the encoder at rest, and nothing says so.",
            "b": "an optimizer knows the weights that it was built with: it has no averages for those of the encoder, "
            "and Keras stops with an error. Take a new one for each stage.",
            "c": "After a `compile` the first step reads what `trainable` says anew, and a new optimizer gets to know "
            "all weights.",
            "d": "what `trainable` says is read when the first step is made, once after each `compile`: the encoder "
            "rests in the first `fit`, and in the second, too.",
        },
    ),
}
