"""A recurrent network that says the label set, one label after another, and then stops. Lesson 08.

Nam et al. 2017, "Maximizing subset accuracy with recurrent neural networks in multi-label classification", NeurIPS;
with attention, Yang et al. 2018, "SGM: sequence generation model for multi-label classification", COLING. It pays for
the labels that are there, where a chain pays for all K.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.counts import whole
from mlc_tf.models.label_sets.model import UNSEEN, LabelSetModel, checked_frequencies
from mlc_tf.models.seeds import seeded

ORDERS = ("random", "any")
IMPOSSIBLE = -1e9  # a logit; an infinite one would make the gradient nan
EMBEDDING = 32  # size of a label's vector


@keras.saving.register_keras_serializable("mlc_tf")
class Decoder(LabelSetModel):
    """P(y | x) by a GRU that says labels: at each step one of those that may still come, or "stop".

    Its state begins with numbers of the example. A step reads the label said last, looks at the words or places of the
    example where there are such (attention), and gives each label and the stop a logit; to those of the labels it adds
    the network's own logits. It never says a label twice.

    With a fixed order the labels come in that order, so each label set is said in one way, and P(y | x) is exact. With
    "random" training shows the labels of a set in another order each time: the loss is on average at least
    -log P(y | x), which would be that of all orders together. With "any" a step pays only for what it gives to labels
    that are not in the set, and may say the others in the order it likes: the loss is smaller, and compares with that
    of no other model (a set loss, after Welleck et al. 2018, "Loss functions for multiset prediction", NeurIPS).

    Args:
        network: from examples to `units + labels` numbers: those that the state begins with, then a logit for each
            label. A classifier of the course built for so many labels. For attention it gives a pair, as made by
            `places.with_places`: these numbers, and `(batch, places, size)`; a place of zeros only is passed over.
        labels: K.
        units: of the state.
        order: numbers of the labels, all K of them, such as `np.argsort(-y.mean(axis=0))`; or "random", or "any".
        longest: the most labels that an answer has; no training example may have more.
        frequencies: of the labels in the training split, `(K,)`: the first logits are about their logarithms.
        sigmoid_loss: how much the network's own logits pay, by binary cross-entropy, beside what the decoder pays: each
            label is then also learnt by itself, and `marginals` are what those logits say.
        seed: of the first weights, and of the random order.

    Raises:
        ValueError: when the network gives other numbers, or another argument does not fit.
    """

    reads_places = True

    def __init__(
        self,
        network: keras.Model,
        labels: int,
        units: int = 64,
        order: str | Sequence[int] = "random",
        longest: int = 20,
        frequencies: np.ndarray | None = None,
        sigmoid_loss: float = 0.0,
        seed: int = 0,
        **options,
    ):
        labels, units = whole("labels", labels), whole("units", units)
        super().__init__(network, labels, units + labels, **options)
        if not isinstance(order, str):
            order = [int(label) for label in (() if order is None else order)]
        if order not in ORDERS and (isinstance(order, str) or sorted(order) != list(range(labels))):
            raise ValueError(
                f"order: expected 'random', 'any', or each of the numbers 0 to {labels - 1} once; found {order!r:.200}"
            )
        if not sigmoid_loss >= 0:
            raise ValueError(f"sigmoid_loss: expected a number from 0 on, found {sigmoid_loss!r}")
        self.units, self.order, self.longest = units, order, whole("longest", longest)
        self.sigmoid_loss, self.seed = float(sigmoid_loss), seed
        self.fixed = not isinstance(order, str)
        # Of each label in the order; any will do where there is none.
        self.ranks = np.argsort(order) if self.fixed else np.arange(labels)
        self.random = keras.random.SeedGenerator(seed)
        with seeded(seed):
            self.vectors = keras.layers.Embedding(labels + 1, EMBEDDING, name="label_vectors")  # K stands for the start
            self.vectors.build()
            self.gru = keras.layers.GRU(units, return_sequences=True, name="said_so_far")
            self.gru.build((None, None, EMBEDDING))
            self.to_logits = keras.layers.Dense(labels + 1, name="next_label")  # K stands for the stop
            size = self._places_size()
            self.to_logits.build((None, units + (size or 0)))
            if size:
                self.query = keras.layers.Dense(size, use_bias=False, name="looks_for")
                self.query.build((None, units))
        if frequencies is not None:
            self.to_logits.bias.assign([*np.log(checked_frequencies(frequencies, labels)), 0.0])

    def log_probability(self, said, sets):
        """Log-probability `(batch,)` of label sets `(batch, K)`, in one pass: each step is given the true labels.

        Without a fixed order of them saying the set in one order, drawn anew at each call; with "any" each step counts
        all labels still to come together.
        """
        logits, targets, remaining = self._taught(said, sets)
        log_p = tf.nn.log_softmax(logits)  # (batch, steps, K + 1)
        if self.order == "any":
            right = tf.where(remaining, log_p, IMPOSSIBLE)
            each = tf.reduce_logsumexp(right, axis=2)
        else:
            each = tf.gather(log_p, targets, axis=2, batch_dims=2)
        each = tf.where(each > IMPOSSIBLE / 2, each, np.log(UNSEEN))  # of labels beyond the longest answer
        steps = tf.range(tf.shape(targets)[1])
        counts = steps <= tf.reduce_sum(tf.cast(sets, tf.int32), axis=1, keepdims=True)  # with the stop
        return tf.reduce_sum(tf.where(counts, each, 0), axis=1)

    def loss_of_each(self, said, sets, training):
        """-log P(y | x) / K, and the sigmoid loss beside it, `(batch,)`."""
        each = super().loss_of_each(said, sets, training)
        if training:
            most = tf.cast(tf.reduce_max(tf.reduce_sum(sets, axis=1)), tf.int32)
            message = f"a label set is larger than longest={self.longest}: give the decoder a larger number"
            tf.debugging.assert_less_equal(most, self.longest, message)
        if self.sigmoid_loss:
            logits = self._numbers(said)[:, self.units :]
            beside = tf.nn.sigmoid_cross_entropy_with_logits(sets, logits)  # (batch, K)
            each += self.sigmoid_loss * tf.reduce_mean(beside, axis=1)
        return each

    def direct_marginals(self, said):
        """With a sigmoid loss beside, the network's own probabilities: not those of the sets that are said."""
        return tf.sigmoid(self._numbers(said)[:, self.units :]) if self.sigmoid_loss else None

    def _taught(self, said, sets):
        """Logits `(batch, steps, K + 1)`, the label of each step `(batch, steps)`, and the labels still to come."""
        longest = tf.reduce_max(tf.reduce_sum(tf.cast(sets, tf.int32), axis=1))
        if self.fixed:
            earliness = tf.constant(self.labels - self.ranks, sets.dtype)
        else:
            earliness = 1 + tf.random.stateless_uniform(tf.shape(sets), self.random.next(), dtype=sets.dtype)
        keys, spoken = tf.math.top_k(sets * earliness, longest)  # (batch, longest), absent labels behind
        spoken = tf.where(keys > 0, spoken, self.labels)
        targets = tf.pad(spoken, [[0, 0], [0, 1]], constant_values=self.labels)  # (batch, longest + 1)
        read = tf.pad(spoken, [[0, 0], [1, 0]], constant_values=self.labels)
        one_hot = tf.one_hot(read, self.labels, dtype=sets.dtype)  # (batch, steps, K); the start is nowhere
        used = tf.cumsum(one_hot, axis=1)
        states = self.gru(self.vectors(read), initial_state=tf.tanh(self._numbers(said)[:, : self.units]))
        over = (tf.range(longest + 1) >= self.longest)[None]  # (1, steps)
        logits = self._logits(said, states, used, read, over)
        to_come = sets[:, None] - used  # (batch, steps, K)
        none = 1 - tf.reduce_max(to_come, axis=2, keepdims=True)
        return logits, targets, tf.concat([to_come, none], axis=2) > 0.5

    def draw(self, said, draws, seed):
        """Label sets drawn label by label, and the log-probability of the order in which each was said."""

        def one_more(step, state, last, used, ended, total):
            log_p, state = self._step(said, state, last, used, ended, step)
            flat = tf.reshape(log_p, (-1, self.labels + 1))
            chosen = tf.random.stateless_categorical(flat, 1, tf.random.fold_in(seed, step))
            last = tf.reshape(tf.cast(chosen, tf.int32), tf.shape(last))
            total += tf.gather(log_p, last, axis=2, batch_dims=2)
            used += tf.one_hot(last, self.labels)
            return step + 1, state, last, used, ended | (last == self.labels), total

        start = self._start(said, draws)
        total = tf.zeros_like(start[1], tf.float32)
        _, _, _, used, _, total = tf.while_loop(self._goes_on, one_more, (0, *start, total))
        return used, total

    def beam(self, said, width):
        """The best `width` beginnings are kept at each step; those that have stopped stay as they are.

        Without a fixed order a set may be found more than once, said in several orders.
        """

        def one_more(step, state, last, used, ended, total):
            log_p, state = self._step(said, state, last, used, ended, step)
            every = tf.reshape(total[..., None] + log_p, (-1, width * (self.labels + 1)))
            total, best = tf.math.top_k(every, width)
            parent, last = best // (self.labels + 1), best % (self.labels + 1)
            state, used, ended = (tf.gather(part, parent, axis=1, batch_dims=1) for part in (state, used, ended))
            used += tf.one_hot(last, self.labels)
            return step + 1, state, last, used, ended | (last == self.labels), total

        start = self._start(said, width)
        total = tf.where(tf.range(width) == 0, 0.0, -np.inf) + tf.zeros_like(start[1], tf.float32)
        _, _, _, used, _, total = tf.while_loop(self._goes_on, one_more, (0, *start, total))
        found = total > IMPOSSIBLE / 2
        return tf.where(found[..., None], used, 0), tf.where(found, total, -np.inf)

    def _goes_on(self, step, state, last, used, ended, total):
        """Whether an answer that is possible has not stopped."""
        return tf.reduce_any(~ended & (total > IMPOSSIBLE / 2))

    def _start(self, said, ways):
        """State, label said last, labels used, and whether it has stopped: for `ways` answers of each example."""
        state = tf.repeat(tf.tanh(self._numbers(said)[:, None, : self.units]), ways, axis=1)
        last = tf.fill(tf.shape(state)[:2], self.labels)
        used = tf.zeros((tf.shape(state)[0], ways, self.labels))
        return state, last, used, tf.zeros_like(last, tf.bool)

    def _step(self, said, state, last, used, ended, step):
        """Log-probabilities of the next label or the stop, `(batch, ways, K + 1)`, and the new states."""
        vectors = tf.reshape(self.vectors(last), (-1, EMBEDDING))
        new, _ = self.gru.cell(vectors, [tf.reshape(state, (-1, self.units))])
        state = tf.reshape(new, tf.shape(state))
        over = ended | (step >= self.longest)
        return tf.nn.log_softmax(self._logits(said, state, used, last, over)), state

    def _logits(self, said, states, used, last, over):
        """Logits `(batch, steps or ways, K + 1)` of what comes next; where it is over, that is the stop, for sure."""
        seen = states
        if isinstance(said, (list, tuple)):
            places = said[1]  # (batch, places, size)
            scores = tf.matmul(self.query(states), places, transpose_b=True)  # (batch, steps, places)
            empty = tf.reduce_all(places == 0, axis=2)[:, None]
            weights = tf.nn.softmax(tf.where(empty, IMPOSSIBLE, scores))
            seen = tf.concat([states, weights @ places], axis=-1)
        own = tf.pad(self._numbers(said)[:, None, self.units :], [[0, 0], [0, 0], [0, 1]])
        logits = self.to_logits(seen) + own
        gone = (used > 0.5) | over[..., None]
        if self.fixed:  # what comes before the last label in the order can come no more
            ranks = tf.constant([*self.ranks, -1], tf.int32)  # the start, and the stop, stand before all
            gone |= ranks[:-1] <= tf.gather(ranks, last)[..., None]
        return tf.where(tf.pad(gone, [[0, 0], [0, 0], [0, 1]]), IMPOSSIBLE, logits)

    def _numbers(self, said):
        return said[0] if isinstance(said, (list, tuple)) else said

    def _places_size(self):
        shape = self.network.output_shape
        return shape[1][-1] if isinstance(shape, list) else None

    def get_config(self) -> dict:
        """The arguments that make this model again."""
        names = ("units", "longest", "sigmoid_loss", "seed")
        order = list(self.order) if self.fixed else self.order
        return {**super().get_config(), "order": order} | {name: getattr(self, name) for name in names}
