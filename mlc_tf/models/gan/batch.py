"""The rows of a batch: which of them a device has, and which of these are compared."""

from typing import NamedTuple

import tensorflow as tf


class Share(NamedTuple):
    """The consecutive rows of a batch that one device has."""

    first: tf.Tensor  # its first row in the batch
    rows: tf.Tensor  # how many it has
    batch: tf.Tensor  # rows of the whole batch
    weight: tf.Tensor  # its rows as a multiple of what each device has on average


def share(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, Share]:
    """The rows of this device, and which of the batch they are; inside of a training step.

    Where a small batch leaves a device without any, it gets a row of zeros that weighs 0: convolutions need one.
    """
    rows = tf.shape(x)[0]
    context = tf.distribute.get_replica_context()
    replicas, replica = context.num_replicas_in_sync, context.replica_id_in_sync_group
    if replicas == 1:
        return x, y, Share(tf.constant(0), rows, rows, tf.constant(1.0))
    mine = tf.one_hot(replica, replicas) * tf.cast(rows, tf.float32)
    of_each = context.all_reduce(tf.distribute.ReduceOp.SUM, mine)  # (replicas,)
    batch = tf.cast(tf.reduce_sum(of_each), tf.int32)
    first = tf.minimum(tf.cast(tf.reduce_sum(of_each[:replica]), tf.int32), batch - 1)
    x, y = (tf.pad(part, [[0, tf.maximum(1 - rows, 0)], *[[0, 0]] * (len(part.shape) - 1)]) for part in (x, y))
    return x, y, Share(first, tf.shape(x)[0], batch, of_each[replica] / tf.reduce_mean(of_each))


def neighbours(rows: tf.Tensor) -> tf.Tensor:
    """Rows 0 and 1 change places, rows 2 and 3, and so on.

    The last of an odd number takes the row before it; a row that is alone stays.
    """
    count = tf.shape(rows)[0]
    neighbour = tf.bitwise.bitwise_xor(tf.range(count), 1)
    return tf.gather(rows, tf.where(neighbour < count, neighbour, tf.maximum(count - 2, 0)))


def twins(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Of every four, rows 0 and 2 change places, and rows 1 and 3.

    Returns:
        The rows, and 1 for each that has such a twin, 0 for one at the end that has none, `(batch,)`.
    """
    count = tf.shape(rows)[0]
    twin = tf.bitwise.bitwise_xor(tf.range(count), 2)
    return tf.gather(rows, tf.minimum(twin, count - 1)), tf.cast(twin < count, rows.dtype)


def same_for_twins(rows: tf.Tensor) -> tf.Tensor:
    """Of every four, rows 2 and 3 become what rows 0 and 1 are."""
    row = tf.range(tf.shape(rows)[0])
    return tf.gather(rows, row - tf.bitwise.bitwise_and(row, 2))
