"""What all models of P(label set | example) share: they are trained on its logarithm, drawn from, and searched."""

import keras
import numpy as np
import tensorflow as tf

AT_ONCE = 256  # examples, where an array is given; no result depends on it


class LabelSetModel(keras.Model):
    """A network that reads an example, and what makes of its numbers a distribution over label sets.

    `compile(optimizer)`, and `fit` on the same batches `(x, y)` as any classifier: the loss is -log P(y | x) / K, in
    nats a label, the same quantity for every model of this kind (of a decoder without a fixed order, a bound of it).
    `model(x)` are the network's numbers; what follows from them a subclass says:

    - `log_probability(said, sets)`: of label sets `(batch, K)`, given the numbers `said` of their examples; `(batch,)`;
    - `draw(said, draws, seed)`: label sets `(batch, draws, K)`, and their log-probabilities `(batch, draws)`; `seed`
      is a pair of whole numbers, as `keras.random.SeedGenerator.next` gives it;
    - `beam(said, width)`: the most probable sets that a beam search finds, the best first; shapes as of `draw`;
    - `exact_marginals(said)`, where there is a short way to them: each label's probability, `(batch, K)`.

    Args:
        network: from examples to numbers `(batch, size)`, with its `keras.Input`.
        labels: K.
    """

    def __init__(self, network: keras.Model, labels: int, size: int, **options):
        super().__init__(**options)
        if not isinstance(labels, int | np.integer) or labels < 1:
            raise ValueError(f"labels is the number of labels: expected a whole number from 1 on, found {labels!r}")
        shape = network.output_shape[0] if isinstance(network.output_shape, list) else network.output_shape
        if len(shape) != 2 or shape[1] != size:
            raise ValueError(
                f"network: expected one that gives {size} numbers for each example (a classifier built for {size} "
                f"labels, instead of {labels}), found output of shape {shape}"
            )
        self.network, self.labels = network, int(labels)
        self.built = True

    def call(self, x, training=None):
        """The network's numbers, `(batch, size)`."""
        return self.network(x, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean over the batch of -log P(y | x) / K."""
        each = -self.log_probability(y_pred, tf.cast(y, self.compute_dtype)) / self.labels  # (batch,)
        if sample_weight is not None:
            each *= tf.cast(sample_weight, each.dtype)
        # Each device has a part of the batch, and Keras adds up what they find.
        return tf.reduce_mean(each) / tf.distribute.get_strategy().num_replicas_in_sync

    def sample(self, x, draws: int = 100, seed: int = 0) -> np.ndarray:
        """Label sets drawn from the model, `(N, draws, K)`, float32 of 0 and 1.

        Args:
            x: examples: an array of what the network reads, or a pipeline of batches in a fixed order, with label sets
                beside them or without.
            draws: for each example.
            seed: of the drawing; what is drawn for an example depends on its place in its batch, too.

        Raises:
            ValueError: when `draws` is below 1.
        """
        _check_number("draws", draws)
        # The seed is a tensor: for each number anew the graph would be made anew.
        parts = [self._drawn(part, draws, tf.constant((seed, number)))[0] for number, part in enumerate(_parts(x))]
        return np.concatenate(parts)

    def search(self, x, width: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The most probable label sets that a beam search finds, the best first.

        Args:
            x: as for `sample`.
            width: how many; 1 is greedy: each step takes what is likeliest.

        Returns:
            Label sets `(N, width, K)`, float32 of 0 and 1, and their log-probabilities `(N, width)`. Where there are
            fewer sets than the beam is wide, the rest has -inf.

        Raises:
            ValueError: when `width` is below 1.
        """
        _check_number("width", width)
        parts = [self._searched(part, width) for part in _parts(x)]
        sets, log_probabilities = zip(*parts, strict=True)
        return np.concatenate(sets), np.concatenate(log_probabilities)

    def marginals(self, x, draws: int = 100, seed: int = 0) -> np.ndarray:
        """Each label's probability, `(N, K)`: exact where there is a short way to it, and else the share of the draws.

        Args:
            x, draws, seed: as for `sample`.

        Raises:
            ValueError: when `draws` is below 1.
        """
        _check_number("draws", draws)
        found = [self.exact_marginals(self(part, training=False)) for part in _parts(x)]
        return self.sample(x, draws, seed).mean(axis=1) if found[0] is None else np.concatenate(found)

    def exact_marginals(self, said):
        """None: there is no short way from the numbers of the examples to the probabilities of the labels."""

    @tf.function(reduce_retracing=True)
    def _drawn(self, x, draws, seed):
        return self.draw(self(x, training=False), draws, seed)

    @tf.function(reduce_retracing=True)
    def _searched(self, x, width):
        return self.beam(self(x, training=False), width)

    def get_config(self) -> dict:
        """The arguments that make this model again."""
        network = keras.saving.serialize_keras_object(self.network)
        return {**super().get_config(), "network": network, "labels": self.labels}

    @classmethod
    def from_config(cls, config):
        """The model of these arguments, with other weights."""
        return cls(**{**config, "network": keras.saving.deserialize_keras_object(config["network"])})


def _parts(x):
    """Batches of examples, without their label sets."""
    if isinstance(x, tf.data.Dataset):
        for batch in x:
            yield batch[0] if isinstance(batch, tuple) else batch
    else:
        for first in range(0, len(x), AT_ONCE):
            yield tf.convert_to_tensor(x[first : first + AT_ONCE])


def _check_number(name, number):
    if not isinstance(number, int | np.integer) or number < 1:
        raise ValueError(f"{name}: expected a whole number from 1 on, found {number!r}")
