"""From raw texts to labels in one model: tokens, network, threshold and names, saved as one file. Lesson 06."""

import warnings
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from mlc_tf.data.text import PADDING, UNKNOWN, as_strings

BATCH_SIZE = 128  # for reading texts; no result depends on it


def end_to_end(
    network: keras.Model,
    vectorizer: keras.layers.TextVectorization,
    label_names: Sequence[str],
    threshold: float | np.ndarray,
    max_length: int = 250,
) -> keras.Model:
    """A model from texts `(batch, 1)`, string, to their labels, the most probable first.

    Its output: "labels", the names of all labels, `(batch, K)`; "probabilities" of these, falling; "present", whether
    each is above its threshold; "known", the share of a text's words that are in the vocabulary, `(batch,)`. In a text
    of which no word is known no label is present: the network has learnt nothing of such texts.

    `model.save("name.keras")` keeps all of it in one file. All of it is Keras', but for the function that cleans a text
    before it is split into words: in a process without this package `load_model` has to be given that, as lesson 06
    shows. What `model.export(folder)` writes needs neither this package nor Keras.

    Args:
        network: from token numbers to logits `(batch, K)`.
        vectorizer: with which it was trained.
        label_names: K names.
        threshold: a probability, or one for each label, `(K,)`, fitted on validation data.
        max_length: texts are cut after so many tokens, as in the training.

    Raises:
        ValueError: when names or thresholds are not as many as the network's labels, or `max_length` is below 1.
    """
    labels = network.output_shape[-1]
    thresholds = np.asarray(threshold, np.float32)
    if len(label_names) != labels or thresholds.shape not in ((), (labels,)):
        raise ValueError(
            f"expected {labels} label names, and one threshold or {labels}, as the network has so many labels; "
            f"found {len(label_names)} names and thresholds of shape {thresholds.shape}"
        )
    if max_length < 1:
        raise ValueError(f"max_length: expected at least 1, found {max_length!r}")
    texts = keras.Input((1,), dtype="string", name="texts")
    # At least two columns: of one, Keras warns that attention over it is trivial.
    padded = ops.pad(ops.cast(vectorizer(texts), "int32"), [[0, 0], [0, 2]])  # (batch, time)
    is_empty = ops.equal(padded[:, :1], PADDING)
    first = ops.where(is_empty, UNKNOWN, padded[:, :1])  # a text without words is one unknown word
    tokens = ops.concatenate([first, padded[:, 1:max_length]], axis=1)
    bare = keras.Model(network.input, network.output)  # without its optimizer, which is ours, and would be saved too
    p = ops.sigmoid(bare(tokens))
    probabilities, ranking = ops.top_k(p, labels)  # (batch, K)
    known = ops.sum(ops.cast(ops.greater(tokens, UNKNOWN), "float32"), axis=1)  # (batch,)
    words = ops.sum(ops.cast(ops.not_equal(tokens, PADDING), "float32"), axis=1)
    present = ops.logical_and(ops.greater(p, thresholds), ops.expand_dims(ops.greater(known, 0), 1))
    present = ops.take_along_axis(ops.cast(present, "int32"), ranking, axis=1)
    name_of = layers.StringLookup(vocabulary=list(label_names), num_oov_indices=0, invert=True)
    return keras.Model(
        texts,
        {
            "labels": name_of(ranking),
            "probabilities": probabilities,
            "present": ops.cast(present, "bool"),
            "known": known / words,
        },
    )


def predict_labels(model: keras.Model, texts: Sequence[str]) -> list[dict[str, float]]:
    """For each text its labels, each with its probability, the most probable first.

    A text of which no word is in the vocabulary gets no label, and a warning says so.

    Args:
        model: of `end_to_end`, or such a model loaded from a file.
        texts: at least one.

    Raises:
        ValueError: when `texts` is one str, empty, or holds something other than str.
    """
    strings = as_strings(texts)
    firsts = range(0, len(strings), BATCH_SIZE)
    parts = [model(tf.constant(strings[first : first + BATCH_SIZE])[:, None]) for first in firsts]
    answer = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    strangers = np.flatnonzero(answer["known"] == 0)
    if len(strangers):
        shown = ", ".join(f"{index} ({strings[index]!r:.40})" for index in strangers[:3])
        warnings.warn(
            f"no word is known of {len(strangers)} of {len(strings)} texts, which get no label, such as {shown}. "
            "Is this the language that the model was trained on?",
            stacklevel=2,
        )
    rows = zip(answer["labels"], answer["probabilities"], answer["present"], strict=True)
    return [{name.decode(): float(p) for name, p, is_present in zip(*row, strict=True) if is_present} for row in rows]
