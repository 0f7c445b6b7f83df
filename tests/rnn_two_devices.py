"""Trains a small recurrent network on one device and on two, and prints by how much they differ. Run by test_rnn.py.

python tests/rnn_two_devices.py halves     every batch can be shared out evenly
python tests/rnn_two_devices.py buckets    batches of texts of like length, some of an odd number
"""

import json
import sys

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import tensorflow as tf

from mlc_tf import rnn, text, training
from mlc_tf.datasets import product_listings


def trained(strategy, seed):
    """Without dropout, as each device draws its own."""
    listings = product_listings.load_data(200, 10, 10).train
    vectorizer = text.vectorizer(listings.x)
    with strategy.scope():
        network = rnn.classifier(vectorizer.vocabulary_size(), listings.y.shape[1], units=8, embedding=8)
        network.compile(rnn.optimizer(3 * 20), keras.losses.BinaryCrossentropy(from_logits=True))
    batches = text.batches(listings.x, listings.y, vectorizer, 10, seed)
    return training.fit(network, batches, 3), network.get_weights()


def main():
    devices = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(devices[0], [tf.config.LogicalDeviceConfiguration()] * 2)
    seed = {"halves": None, "buckets": 0}[sys.argv[1]]
    one = trained(tf.distribute.get_strategy(), seed)
    two = trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), seed)
    differences = {
        "losses": max(np.abs(np.subtract(one[0][name], two[0][name])).max() for name in one[0]),
        "weights": max(np.abs(a - b).max() for a, b in zip(one[1], two[1], strict=True)),
    }
    print("\n" + json.dumps({name: float(value) for name, value in differences.items()}))


if __name__ == "__main__":
    main()
