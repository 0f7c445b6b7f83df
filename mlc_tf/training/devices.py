"""Where a training is run: on one device, or on all the GPUs of the machine. Lessons 04 and 10."""

import tensorflow as tf


def strategy() -> tf.distribute.Strategy:
    """All GPUs where there are several, otherwise TensorFlow's default: the GPU, or the CPU.

    Build and compile the model inside `strategy().scope()`; `fit` is then called as always. Each batch is shared out
    among the GPUs.
    """
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
