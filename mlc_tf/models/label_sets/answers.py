"""The decision of a model of label sets as a layer, so that what is served can carry it. Lesson 08.

`evaluation.decisions` has the same decisions for arrays, and says what each is best for.
"""

import keras
import tensorflow as tf

from mlc_tf.models.label_sets.decoder import IMPOSSIBLE
from mlc_tf.models.label_sets.model import LabelSetModel

DECISIONS = ("most probable", "best F1")
WIDTH = 50  # of the beam


@keras.saving.register_keras_serializable("mlc_tf")
class Answers(keras.layers.Layer):
    """From examples to each label's probability and to the label set that is answered, both `(batch, K)`.

    The `WIDTH` most probable sets stand for all: what an example gets does not depend on the others, and nothing is
    drawn. Of a model that is sure of most labels these hold nearly all of the probability. Where dozens of labels are
    uncertain they hold little, and the best F1 and the probabilities, where they are not `direct_marginals`, are those
    of these few sets: `decisions` with many drawn sets are then nearer to the truth.

    Args:
        model: trained. Its weights are copied, and its optimizer is not.
        decision: one of `DECISIONS`.
        at_least_one: the empty set is no answer.

    Raises:
        ValueError: when there is no such decision.
    """

    def __init__(self, model: LabelSetModel, decision: str, at_least_one: bool = False, **options):
        super().__init__(**options)
        if decision not in DECISIONS:
            raise ValueError(f"decision: expected one of {', '.join(DECISIONS)}; found {decision!r}")
        self.model = type(model).from_config(model.get_config())
        self.model.set_weights(model.get_weights())
        self.decision, self.at_least_one = decision, at_least_one

    def call(self, x):
        """Probabilities, and 0 and 1."""
        said = self.model(x, training=False)
        sets, log_p = self.model.beam(said, WIDTH)  # (batch, width, K)
        p = self.model.direct_marginals(said)
        if p is None:
            p = tf.minimum(tf.einsum("bwk,bw->bk", sets, tf.nn.softmax(log_p)), 1)  # a sum of shares may be a bit more
        if self.at_least_one:  # given that there is one, however unlikely that is
            log_p = tf.where(tf.reduce_any(sets > 0, axis=2), log_p, IMPOSSIBLE)
        decide = most_probable if self.decision == "most probable" else best_f1
        return p, decide(sets, tf.nn.softmax(log_p))

    def get_config(self) -> dict:
        """The arguments that make this layer again."""
        model = keras.saving.serialize_keras_object(self.model)
        own = {"model": model, "decision": self.decision, "at_least_one": self.at_least_one}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config):
        """The layer of these arguments, with other weights."""
        return cls(**{**config, "model": keras.saving.deserialize_keras_object(config["model"])})


def most_probable(sets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The set with the most weight `(batch, K)`, of sets `(batch, S, K)` with weights `(batch, S)`."""
    same = tf.reduce_all(sets[:, :, None] == sets[:, None], axis=3)  # (batch, S, S)
    together = tf.reduce_sum(tf.where(same, weights[:, None], 0), axis=2)
    return tf.gather(sets, tf.argmax(together, axis=1), batch_dims=1)


def best_f1(sets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The set with the best expected example-F1 `(batch, K)`; arguments as of `most_probable`."""
    labels = sets.shape[2]
    sizes, answers = tf.reduce_sum(sets, axis=2), tf.range(1.0, labels + 1)
    # What a label adds to the expected F1 of an answer of k labels: for each k the best k, which are then compared.
    parts = weights[..., None] * 2 / (sizes[..., None] + answers)  # (batch, S, k)
    worth, order = tf.math.top_k(tf.matmul(parts, sets, transpose_a=True), labels)  # (batch, k, rank)
    expected = tf.linalg.diag_part(tf.cumsum(worth, axis=2))  # (batch, k)
    empty = tf.reduce_sum(tf.where(sizes == 0, weights, 0), axis=1, keepdims=True)
    best = tf.argmax(tf.concat([empty, expected], axis=1), axis=1, output_type=tf.int32)  # how many labels
    chosen = tf.gather(order, tf.maximum(best - 1, 0), batch_dims=1)  # (batch, rank)
    taken = tf.cast(tf.range(labels) < best[:, None], sets.dtype)
    return tf.reduce_sum(tf.one_hot(chosen, labels) * taken[..., None], axis=1)
