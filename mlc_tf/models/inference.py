"""From raw texts or pictures to the names of their labels, in one model that is saved as one file. Lesson 06."""

import warnings
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from mlc_tf.data import images, text

BATCH_SIZE = 128  # for reading texts or pictures; no result depends on it


def end_to_end(
    network: keras.Model,
    label_names: Sequence[str],
    thresholds: float | np.ndarray,
    vectorizer: text.Vectorizer | None = None,
    at_least_one: bool = False,
) -> keras.Model:
    """All that belongs together in one model: what reads the input, the network, the decision, the names.

    It takes texts `(batch, 1)`, string, if there is a vectorizer, and otherwise pictures
    `(batch, height, width, channels)`, uint8. Its output: "labels", the names of all labels, the most probable first,
    `(batch, K)`; "probabilities" of these; "present", which of them are. For texts also "known", the share of a text's
    words that are in the vocabulary, `(batch,)`: where no word is known no label is present, as the network has learnt
    nothing of such texts.

    `model.save("name.keras")` keeps all of it in one file, which a program loads after `import mlc_tf`. What
    `model.export(folder)` writes needs neither this package nor Keras.

    Args:
        network: from token numbers or pictures to logits `(batch, K)`.
        label_names: K names.
        thresholds: a probability, or one for each label, `(K,)`, fitted on validation data (`evaluation.thresholds`).
        vectorizer: with which the network was trained, if it reads texts.
        at_least_one: where no label is above its threshold the most probable one is present.

    Raises:
        ValueError: when names or thresholds are not as many as the network's labels, a network for texts comes without
            its vectorizer, or one for pictures with one.
    """
    labels = network.output_shape[-1]
    if (len(network.input_shape) == 4) != (vectorizer is None):
        raise ValueError(
            "vectorizer: expected the one that the network was trained with if it reads texts, None if pictures; "
            f"found {vectorizer!r} for input of shape {network.input_shape}"
        )
    thresholds = np.asarray(thresholds, np.float32)
    if len(label_names) != labels or thresholds.shape not in ((), (labels,)):
        raise ValueError(
            f"expected {labels} label names, and one threshold or {labels}, as the network has so many labels; "
            f"found {len(label_names)} names and thresholds of shape {thresholds.shape}"
        )
    if vectorizer is None:
        given = keras.Input(network.input_shape[1:], dtype="uint8", name="pictures")
        read = ops.cast(given, network.inputs[0].dtype)
    else:
        given = keras.Input((1,), dtype="string", name="texts")
        # One more column of padding: of a single one, Keras warns that attention over it is trivial.
        read = ops.pad(ops.cast(vectorizer(given), "int32"), [[0, 0], [0, 1]])  # (batch, time)
    bare = keras.Model(network.inputs[0], network.outputs[0])  # without its optimizer, which would be saved too
    p = ops.sigmoid(bare(read))
    probabilities, ranking = ops.top_k(p, labels)  # (batch, K)
    present = ops.take_along_axis(ops.cast(ops.greater(p, thresholds), "int32"), ranking, axis=1)
    if at_least_one:
        none = 1 - ops.max(present, axis=1, keepdims=True)
        present = ops.concatenate([ops.maximum(present[:, :1], none), present[:, 1:]], axis=1)
    name_of = layers.StringLookup(vocabulary=list(label_names), num_oov_indices=0, invert=True)
    answer = {"labels": name_of(ranking), "probabilities": probabilities}
    if vectorizer is not None:
        known = ops.sum(ops.cast(ops.greater(read, text.UNKNOWN), "int32"), axis=1)  # (batch,)
        words = ops.sum(ops.cast(ops.not_equal(read, text.PADDING), "int32"), axis=1)
        answer["known"] = known / words
        present = present * ops.minimum(known, 1)[:, None]
    return keras.Model(given, {**answer, "present": ops.cast(present, "bool")})


def predict_labels(model: keras.Model, x: Sequence[str] | np.ndarray) -> list[dict[str, float]]:
    """For each text or picture its labels, each with its probability, the most probable first.

    A text of which no word is in the vocabulary gets no label, and a warning says so.

    Args:
        model: of `end_to_end`, or such a model loaded from a file.
        x: texts, or pictures `(N, height, width, channels)`, uint8; at least one.

    Raises:
        ValueError: when `x` is not of the kind that the model takes, or is empty.

    >>> from mlc_tf.models import cnn
    >>> model = end_to_end(cnn.classifier((8, 8, 1), 2), ["a cat", "a dog"], thresholds=[0.0, 1.0])
    >>> [list(found) for found in predict_labels(model, np.zeros((3, 8, 8, 1), np.uint8))]
    [['a cat'], ['a cat'], ['a cat']]
    """
    reads_texts = model.input.dtype == "string"
    if reads_texts:
        x = text.as_strings(x)
        rows = tf.constant(x)[:, None]
    else:
        rows = images.check_pictures(x, model.input_shape[1:])
    parts = [model(rows[first : first + BATCH_SIZE]) for first in range(0, len(x), BATCH_SIZE)]
    answer = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    strangers = np.flatnonzero(answer["known"] == 0) if reads_texts else []
    if len(strangers):
        shown = ", ".join(f"{index} ({x[index]!r:.40})" for index in strangers[:3])
        warnings.warn(
            f"no word is known of {len(strangers)} of {len(x)} texts, which get no label, such as {shown}. "
            "Is this the language that the model was trained on?",
            stacklevel=2,
        )
    found = zip(answer["labels"], answer["probabilities"], answer["present"], strict=True)
    return [{name.decode(): float(p) for name, p, is_present in zip(*row, strict=True) if is_present} for row in found]
