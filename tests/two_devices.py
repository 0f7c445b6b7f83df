"""Trains on one device and on several logical ones of the same GPU, or CPU, and says by how much the results differ.

For scripts in a process of their own, as devices have to be divided before TensorFlow computes anything.
"""

import json

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import numpy as np
import tensorflow as tf

MEMORY = 2_048  # MiB of a GPU that each logical one gets


def divide(devices: int) -> tf.distribute.Strategy:
    """Makes so many logical devices of the first one. One strategy serves a process: two would mix up their sums."""
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    part = tf.config.LogicalDeviceConfiguration(memory_limit=MEMORY if kind == "GPU" else None)
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices(kind)[0], [part] * devices)
    # NCCL, which adds up between GPUs, wants a card for each.
    sums = tf.distribute.HierarchicalCopyAllReduce() if kind == "GPU" else None
    return tf.distribute.MirroredStrategy([f"{kind}:{number}" for number in range(devices)], sums)


def differences(trained, strategy: tf.distribute.Strategy) -> dict[str, float]:
    """The largest of the losses and of the weights; `trained(strategy)` returns a history and weights."""
    one, several = trained(tf.distribute.get_strategy()), trained(strategy)
    found = {
        "losses": max(np.abs(np.subtract(one[0][name], several[0][name])).max() for name in one[0]),
        "weights": max(np.abs(a - b).max() for a, b in zip(one[1], several[1], strict=True)),
    }
    return {name: float(value) for name, value in found.items()}


def compare(trained) -> None:
    """Prints the differences between one device and two."""
    print("\n" + json.dumps(differences(trained, divide(2))))
