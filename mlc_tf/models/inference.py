"""From raw texts or pictures to the names of their labels, in one model that is saved as one file. Lesson 06."""

import warnings
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from mlc_tf.data import images, text
from mlc_tf.data.labels import check_numbers
from mlc_tf.models.label_sets.answers import DECISIONS, Answers
from mlc_tf.models.label_sets.model import LabelSetModel

BATCH_SIZE = 128  # for reading texts or pictures; no result depends on it


def end_to_end(
    network: keras.Model,
    label_names: Sequence[str],
    decision: float | np.ndarray | str,
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
        network: from token numbers or pictures to logits `(batch, K)`, or a model of `label_sets`.
        label_names: K names.
        decision: a threshold for the probabilities, or one for each label, `(K,)`, fitted on validation data
            (`evaluation.thresholds`); or, of a model of label sets, "most probable" or "best F1" (lesson 08). The
            probabilities of such a model are those of `label_sets.Answers`: fit thresholds on
            `decisions.marginals(sets, np.exp(log_p))` with `sets, log_p = network.search(x, label_sets.answers.WIDTH)`
            where it has no marginals of its own.
        vectorizer: with which the network was trained, if it reads texts.
        at_least_one: where no label is above its threshold the most probable one is present; of a model of label sets
            the best set that is not empty.

    Raises:
        ValueError: when names or thresholds are not as many as the network's labels, two names are equal, the network
            cannot decide so or has several inputs or outputs, a network for texts comes without its vectorizer, or one
            for pictures with one.
    """
    of_sets = isinstance(network, LabelSetModel)
    inner = network.network if of_sets else network
    inputs, outputs = (getattr(inner, ends, None) or () for ends in ("inputs", "outputs"))
    if len(inputs) != 1 or (len(outputs) != 1 and not of_sets):
        raise ValueError(
            "network: expected one that reads texts or pictures and gives each label a logit, or a model of label "
            f"sets (of `Reinforce`, its `model`); found {type(network).__name__} with {len(inputs)} inputs and "
            f"{len(outputs)} outputs"
        )
    labels, reads = network.labels if of_sets else network.output_shape[-1], inputs[0]
    if (len(reads.shape) == 4) != (vectorizer is None):
        raise ValueError(
            "vectorizer: expected the one that the network was trained with if it reads texts, None if pictures; "
            f"found {vectorizer!r} for input of shape {tuple(reads.shape)}"
        )
    by_name = isinstance(decision, str)
    if by_name and not of_sets:
        raise ValueError(
            f"decision: expected a threshold, or one for each label, as {type(network).__name__} is no model of label "
            f"sets (`mlc_tf.models.label_sets`); found {decision!r}"
        )
    names = [] if isinstance(label_names, str | set) else list(label_names)
    if not len(names) == len(set(names)) == labels:
        raise ValueError(
            f"label_names: expected {labels} different ones, in the order of the labels of the network; found "
            f"{label_names!r:.200}"
        )
    thresholds = _check_thresholds(0.5 if by_name else decision, labels)
    if vectorizer is None:
        given = keras.Input(reads.shape[1:], dtype="uint8", name="pictures")
        read = ops.cast(given, reads.dtype)
    else:
        given = keras.Input((1,), dtype="string", name="texts")
        # One more column of padding: of a single one, Keras warns that attention over it is trivial.
        read = ops.pad(ops.cast(vectorizer(given), "int32"), [[0, 0], [0, 1]])  # (batch, time)
    if of_sets:
        p, decided = Answers(network, decision if by_name else DECISIONS[0], at_least_one)(read)
    else:
        bare = keras.Model(network.inputs[0], network.outputs[0])  # without its optimizer, which would be saved too
        p = ops.sigmoid(bare(read))
    if not by_name:
        decided = ops.cast(ops.greater(p, thresholds), "float32")
        if at_least_one:
            none = 1 - ops.max(decided, axis=1, keepdims=True)
            decided = ops.maximum(decided, none * ops.one_hot(ops.argmax(p, axis=1), labels))
    probabilities, ranking = ops.top_k(p, labels)  # (batch, K)
    present = ops.take_along_axis(ops.cast(decided, "int32"), ranking, axis=1)
    name_of = layers.StringLookup(vocabulary=names, num_oov_indices=0, invert=True)
    answer = {"labels": name_of(ranking), "probabilities": probabilities}
    if vectorizer is not None:
        known = ops.sum(ops.cast(ops.greater(read, text.UNKNOWN), "int32"), axis=1)  # (batch,)
        words = ops.sum(ops.cast(ops.not_equal(read, text.PADDING), "int32"), axis=1)
        answer["known"] = known / words
        present = present * ops.minimum(known, 1)[:, None]
    return keras.Model(given, {**answer, "present": ops.cast(present, "bool")})


def _check_thresholds(decision, labels: int) -> np.ndarray:
    thresholds = check_numbers(decision, "decision", 'A model of label sets takes "most probable" and "best F1", too.')
    if thresholds.shape not in ((), (labels,)) or thresholds.dtype == bool or np.isnan(thresholds).any():
        raise ValueError(
            f"decision: expected one threshold or {labels}, one for each label of the network, as "
            f"`evaluation.thresholds` fits them; found {decision!r:.200}"
        )
    return thresholds.astype(np.float32)


def predict_labels(model: keras.Model, x: Sequence[str] | np.ndarray) -> list[dict[str, float]]:
    """For each text or picture its labels, each with its probability, the most probable first.

    A text of which no word is in the vocabulary gets no label, and a warning says so.

    Args:
        model: of `end_to_end`, or such a model loaded from a file.
        x: texts, or pictures `(N, height, width, channels)`, uint8; at least one.

    Raises:
        ValueError: when `x` is not of the kind that the model takes, or is empty.

    >>> from mlc_tf.models import cnn
    >>> model = end_to_end(cnn.classifier((8, 8, 1), 2), ["a cat", "a dog"], decision=[0.0, 1.0])
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
