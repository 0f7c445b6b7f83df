"""The last step of an input pipeline: a batch is made ready while the one before it is trained on."""

import tensorflow as tf


def prefetched(batches: tf.data.Dataset) -> tf.data.Dataset:
    """The same batches, two of them made in advance.

    Without TensorFlow's tuning of pipelines. Its thread is told to end before it can see that it shall, and often goes
    back to sleep; who lets go of the iterator, as `fit` does at the end of a training, waits until it wakes. By then it
    sleeps about as long as the training has taken (`benchmarks/feeding.py`).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(2).with_options(options)
