"""What the input pipelines of pictures and of texts share: the order of the rows in each epoch, and prefetching.

Lesson 01 introduces such pipelines; `training.fit` asks them for the epoch it needs.
"""

import math
import numbers

import numpy as np
import tensorflow as tf


class Order:
    """The order of the rows in each epoch. That of epoch e follows from the seed and e, and from nothing else.

    Each iterator of a pipeline takes the next epoch's order, as with `tf.data.Dataset.shuffle`. That one mixes its seed
    with TensorFlow's global one, and nobody can ask it for a certain epoch.

    Args:
        rows: N.
        seed: a whole number from 0 on, or `None` for the rows as they are.

    Raises:
        ValueError: when the seed is something else.
    """

    def __init__(self, rows: int, seed: int | None):
        if seed is not None and not (isinstance(seed, numbers.Integral) and seed >= 0):
            raise ValueError(f"seed: expected a whole number from 0 on, found {seed!r}")
        self.rows, self.seed, self.epoch = rows, seed, 0

    def dataset(self) -> tf.data.Dataset:
        """Row numbers, int64; each of the N once."""
        if self.seed is None:
            return tf.data.Dataset.range(self.rows)
        one = tf.data.Dataset.from_tensors(0).map(lambda _: tf.numpy_function(self._next, (), tf.int64))
        whole = one.map(lambda order: tf.ensure_shape(order, (self.rows,)))
        return whole.unbatch().apply(tf.data.experimental.assert_cardinality(self.rows))

    def _next(self) -> np.ndarray:
        epoch, self.epoch = self.epoch, self.epoch + 1
        return np.random.default_rng((self.seed, epoch)).permutation(self.rows)


def prefetched(batches: tf.data.Dataset, order: Order | None = None) -> tf.data.Dataset:
    """The same batches, two of them made in advance; the last step of a pipeline.

    Without TensorFlow's tuning of pipelines. That runs a thread of its own, and an iterator ends only when this thread
    has seen that it should: `fit`, which lets go of one at its end, would wait as long as the training has taken
    (`benchmarks/feeding.py`).

    Args:
        batches: any pipeline.
        order: where its rows come from, for `from_epoch`.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    batches = batches.prefetch(2).with_options(options)
    batches.order = order
    return batches


def from_epoch(batches: tf.data.Dataset, first: int) -> tf.data.Dataset:
    """The batches of all epochs from `first` on, one after another without end; every iterator starts at `first`.

    Args:
        batches: for one epoch: a pipeline of this course, or what `map`, `take`, `repeat`, `zip` and the like make of
            such pipelines, with a known number of batches. A pipeline of another kind gives its next orders instead,
            and those before `first` are passed over.
        first: counted from 0.
    """
    size, sources = int(batches.cardinality()), _sources(batches)
    # `repeat` makes several orders of a source one epoch.
    orders = [(source.order, math.ceil(size / int(source.cardinality()))) for source in sources]
    if not orders:
        for _ in range(first):
            next(iter(batches))

    def start(epoch):
        for order, in_an_epoch in orders:
            order.epoch = int(epoch) * in_an_epoch

    def one_epoch(epoch):
        tf.numpy_function(start, (epoch,), ())
        return batches

    return tf.data.Dataset.counter(first).flat_map(one_epoch).with_options(batches.options())


def _sources(batches: tf.data.Dataset) -> list[tf.data.Dataset]:
    """The pipelines of this course which these batches are made of."""
    if getattr(batches, "order", None) is not None:
        return [batches]
    # There is no public way from a dataset to what it was made of.
    return [source for part in batches._inputs() for source in _sources(part)]
