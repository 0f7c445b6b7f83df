"""Trains a small recurrent network on one device and on two, and prints by how much they differ. Run by test_rnn.py.

python tests/rnn_two_devices.py halves     every batch can be shared out evenly
python tests/rnn_two_devices.py buckets    batches of texts of like length, some of an odd number
"""

import sys

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import two_devices

from mlc_tf import training
from mlc_tf.data import product_listings, text
from mlc_tf.models import rnn


def trained(strategy, seed):
    """Without dropout, as each device draws its own."""
    listings = product_listings.load_data(200, 10, 10).train
    vectorizer = text.vectorizer(listings.x)
    with strategy.scope():
        network = rnn.classifier(vectorizer.vocabulary_size(), listings.y.shape[1], units=8, embedding=8)
        network.compile(rnn.optimizer(3 * 20), keras.losses.BinaryCrossentropy(from_logits=True))
    batches = text.batches(listings.x, listings.y, vectorizer, 10, seed)
    return training.fit(network, batches, 3), network.get_weights()


if __name__ == "__main__":
    seed = {"halves": None, "buckets": 0}[sys.argv[1]]
    two_devices.compare(lambda strategy: trained(strategy, seed))
