"""Texts to batches of token numbers: a vocabulary learnt from training texts, and batches of texts of like length.

A recurrent network pays for every position it reads, padding included. Batches of texts of about the same length
(bucketing) need little padding. Introduced in lesson 01, used from lesson 06 on.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.prefetching import prefetched

# The numbers that TextVectorization gives to "no token" and to words outside of the vocabulary.
PADDING, UNKNOWN = 0, 1
BUCKETS = 10


@keras.saving.register_keras_serializable(package="mlc_tf")
def lower_case_and_split_signs(texts: tf.Tensor) -> tf.Tensor:
    """Lower case, with each sign but apostrophe and hyphen as a token of its own.

    Commas and full stops are kept because they say how far a "not" reaches; Keras' default drops them.
    """
    return tf.strings.regex_replace(tf.strings.lower(texts, encoding="utf-8"), r"([^\pL\pN\s'-])", r" \1 ")


def vectorizer(texts: Sequence[str], vocabulary_size: int = 20_000) -> keras.layers.TextVectorization:
    """A layer from strings to token numbers `(batch, time)`: 0 pads, 1 is an unknown word, 2 the most frequent one.

    Give it the *training* texts only: a vocabulary that has seen the test texts knows words the classifier could not
    have known, and the score comes out too good.

    Raises `ValueError` when `texts` is empty or holds something other than str, or `vocabulary_size` is below 3.
    """
    if vocabulary_size < 3:
        raise ValueError(
            f"vocabulary_size: expected at least 3 (padding, unknown, and one word), found {vocabulary_size}"
        )
    layer = keras.layers.TextVectorization(max_tokens=vocabulary_size, standardize=lower_case_and_split_signs)
    layer.adapt(tf.data.Dataset.from_tensor_slices(as_strings(texts)).batch(1024))
    return layer


def batches(
    texts: Sequence[str],
    y: np.ndarray,
    vectorizer: keras.layers.TextVectorization,
    batch_size: int,
    seed: int | None = None,
    max_length: int = 250,
) -> tf.data.Dataset:
    """Batches of `(tokens int32 (batch, time), labels float32 (batch, K))`, tokenised once and kept in memory.

    With a `seed`, for training: shuffled anew in every epoch, and bucketed, so that a batch holds texts of about the
    same length, padded to its own longest. The order of all epochs follows from `seed` and `tf.random.set_seed`.
    With `seed=None`, for `evaluate` and `predict`: in the order given, so that row i of `model.predict` is `texts[i]`.
    Texts are cut at `max_length` tokens. A text without any token becomes one unknown word, so that no row is empty.

    Raises `ValueError` when `texts` is empty or holds something other than str, when `texts` and `y` differ in
    length, or when `batch_size` or `max_length` is below 1.
    """
    strings = as_strings(texts)
    y = np.asarray(y, np.float32)
    if y.ndim != 2 or len(y) != len(strings):
        raise ValueError(
            f"expected one row of labels for each text: y of shape ({len(strings)}, K) for {len(strings)} texts, "
            f"found y of shape {y.shape}"
        )
    for name, number in {"batch_size": batch_size, "max_length": max_length}.items():
        if number < 1:
            raise ValueError(f"{name}: expected at least 1, found {number}")
    rows = tokens(strings, vectorizer, max_length)
    # The map makes a plain tensor of each slice of the ragged one; the cache keeps them, already cut apart.
    examples = tf.data.Dataset.from_tensor_slices((rows, y)).map(lambda row, labels: (row + 0, labels)).cache()
    if seed is None:
        return prefetched(examples.padded_batch(batch_size))
    # Boundaries at the quantiles of the lengths: every bucket holds about as many texts.
    quantiles = np.quantile(rows.row_lengths(), np.linspace(0, 1, BUCKETS + 1)[1:-1])
    boundaries = np.unique(quantiles.astype(int) + 1).tolist()
    in_bucket = np.bincount(np.digitize(rows.row_lengths(), boundaries))
    bucketed = examples.shuffle(len(strings), seed=seed).bucket_by_sequence_length(
        lambda row, labels: tf.shape(row)[0],
        bucket_boundaries=boundaries,
        bucket_batch_sizes=[batch_size] * (len(boundaries) + 1),
    )
    number = int(np.ceil(in_bucket / batch_size).sum())
    return prefetched(bucketed.apply(tf.data.experimental.assert_cardinality(number)))


def tokens(
    texts: Sequence[str], vectorizer: keras.layers.TextVectorization, max_length: int | None = None
) -> tf.RaggedTensor:
    """The token numbers of each text, ragged `(N, None)`, int32, without padding and cut at `max_length`.

    A text without any token becomes one unknown word. Raises `ValueError` when `texts` is empty or holds something
    other than str.
    """
    strings = as_strings(texts)
    values, lengths = [], []
    for start in range(0, len(strings), 512):  # in slices: the layer pads all it is given to the longest text
        padded = vectorizer(tf.constant(strings[start : start + 512])).numpy()[:, :max_length].astype(np.int32)
        if padded.shape[1] == 0:
            padded = np.zeros((len(padded), 1), np.int32)
        padded[padded[:, 0] == PADDING, 0] = UNKNOWN
        values.append(padded[padded != PADDING])
        lengths.append((padded != PADDING).sum(axis=1))
    return tf.RaggedTensor.from_row_lengths(np.concatenate(values), np.concatenate(lengths))


def as_strings(texts: Sequence[str]) -> list[str]:
    """The texts as a list. Raises `ValueError` for one str, for none, and for anything other than str."""
    if isinstance(texts, str):
        raise ValueError(f"texts: expected a list of str, found one str; write [{texts[:20]!r}] for a single text")
    if len(texts) == 0:
        raise ValueError("texts: expected at least one text, found none")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts[{index}]: expected a str, found {type(text).__name__} ({text!r:.40})")
    return list(texts)
