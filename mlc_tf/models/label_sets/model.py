"""What all models of P(label set | example) share: they are trained on its logarithm, drawn from, and searched."""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.counts import whole

AT_ONCE = 256  # examples, where an array is given
NEVER = 1e-4  # the frequency taken for a label that no training example has
UNSEEN = 1e-6  # the probability that the loss takes for what a model can never answer


class LabelSetModel(keras.Model):
    """A network that reads an example, and what makes of its numbers a distribution over label sets.

    `compile(optimizer)`, without a loss, and `fit` on batches `(x, y)` as any classifier, y of 0 and 1: the loss is
    -log P(y | x) / K, in nats a label, which can be compared from model to model (`Decoder` and `Powerset` say where it
    is something else). `model(x)` are the network's numbers; what follows from them a subclass says:

    - `log_probability(said, sets)`: of label sets `(batch, K)`, given the numbers `said` of their examples; `(batch,)`;
    - `draw(said, draws, seed)`: label sets `(batch, draws, K)`, and their log-probabilities `(batch, draws)`; `seed`
      is a pair of whole numbers, as `keras.random.SeedGenerator.next` gives it;
    - `beam(said, width)`: the most probable sets that a beam search finds, the best first; shapes as of `draw`;
    - `direct_marginals(said)`, where there is a short way to them: each label's probability, `(batch, K)`.

    Args:
        network: from examples to numbers `(batch, size)`, with its `keras.Input`.
        labels: K.
        size: how many numbers the subclass needs.
    """

    reads_places = False  # whether the network may give places to look at, too

    def __init__(self, network: keras.Model, labels: int, size: int, **options):
        super().__init__(**options)
        shape, pair = network.output_shape, isinstance(network.output_shape, list)
        if pair and self.reads_places:
            shape, pair = shape[0], False
        if pair or len(shape) != 2 or shape[1] != size:
            raise ValueError(
                f"network: expected one that gives {size} numbers for each example (a classifier built for {size} "
                f"labels, instead of {labels}), found output of shape {shape}"
            )
        self.network, self.labels, self._graphs = network, labels, {}
        self.built = True

    def call(self, x, training=None):
        """The network's numbers, `(batch, size)`."""
        return self.network(x, training=training)

    def compile(self, optimizer="adam", loss=None, jit_compile=False, **options):
        """As any model, but for the loss, which it has. Not compiled by XLA, which needs sizes that are fixed.

        Raises:
            ValueError: when there is a loss.
        """
        if loss is not None:
            raise ValueError(f"loss: expected none, as the model's is -log P(label set | example); found {loss!r}")
        super().compile(optimizer, jit_compile=jit_compile, **options)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean over the batch of -log P(y | x) / K, and what layers add to the loss."""
        sets = tf.cast(y, self.compute_dtype)
        tf.debugging.assert_equal(sets, tf.round(sets), "y: expected label sets of 0 and 1, found soft targets")
        each = self.loss_of_each(y_pred, sets, training)  # (batch,)
        if sample_weight is not None:
            each *= tf.cast(sample_weight, each.dtype)
        # Each device has a part of the batch, and Keras adds up what they find.
        return (tf.reduce_mean(each) + sum(self.losses)) / tf.distribute.get_strategy().num_replicas_in_sync

    def loss_of_each(self, said, sets, training):
        """The loss of each example, `(batch,)`."""
        return -self.log_probability(said, sets) / self.labels

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
        draws = whole("draws", draws)
        return np.concatenate([sets for sets, _ in self._answers(x, "draw", draws, seed)])

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
        width = whole("width", width)
        sets, log_probabilities = zip(*self._answers(x, "beam", width), strict=True)
        return np.concatenate(sets), np.concatenate(log_probabilities)

    def marginals(self, x, draws: int = 100, seed: int = 0) -> np.ndarray:
        """Each label's probability, `(N, K)`: directly where the model has a way to it, else the share of the draws.

        Args:
            x, draws, seed: as for `sample`.

        Raises:
            ValueError: when `draws` is below 1.
        """
        found = []
        for known in self._answers(x, "marginals"):
            if known is None:
                return self.sample(x, draws, seed).mean(axis=1)
            found.append(known)
        return np.concatenate(found)

    def direct_marginals(self, said):
        """None: there is no short way from the numbers of the examples to the probabilities of the labels."""

    def _answers(self, x, way, number=0, seed=0):
        """Batch by batch, `number` label sets for each example, by "draw" or "beam"; or its direct "marginals"."""
        if (way, number) not in self._graphs:
            self._graphs[way, number] = self._graph(way, number)
        for batch, part in enumerate(_parts(x)):
            inputs = zip(tf.nest.flatten(part), self.network.inputs, strict=True)
            of_network = [tf.cast(one, given.dtype) for one, given in inputs]
            yield self._graphs[way, number](tf.constant((seed, batch)), *of_network)

    def _graph(self, way, number):
        """One graph for batches of any size: TensorFlow would make another for each size, and warn."""

        @tf.function
        def of_batch(seed, *inputs):
            said = self(inputs[0] if len(inputs) == 1 else list(inputs), training=False)
            if way == "marginals":
                return self.direct_marginals(said)
            return self.draw(said, number, seed) if way == "draw" else self.beam(said, number)

        inputs = [tf.TensorSpec(given.shape, given.dtype) for given in self.network.inputs]
        return of_batch.get_concrete_function(tf.TensorSpec((2,), tf.int32), *inputs)

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
    elif len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    else:
        for first in range(0, len(x), AT_ONCE):
            yield tf.convert_to_tensor(x[first : first + AT_ONCE])


def checked_frequencies(frequencies: np.ndarray, labels: int) -> np.ndarray:
    """The frequencies, `(K,)` in 0..1, or ValueError is raised; neither 0 nor 1, whose logarithms are not finite."""
    found = np.asarray(frequencies, float)
    if found.shape != (labels,) or not (found.min() >= 0 and found.max() <= 1):
        raise ValueError(
            f"frequencies: expected {labels} numbers from 0 to 1, such as y.mean(axis=0); found {frequencies!r:.200}"
        )
    return np.clip(found, NEVER, 1 - NEVER)
