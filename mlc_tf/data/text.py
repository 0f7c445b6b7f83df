"""Texts to batches of token numbers: a vocabulary learnt from training texts, and batches of texts of like length.

A recurrent network pays for every position it reads, padding included. Batches of texts of about the same length
(bucketing) need little padding. Introduced in lesson 01, used from lesson 06 on.
"""

import unicodedata
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from mlc_tf.data.pipelines import Order, prefetched

# The numbers that TextVectorization gives to "no token" and to words outside of the vocabulary.
PADDING, UNKNOWN = 0, 1
BUCKETS = 10


@keras.saving.register_keras_serializable(package="mlc_tf")
def lower_case_and_split_signs(texts: tf.Tensor) -> tf.Tensor:
    """Lower case, with each sign but apostrophe and hyphen as a token of its own.

    Commas and full stops are kept because they say how far a "not" reaches; Keras' default drops them. Accents and
    vowel signs that are characters of their own stay with their letters; what is invisible, as a soft hyphen, goes.
    Nothing here joins an accent to its letter (`as_strings` does): a model exported for use without this package takes
    texts in which they are one character (Unicode's NFC).
    """
    texts = tf.strings.lower(texts, encoding="utf-8")
    for pattern, becomes in (
        (r"[\pZ\p{Cc}\x{200B}]", " "),  # all kinds of blanks, one of them without width
        (r"\p{Cf}", ""),  # soft hyphens, joiners, marks of the direction of writing
        (r"[\x{2019}\x{02BC}]", "'"),  # apostrophes as they are printed
        (r"[\x{2010}\x{2011}]", "-"),
        (r"([^\pL\pM\pN\s'-]\pM*)", r" \1 "),
    ):
        texts = tf.strings.regex_replace(texts, pattern, becomes)
    return texts


def without_empty_rows(tokens):
    """Token numbers `(..., time)`, padded behind, in which a row without any token becomes one unknown word."""
    first = ops.sum(tokens[..., :1], axis=-1, keepdims=True)  # 0 also where there is not one column
    return ops.concatenate([ops.maximum(first, UNKNOWN), tokens[..., 1:]], axis=-1)


@keras.saving.register_keras_serializable(package="mlc_tf")
class Vectorizer(keras.layers.TextVectorization):
    """From strings to token numbers `(batch, time)`: cut at `max_length`, padded behind to the longest of the batch.

    What a network is trained on and what it is served with is cut here and nowhere else. A text without any token
    becomes one unknown word, so that no row is empty.
    """

    def __init__(self, max_length: int, standardize=lower_case_and_split_signs, **options):
        super().__init__(standardize=standardize, **options)
        self.max_length = max_length

    def call(self, texts):
        """The token numbers of the texts."""
        return without_empty_rows(super().call(texts)[..., : self.max_length])

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "max_length": self.max_length}


def vectorizer(texts: Sequence[str], vocabulary_size: int = 20_000, max_length: int = 250) -> Vectorizer:
    """A layer from strings to token numbers `(batch, time)`: 0 pads, 1 is an unknown word, 2 the most frequent one.

    Give it the *training* texts only: a vocabulary that has seen the test texts knows words the classifier could not
    have known, and the score comes out too good. Lesson 01.

    Args:
        texts: of the training split.
        vocabulary_size: at most so many numbers, padding and the unknown word among them.
        max_length: texts are cut after so many tokens, in training and wherever the network is used later.

    Raises:
        ValueError: when `texts` is empty or holds something other than str, or a number does not fit.

    >>> layer = vectorizer(["a red bag, not a blue one", "a red cup"])
    >>> print(*layer.get_vocabulary()[1:4])
    [UNK] a red
    >>> layer(["a red zyzzyx", ""]).numpy().tolist()
    [[2, 3, 1], [1, 0, 0]]
    """
    if vocabulary_size < 3:
        raise ValueError(
            f"vocabulary_size: expected at least 3 (padding, unknown, and one word), found {vocabulary_size}"
        )
    if not isinstance(max_length, int | np.integer) or max_length < 1:
        raise ValueError(f"max_length: expected a whole number of tokens from 1 on, found {max_length!r}")
    layer = Vectorizer(int(max_length), max_tokens=vocabulary_size)
    layer.adapt(tf.data.Dataset.from_tensor_slices(as_strings(texts)).batch(1024))
    return layer


def batches(
    texts: Sequence[str],
    y: np.ndarray,
    vectorizer: Vectorizer,
    batch_size: int,
    seed: int | None = None,
) -> tf.data.Dataset:
    """Batches of `(tokens int32 (batch, time), labels float32 (batch, K))`, tokenised once and kept in memory.

    Args:
        texts: N of them.
        y: label matrix `(N, K)`.
        vectorizer: of the training texts; it says where texts are cut.
        batch_size: texts in a batch, at most.
        seed: for training: shuffled anew in every epoch, and bucketed, so that a batch holds texts of about the same
            length, padded to its own longest. The order of epoch e follows from this seed and e alone.
            `None`, for `evaluate` and `predict`: in the order given, so that row i of `model.predict` is `texts[i]`.

    Raises:
        ValueError: when `texts` is empty or holds something other than str, when `texts` and `y` differ in length, or
            when `batch_size` is below 1.
    """
    strings = as_strings(texts)
    y = np.asarray(y, np.float32)
    if y.ndim != 2 or len(y) != len(strings):
        raise ValueError(
            f"expected one row of labels for each text: y of shape ({len(strings)}, K) for {len(strings)} texts, "
            f"found y of shape {y.shape}"
        )
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, found {batch_size}")
    rows = tokens(strings, vectorizer)
    order = Order(len(strings), seed)
    if seed is None:
        numbers = order.dataset().batch(batch_size)
    else:
        # Boundaries at the quantiles of the lengths: every bucket holds about as many texts.
        lengths = tf.cast(rows.row_lengths(), tf.int32)
        quantiles = np.quantile(lengths, np.linspace(0, 1, BUCKETS + 1)[1:-1])
        boundaries = np.unique(quantiles.astype(int) + 1).tolist()
        in_bucket = np.bincount(np.digitize(lengths, boundaries))
        numbers = order.dataset().bucket_by_sequence_length(
            lambda number: tf.gather(lengths, number),
            bucket_boundaries=boundaries,
            bucket_batch_sizes=[batch_size] * (len(boundaries) + 1),
        )
        numbers = numbers.apply(tf.data.experimental.assert_cardinality(int(np.ceil(in_bucket / batch_size).sum())))
    return prefetched(numbers.map(lambda chosen: (tf.gather(rows, chosen).to_tensor(), tf.gather(y, chosen))), order)


def tokens(texts: Sequence[str], vectorizer: Vectorizer) -> tf.RaggedTensor:
    """The token numbers of each text, ragged `(N, None)`, int32, without padding.

    Raises:
        ValueError: when `texts` is empty or holds something other than str.
    """
    strings = as_strings(texts)
    values, lengths = [], []
    for start in range(0, len(strings), 512):  # in slices: the layer pads all it is given to the longest text
        padded = vectorizer(tf.constant(strings[start : start + 512])).numpy().astype(np.int32)
        values.append(padded[padded != PADDING])
        lengths.append((padded != PADDING).sum(axis=1))
    return tf.RaggedTensor.from_row_lengths(np.concatenate(values), np.concatenate(lengths))


def as_strings(texts: Sequence[str]) -> list[str]:
    """The texts as a list, each accented letter one character, which some systems write as two (Unicode's NFC).

    Raises:
        ValueError: when `texts` is one str, empty, or holds something other than str.
    """
    if isinstance(texts, str):
        raise ValueError(f"texts: expected a list of str, found one str; write [{texts[:20]!r}] for a single text")
    if len(texts) == 0:
        raise ValueError("texts: expected at least one text, found none")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts[{index}]: expected a str, found {type(text).__name__} ({text!r:.40})")
    return [unicodedata.normalize("NFC", text) for text in texts]
