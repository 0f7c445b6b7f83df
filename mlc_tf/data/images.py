"""The input pipeline for pictures: batches in `tf.data`, shuffled by seed, prefetched. Introduced in lesson 01."""

import numpy as np
import tensorflow as tf

from mlc_tf.data.prefetching import prefetched


def batches(x: np.ndarray, y: np.ndarray, batch_size: int, seed: int | None = None) -> tf.data.Dataset:
    """Batches of pictures with their label sets.

    The arrays stay in memory as they are, which is the cache; the pipeline shuffles *row numbers* and fetches a
    whole batch of rows at once, which is faster than stacking single pictures (`benchmarks/feeding.py`).

    Args:
        x: pictures `(N, height, width, channels)`.
        y: label matrix `(N, K)`.
        batch_size: pictures in a batch.
        seed: shuffle, in an order that differs from epoch to epoch; all orders follow from this seed and
            `keras.utils.set_random_seed`. Every batch is then a full one, if there are enough rows for one: what is
            left over, others in each epoch, waits for the next. `None` keeps the order of the rows and all of them, as
            `predict` needs, so that the last batch may be smaller.

    Returns:
        A dataset of `(x, y)` pairs of shapes `(batch, height, width, channels)` and `(batch, K)`.

    Raises:
        ValueError: when `x` and `y` differ in length, are empty, or `batch_size` is not positive.
    """
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"expected a label set for each picture, at least one: found {len(x)} pictures, {len(y)} sets")
    if batch_size < 1:
        raise ValueError(f"batch_size: expected a whole number from 1 on, found {batch_size!r}")
    # On the host, also where there is a GPU: a data set need not fit the accelerator's memory.
    with tf.device("CPU"):
        x, y = tf.constant(x), tf.constant(y)
    rows = tf.data.Dataset.range(len(x))
    if seed is not None:
        rows = rows.shuffle(len(x), seed=seed, reshuffle_each_iteration=True)
    rows = rows.batch(batch_size, drop_remainder=seed is not None and len(x) >= batch_size)
    return prefetched(rows.map(lambda row: (tf.gather(x, row), tf.gather(y, row))))
