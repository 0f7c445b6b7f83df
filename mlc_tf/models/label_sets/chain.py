"""A classifier chain: each label sees those before it. Lesson 08.

Read et al. 2009, "Classifier chains for multi-label classification", ECML PKDD; as a distribution, Dembczynski et al.
2010, "Bayes optimal multilabel classification via probabilistic classifier chains", ICML. Here all labels share one
network, and a mask lets all be trained at once, as in Germain et al. 2015, "MADE: masked autoencoder for distribution
estimation", ICML.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from scipy.special import logit

from mlc_tf.data.counts import whole
from mlc_tf.models.label_sets.model import LabelSetModel, checked_frequencies


@keras.saving.register_keras_serializable("mlc_tf")
class Chain(LabelSetModel):
    """P(y | x) as the product over the labels k of P(y_k | x, y_j of all j before k in the order).

    Label k has H numbers: z_k = the network's own H for it + sum over the j before k of y_j U_jk. Its logit is
    z_k0 + v_k . relu(z_k1 ...) + b_k: with H = 1 earlier labels move the logit, with more of them they also change what
    the example says of it. U is 0 at first: the training begins with independent labels.

    Args:
        network: from examples to `K * units` numbers, such as a classifier of the course built for so many labels.
        labels: K.
        units: H.
        order: of the labels, their numbers; `None` for 0 to K - 1.
        frequencies: of the labels in the training split, `(K,)`: the first logits are about their log-odds.
        looks_back: False for labels that are independent given the example: sigmoids, as in lessons 02 to 07, in the
            form of a model of label sets.

    Raises:
        ValueError: when the network gives another number of numbers, or `order` or `frequencies` do not fit K labels.
    """

    def __init__(
        self,
        network: keras.Model,
        labels: int,
        units: int = 8,
        order: Sequence[int] | None = None,
        frequencies: np.ndarray | None = None,
        looks_back: bool = True,
        **options,
    ):
        labels, units = whole("labels", labels), whole("units", units)
        super().__init__(network, labels, labels * units, **options)
        order = list(range(labels)) if order is None else [int(label) for label in order]
        if sorted(order) != list(range(labels)):
            raise ValueError(f"order: expected each of the numbers 0 to {labels - 1} once, found {order!r:.200}")
        self.units, self.order, self.looks_back = units, order, looks_back
        self.ranks = np.argsort(order)  # of each label in the order
        self.bias = self.add_weight(name="bias", shape=(labels,), initializer="zeros")
        self.outgoing = self.add_weight(name="outgoing", shape=(labels, units - 1), initializer="zeros")
        # Either sign: over the labels, what hidden units add is about 0 at first, and each of them learns.
        self.outgoing.assign(np.resize([1.0, -1.0], (labels, units - 1)) / max(1, units - 1) ** 0.5)
        if looks_back:
            self.earlier = self.add_weight(name="earlier", shape=(labels, labels, units), initializer="zeros")
        if frequencies is not None:
            self.bias.assign(logit(checked_frequencies(frequencies, labels))[order])

    def log_probability(self, said, sets):
        """Log-probability of label sets `(batch, K)` in one pass: each label is given the true ones before it."""
        ordered = tf.gather(sets, self.order, axis=1)
        logits = self._logits(self._by_label(said), ordered)  # (batch, K)
        return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(ordered, logits), axis=1)

    @tf.function  # its loop over the labels is one in the graph, however many they are
    def draw(self, said, draws, seed):
        """Label sets drawn one label after another, each given those drawn before it."""
        own = self._by_label(said)[:, None]  # (batch, 1, K, H), the same for all draws
        shape = (tf.shape(said)[0], draws, self.labels)
        chance = tf.random.stateless_uniform(shape, seed, dtype=said.dtype)
        ordered, total = tf.zeros(shape, said.dtype), tf.zeros(shape[:2], said.dtype)
        for k in tf.range(self.labels):
            logits = self._logits_of(k, own, ordered)
            chosen = tf.cast(chance[:, :, k] < tf.sigmoid(logits), said.dtype)
            total -= tf.nn.sigmoid_cross_entropy_with_logits(chosen, logits)
            ordered += chosen[..., None] * tf.one_hot(k, self.labels, dtype=said.dtype)
        return tf.gather(ordered, self.ranks, axis=2), total

    @tf.function
    def beam(self, said, width):
        """The best `width` beginnings of a label set are kept, label after label."""
        own = self._by_label(said)[:, None]
        batch = tf.shape(said)[0]
        ordered = tf.zeros((batch, width, self.labels), said.dtype)
        # At first there is one beginning, the empty one.
        total = tf.tile([[0.0] + [-np.inf] * (width - 1)], (batch, 1))
        for k in tf.range(self.labels):
            logits = self._logits_of(k, own, ordered)  # (batch, width)
            both = tf.concat([total + tf.math.log_sigmoid(-logits), total + tf.math.log_sigmoid(logits)], axis=1)
            total, best = tf.math.top_k(both, width)  # of absent and present, (batch, 2 width)
            ordered = tf.gather(ordered, best % width, axis=1, batch_dims=1)
            present = tf.cast(best >= width, said.dtype)
            ordered += present[..., None] * tf.one_hot(k, self.labels, dtype=said.dtype)
        return tf.gather(ordered, self.ranks, axis=2), total

    def direct_marginals(self, said):
        """Of labels that do not look back."""
        if self.looks_back:
            return None
        logits = self._from_units(self._by_label(said), self.outgoing, self.bias)
        return tf.gather(tf.sigmoid(logits), self.ranks, axis=1)

    def _by_label(self, said):
        """The network's numbers by label, in the order: `(batch, K, H)`."""
        return tf.gather(tf.reshape(said, (-1, self.labels, self.units)), self.order, axis=1)

    def _logits(self, own, ordered):
        """All logits `(batch, K)` at once: each label is told those before it."""
        if self.looks_back:
            before = np.triu(np.ones((self.labels, self.labels), np.float32), k=1)  # (j, k), 1 where j < k
            own += tf.einsum("bj,jkh->bkh", ordered, self.earlier * before[..., None])
        return self._from_units(own, self.outgoing, self.bias)

    def _logits_of(self, k, own, ordered):
        """The logits `(batch, ways)` of label k where these labels, `(batch, ways, K)`, were decided before it."""
        units = own[:, :, k]  # (batch, 1, H)
        if self.looks_back:  # later labels are 0 yet, and need no mask
            units += tf.einsum("bwj,jh->bwh", ordered, self.earlier[:, k])
        logits = self._from_units(units, self.outgoing[k], self.bias[k])
        return tf.broadcast_to(logits, tf.shape(ordered)[:2])

    def _from_units(self, units, outgoing, bias):
        return units[..., 0] + tf.reduce_sum(outgoing * tf.nn.relu(units[..., 1:]), axis=-1) + bias

    def get_config(self) -> dict:
        """The arguments that make this model again."""
        return {**super().get_config(), "units": self.units, "order": list(self.order), "looks_back": self.looks_back}
