"""Trains on one device and on two logical CPUs, and prints by how much the results differ.

For scripts in a process of their own, as devices have to be divided before TensorFlow computes anything.
"""

import json

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import numpy as np
import tensorflow as tf


def compare(trained):
    """`trained(strategy)` returns a history and weights."""
    devices = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(devices[0], [tf.config.LogicalDeviceConfiguration()] * 2)
    one = trained(tf.distribute.get_strategy())
    two = trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    differences = {
        "losses": max(np.abs(np.subtract(one[0][name], two[0][name])).max() for name in one[0]),
        "weights": max(np.abs(a - b).max() for a, b in zip(one[1], two[1], strict=True)),
    }
    print("\n" + json.dumps({name: float(value) for name, value in differences.items()}))
