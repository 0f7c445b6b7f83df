"""Trains on one device and on several logical CPUs, and says by how much the results differ.

For scripts in a process of their own, as devices have to be divided before TensorFlow computes anything.
"""

import json

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import numpy as np
import tensorflow as tf


def divide(devices: int) -> tf.distribute.Strategy:
    """Makes so many logical CPUs of the one there is. One strategy serves a process: two would mix up their sums."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
    return tf.distribute.MirroredStrategy([f"CPU:{number}" for number in range(devices)])


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
