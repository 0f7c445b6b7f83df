"""Label powerset: one class for each label set of the training split. Lesson 08."""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.labels import check_label_matrix
from mlc_tf.models.label_sets.model import UNSEEN, LabelSetModel


@keras.saving.register_keras_serializable("mlc_tf")
class Powerset(LabelSetModel):
    """P(y | x) as a softmax over the label sets that occur in training; no other set is ever answered.

    `Powerset.sets_of(y)` are these sets, `(S, K)`. One that training has not seen costs what one of probability
    `UNSEEN` would: by itself it would make the validation loss infinite. Tsoumakas & Katakis 2007, "Multi-label
    classification: an overview", IJDWM 3(3).

    Args:
        network: from examples to S numbers.
        sets: `(S, K)` of 0 and 1, S different label sets.

    Raises:
        ValueError: when `sets` are no label sets, two are equal, or the network gives another number of numbers.
    """

    def __init__(self, network: keras.Model, sets: np.ndarray, **options):
        sets = check_label_matrix(np.asarray(sets), "sets").astype(np.float32)
        if len(np.unique(sets, axis=0)) < len(sets):
            raise ValueError("sets: expected each label set once; Powerset.sets_of(y) gives those of a training split")
        super().__init__(network, sets.shape[1], len(sets), **options)
        self.sets = sets

    @staticmethod
    def sets_of(y: np.ndarray) -> np.ndarray:
        """The different label sets among `y` `(N, K)`, the most frequent first: `(S, K)`, float32."""
        sets, times = np.unique(check_label_matrix(y), axis=0, return_counts=True)
        return sets[np.argsort(-times, kind="stable")].astype(np.float32)

    def log_probability(self, said, sets):
        """Log-probability of label sets `(batch, K)`; of one that training has not seen, that of `UNSEEN`."""
        differing = tf.reduce_sum(sets, 1, keepdims=True) + self.sets.sum(1) - 2 * sets @ self.sets.T  # (batch, S)
        is_it = tf.cast(differing < 0.5, said.dtype)
        found = tf.reduce_sum(is_it * tf.nn.log_softmax(said), axis=1)
        return tf.where(tf.reduce_any(is_it > 0, axis=1), found, np.log(UNSEEN))

    def draw(self, said, draws, seed):
        """Label sets of training, drawn."""
        chosen = tf.random.stateless_categorical(said, draws, seed)  # (batch, draws)
        log_probabilities = tf.gather(tf.nn.log_softmax(said), chosen, axis=1, batch_dims=1)
        return tf.gather(tf.constant(self.sets, said.dtype), chosen), log_probabilities

    def beam(self, said, width):
        """The most probable sets; nothing has to be searched."""
        found = min(width, len(self.sets))
        log_probabilities, best = tf.math.top_k(tf.nn.log_softmax(said), found)
        missing = [[0, 0], [0, width - found]]
        log_probabilities = tf.pad(log_probabilities, missing, constant_values=-np.inf)
        return tf.gather(tf.constant(self.sets, said.dtype), tf.pad(best, missing)), log_probabilities

    def direct_marginals(self, said):
        """A label has the probability of all sets that it is in."""
        return tf.minimum(tf.nn.softmax(said) @ self.sets, 1)  # a sum of many shares may be a little more

    def get_config(self) -> dict:
        """The arguments that make this model again."""
        config = super().get_config()
        del config["labels"]
        return {**config, "sets": self.sets.astype(int).tolist()}
