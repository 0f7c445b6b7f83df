"""A recurrent network that reads a text and gives each label a logit. Lesson 06 builds one, lesson 07 compares them.

Every part is a layer or an operation of Keras, so a saved network loads wherever Keras does.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops
from scipy.special import logit

from mlc_tf.data import text
from mlc_tf.data.text import PADDING, UNKNOWN
from mlc_tf.models.seeds import seeded

CELLS = {"vanilla": layers.SimpleRNN, "GRU": layers.GRU, "LSTM": layers.LSTM}
NEVER = 1e-4  # the frequency taken for a label that no training text has
BATCH_SIZE = 128  # for reading texts; no result depends on it
POOLINGS = ("last", "max", "mean", "attention", "label-wise attention")


def classifier(
    vocabulary_size: int,
    labels: int,
    cell: str = "GRU",
    units: int = 128,
    bidirectional: bool = True,
    pooling: str | Sequence[str] = ("label-wise attention", "max"),
    embedding: int | np.ndarray = 128,
    skip_connection: bool = False,
    word_votes: bool = False,
    word_dropout: float = 0.0,
    dropout: float = 0.0,
    frequencies: np.ndarray | None = None,
    seed: int = 0,
) -> keras.Model:
    """From token numbers `(batch, time)`, int32, to logits `(batch, labels)`.

    Padding changes nothing, wherever it stands: it is moved behind the words and reaches neither the states nor the
    pooling, so a text by itself gets the logits that it gets in a batch of longer ones. A text without any token is
    read as one unknown word.

    The weights that attention gives the words of a text are the output of the layer of that name: `(batch, time, 1)`,
    or `(batch, time, labels)` when each label has its own.

    Args:
        vocabulary_size: V; token numbers are below it, 0 is padding, 1 an unknown word.
        labels: K.
        cell: "vanilla" (Elman 1990), "LSTM" (Hochreiter & Schmidhuber 1997), or "GRU" (Cho et al. 2014).
        units: of the state, in each direction.
        bidirectional: also read from the last word to the first (Schuster & Paliwal 1997).
        pooling: what is made of the states of all words: one of `POOLINGS`, or several, whose logits are added.
        embedding: size of the word vectors, learnt from nothing; or the vectors to begin with, `(V, size)`.
        skip_connection: the pooling sees each word's vector beside its state (Lai et al. 2015, "Recurrent convolutional
            neural networks for text classification", AAAI): one rare word may be all that tells a rare label.
        word_votes: each word also votes for each label by itself, wherever it stands, and the votes are added to the
            logits: a bag of words beside the network (Cheng et al. 2016, "Wide & deep learning for recommender
            systems", DLRS). The sum is divided by the root of the number of words, or long texts would outvote.
        word_dropout: share of the words that a training step replaces by the unknown word.
        dropout: share of the numbers in word vectors that a training step sets to 0, and of the entries of the states,
            for all words of a text the same.
        frequencies: of the labels in the training texts, `(K,)`: the first logits are about their log-odds, and no time
            is lost on learning that most labels are absent. None for logits about 0.
        seed: of the first weights and of the dropout; the same seed builds the same network.

    Raises:
        ValueError: when a name is unknown, or a number or shape does not fit.

    >>> network = classifier(vocabulary_size=30, labels=4, units=8, embedding=8)
    >>> network(np.array([[5, 9, 1, 7], [3, 6, 0, 0]])).shape
    TensorShape([2, 4])
    """
    poolings = (pooling,) if isinstance(pooling, str) else tuple(pooling)
    _check(vocabulary_size, labels, cell, units, poolings, embedding, word_dropout, dropout, frequencies)
    given = isinstance(embedding, np.ndarray)
    with seeded(seed):
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        words = text.without_empty_rows(_padding_behind(tokens))
        mask = ops.not_equal(words, PADDING)  # (batch, time)
        if word_dropout:
            words = _without_some_words(words, mask, word_dropout)
        read = layers.Embedding(vocabulary_size, embedding.shape[1] if given else embedding, name="embedding")(words)
        states = layers.Dropout(dropout)(read)  # (batch, time, size)
        layer = CELLS[cell](units, return_sequences=True)
        # Read forwards, no word sees the padding behind it, and no pooling sees the states there: no mask, which takes
        # time in each step.
        states = layers.Bidirectional(layer)(states, mask=mask) if bidirectional else layer(states)
        # The same entries for all words (Gal & Ghahramani 2016, "A theoretically grounded application of dropout in
        # recurrent neural networks", NeurIPS). Were each word's entries drawn anew, with what is kept made larger, the
        # largest over a long text would always be a larger one: in training only, so every label would seem likelier.
        states = layers.SpatialDropout1D(dropout)(states)
        seen = states
        if skip_connection:
            seen = layers.Concatenate()([states, layers.SpatialDropout1D(dropout)(read)])
        logits = [_logits(name, states if name == "last" else seen, mask, labels, bidirectional) for name in poolings]
        if word_votes:
            votes = layers.Embedding(vocabulary_size, labels, embeddings_initializer="zeros", name="word_votes")(words)
            logits.append(_sum(votes, mask) / ops.sqrt(_count(mask)))
        network = keras.Model(tokens, layers.Add()(logits) if len(logits) > 1 else logits[0])
    if given:  # not by an initializer: a saved network would have all these numbers in its configuration
        network.get_layer("embedding").set_weights([embedding])
    if frequencies is not None:
        log_odds = logit(np.clip(frequencies, NEVER, 1 - NEVER))
        network.get_layer(_layer_of_logits(poolings[-1])).bias.assign(log_odds)
    return network


def probabilities(network: keras.Model, texts: Sequence[str], vectorizer: text.Vectorizer) -> np.ndarray:
    """Each label's probability for each text, `(N, K)`, in the order of the texts.

    Args:
        network: from token numbers to logits `(batch, K)`.
        texts: N of them.
        vectorizer: with which the network was trained.

    Raises:
        ValueError: when `texts` is one str, empty, or holds something other than str.
    """
    nothing = np.zeros((len(texts), 1))  # in place of the label sets, which `predict` leaves alone
    return np.asarray(ops.sigmoid(network.predict(text.batches(texts, nothing, vectorizer, BATCH_SIZE), verbose=0)))


def _padding_behind(tokens):
    """The token numbers `(batch, time)` of each row in their order, and all padding behind them."""
    is_word = ops.not_equal(tokens, PADDING)
    place = ops.where(is_word, ops.cumsum(ops.cast(is_word, "int32"), axis=1), np.iinfo(np.int32).max)
    return ops.take_along_axis(tokens, ops.argsort(place, axis=1), axis=1)


def _without_some_words(tokens, mask, share):
    """In training, replaces this share of the words by the unknown word."""
    kept = layers.Dropout(share, name="word_dropout")(ops.cast(mask, "float32"))  # 0 where a word goes
    return ops.where(ops.logical_and(mask, ops.equal(kept, 0)), UNKNOWN, tokens)


def _logits(pooling, states, mask, labels, bidirectional):
    """Logits `(batch, labels)` from the states of all words, `(batch, time, h)`."""
    inside = ops.expand_dims(mask, -1)  # (batch, time, 1)
    if pooling == "label-wise attention":
        # Mullenbach et al. 2018, "Explainable prediction of medical codes from clinical text", NAACL: label k reads
        # v_k . sum_t a_tk h_t. As sum_t a_tk (v_k . h_t) it needs no (batch, labels, h).
        scores = layers.Dense(labels, use_bias=False, name="attention_scores")(states)
        weights = layers.Softmax(axis=1, name="label_wise_attention")(scores, mask=inside)  # (batch, time, labels)
        return ops.sum(weights * layers.Dense(labels, name=_layer_of_logits(pooling))(states), axis=1)
    if pooling == "attention":  # Yang et al. 2016, "Hierarchical attention networks for document classification", NAACL
        hidden = layers.Dense(states.shape[-1], activation="tanh")(states)
        scores = layers.Dense(1, use_bias=False)(hidden)
        pooled = ops.sum(layers.Softmax(axis=1, name="attention")(scores, mask=inside) * states, axis=1)
    elif pooling == "max":
        pooled = ops.max(ops.where(inside, states, -np.inf), axis=1)
    elif pooling == "mean":
        pooled = _sum(states, mask) / _count(mask)
    else:
        pooled = _last(states, mask, bidirectional)
    return layers.Dense(labels, name=_layer_of_logits(pooling))(pooled)


def _layer_of_logits(pooling):
    """The name of the last layer of this pooling, the one with a bias for each label."""
    return f"{pooling.replace(' ', '_')}_logits"


def _sum(values, mask):
    """The sum over the words `(batch, h)` of `(batch, time, h)`."""
    return ops.sum(ops.where(ops.expand_dims(mask, -1), values, 0), axis=1)


def _count(mask):
    """How many words each text has, `(batch, 1)`."""
    return ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True)


def _last(states, mask, bidirectional):
    """The state `(batch, h)` in which each direction ends: at the last word, and at the first on the way back."""
    another_word = ops.pad(mask[:, 1:], [[0, 0], [0, 1]])
    is_last = ops.cast(ops.logical_and(mask, ops.logical_not(another_word)), states.dtype)  # (batch, time), one 1 a row
    last = ops.sum(ops.expand_dims(is_last, -1) * states, axis=1)
    if not bidirectional:
        return last
    units = states.shape[-1] // 2
    return ops.concatenate([last[:, :units], states[:, 0, units:]], axis=-1)


def _check(vocabulary_size, labels, cell, units, poolings, embedding, word_dropout, dropout, frequencies):
    """Raise ValueError, with what was expected, unless a network can be built of this."""
    if cell not in CELLS:
        raise ValueError(f"cell: expected one of {', '.join(CELLS)}; found {cell!r}")
    unknown = [name for name in poolings if name not in POOLINGS]
    if unknown or not poolings or len(set(poolings)) < len(poolings):
        raise ValueError(f"pooling: expected one or several of {', '.join(POOLINGS)}; found {poolings}")
    numbers = {"labels": labels, "units": units}
    if isinstance(embedding, np.ndarray):
        if embedding.ndim != 2 or len(embedding) != vocabulary_size or not np.isfinite(embedding).all():
            raise ValueError(
                f"embedding: expected finite numbers, a row for each of the {vocabulary_size} tokens; "
                f"found shape {embedding.shape}"
            )
    else:
        numbers["embedding"] = embedding
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name}: expected a whole number from 1 on, found {number!r}")
    if not isinstance(vocabulary_size, int | np.integer) or vocabulary_size < 3:
        raise ValueError(
            f"vocabulary_size: expected at least 3 (padding, unknown, and one word), found {vocabulary_size!r}"
        )
    for name, share in {"word_dropout": word_dropout, "dropout": dropout}.items():
        if not 0 <= share < 1:
            raise ValueError(f"{name}: expected a share from 0 up to, but not, 1; found {share!r}")
    if frequencies is not None:
        found = np.asarray(frequencies)
        if found.shape != (labels,) or not (found.min() >= 0 and found.max() <= 1):
            raise ValueError(
                f"frequencies: expected a number from 0 to 1 for each of the {labels} labels, such as "
                f"y.mean(axis=0); found shape {found.shape}, {found.min():.3g} to {found.max():.3g}"
            )
