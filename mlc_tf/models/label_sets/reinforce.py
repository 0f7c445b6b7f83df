"""Reinforcement learning on example-F1: sets that are drawn, and made likelier the better they score. Lesson 08.

The score of a label set has no slope, but its expectation has one (Williams 1992, "Simple statistical
gradient-following algorithms for connectionist reinforcement learning", Machine Learning 8):

    d E[F1] = E[(F1 - b) d log P(drawn set)],    for any b that does not depend on that draw.

What b is changes nothing on average, but how much the gradient varies from draw to draw.
"""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.models.label_sets.model import LabelSetModel

BASELINES = ("none", "greedy", "others")


class Reinforce(keras.Model):
    """Trains a model of label sets on the expected example-F1 of its own draws: `compile(optimizer)`, and `fit`.

    The logs have "f1", the mean F1 of the draws; the loss itself means nothing, only its gradient does.

    Args:
        model: which is trained; it is used by itself afterwards. Train it by its own loss first: draws of one that
            knows nothing score little, and teach little.
        baseline: b: "none", 0; "greedy", the F1 of the model's greedy answer (Rennie et al. 2017, "Self-critical
            sequence training for image captioning", CVPR); "others", the mean F1 of the other draws for the example
            (Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!", ICLR workshop).
        draws: for each example of a batch.
        seed: of the draws.

    Raises:
        ValueError: when there is no such baseline, or `draws` is below 1, or below 2 for "others".
    """

    def __init__(self, model: LabelSetModel, baseline: str = "others", draws: int = 8, seed: int = 0, **options):
        super().__init__(**options)
        if baseline not in BASELINES:
            raise ValueError(f"baseline: expected one of {', '.join(BASELINES)}; found {baseline!r}")
        least = 2 if baseline == "others" else 1
        if not isinstance(draws, int | np.integer) or draws < least:
            raise ValueError(
                f"draws: expected a whole number from {least} on, with the baseline {baseline!r}; found {draws!r}"
            )
        self.model, self.baseline, self.draws, self.seed = model, baseline, int(draws), seed
        self.random = keras.random.SeedGenerator(seed)
        self.f1 = keras.metrics.Mean(name="f1")
        self.built = True

    def call(self, x, training=None):
        """What the network of the model says of the examples."""
        return self.model(x, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean of -(F1 - b) log P over the draws; `sample_weight` is refused."""
        if sample_weight is not None:
            raise ValueError("sample_weight: expected none, each example counts once")
        y = tf.cast(y, self.compute_dtype)
        sets, log_probabilities = self.model.draw(y_pred, self.draws, self.random.next())
        scores = example_f1(sets, y[:, None])  # (batch, draws)
        self.f1.update_state(scores)
        advantage = tf.stop_gradient(scores - self._expected(scores, y_pred, y))
        each = -tf.reduce_mean(advantage * log_probabilities)
        return each / tf.distribute.get_strategy().num_replicas_in_sync

    def _expected(self, scores, said, y):
        if self.baseline == "others":
            return (tf.reduce_sum(scores, axis=1, keepdims=True) - scores) / (self.draws - 1)
        if self.baseline == "greedy":
            return example_f1(self.model.beam(said, 1)[0], y[:, None])
        return 0.0

    def get_config(self) -> dict:
        """What `training.fit` tells one training from another by; a file is made of the model by itself."""
        model = keras.saving.serialize_keras_object(self.model)
        own = {"model": model, "baseline": self.baseline, "draws": self.draws, "seed": self.seed}
        return {**super().get_config(), **own}


def example_f1(sets: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """F1 of label sets `(..., K)` of 0 and 1 with the true ones, `(...)`; that of two empty sets is 1."""
    both = tf.reduce_sum(sets * y, axis=-1)
    either = tf.reduce_sum(sets, axis=-1) + tf.reduce_sum(y, axis=-1)
    return tf.where(either > 0, 2 * both / tf.maximum(either, 1), 1.0)
