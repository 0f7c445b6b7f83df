"""Trains a small recurrent network on two devices, at once and with an interruption; prints by how much they differ.

Run by tests/test_training.py.
"""

import tempfile

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import two_devices

from mlc_tf import training
from mlc_tf.data import product_listings, text
from mlc_tf.models import rnn


def trained(strategy, epochs, folder=None):
    listings = product_listings.load_data(100, 10, 10).train
    with strategy.scope():
        vectorizer = text.vectorizer(listings.x)
        batches = text.batches(listings.x, listings.y, vectorizer, 10, seed=0)
        network = rnn.classifier(vectorizer.vocabulary_size(), listings.y.shape[1], units=8, embedding=8)
        network.compile(rnn.optimizer(2 * 20), keras.losses.BinaryCrossentropy(from_logits=True))
    return training.fit(network, batches, epochs, folder), network.get_weights()


if __name__ == "__main__":
    strategy = two_devices.divide(2)
    whole = trained(strategy, 2)
    with tempfile.TemporaryDirectory() as folder:
        trained(strategy, 1, folder)
        resumed = trained(strategy, 2, folder)
    assert np.shape(whole[0]["loss"]) == np.shape(resumed[0]["loss"]) == (2,)
    print("\n" + str(max(np.abs(a - b).max() for a, b in zip(whole[1], resumed[1], strict=True))))
