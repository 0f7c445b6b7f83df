"""Trains a small GAN on one device and on two, and prints by how much they differ. Run by tests/test_gan.py.

python tests/gan_two_devices.py hinge 64 3
"""

import sys

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import two_devices

from mlc_tf import training
from mlc_tf.data import images
from mlc_tf.models.gan import MultiLabelGAN, networks

OPTIONS = {
    "hinge": {"adversarial": "hinge", "augment": ("shift", "colour", "cut"), "discriminator_steps": 2},
    "wasserstein": {"adversarial": "wasserstein", "penalty_weight": 10.0},
    "variety": {"adversarial": "hinge", "variety_weight": 0.5},
}


def trained(strategy, rows, epochs, **options):
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (rows, 8, 8, 1), np.uint8), random.integers(0, 2, (rows, 3), np.uint8)
    with strategy.scope():
        keras.utils.set_random_seed(1)
        generator = networks.generator((8, 8, 1), labels=3, noise_size=8, width=4)
        model = MultiLabelGAN(generator, networks.discriminator((8, 8, 1), labels=3, width=4), seed=2)
        model.compile(keras.optimizers.Adam(1e-3, 0.0), keras.optimizers.Adam(2e-3, 0.0), **options)
    batches = images.batches(x, y, 16, seed=3 if epochs > 1 else None)
    return training.fit(model, batches, epochs), model.get_weights()


if __name__ == "__main__":
    rows, epochs, options = int(sys.argv[2]), int(sys.argv[3]), OPTIONS[sys.argv[1]]
    two_devices.compare(lambda strategy: trained(strategy, rows, epochs, **options))
