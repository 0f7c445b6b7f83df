"""Trains small GANs on one device and on several, and prints by how much they differ. Run by tests/test_gan.py.

python tests/gan_two_devices.py 3    those of `CASES` that take three: a process cannot divide its devices twice
"""

import json
import sys

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import two_devices
from keras import layers

from mlc_tf import training
from mlc_tf.data import images
from mlc_tf.models.gan import MultiLabelGAN, networks

ALL = {"augment": ("shift", "colour", "cut"), "penalty_weight": 0.1}
# devices, batch size, pictures, epochs, networks, options
CASES = {
    "hinge": (2, 16, 64, 3, "course", ALL),
    "wasserstein": (2, 16, 64, 3, "course", {"adversarial": "wasserstein", "penalty_weight": 10.0}),
    "variety": (2, 16, 16, 1, "course", {"variety_weight": 0.5}),
    "last batch of seven": (2, 8, 15, 1, "course", ALL),  # 4 and 3
    "last batch of one": (2, 8, 9, 1, "course", ALL),  # 1 and none
    "three devices": (3, 12, 22, 1, "course", ALL),  # 4, 4 and 4, then 4, 4 and 2
    # Shares of 3, 3 and 1, in other pairs than on one device: with label sets alike and networks that compare nothing,
    # all that is left is whether each row gets its own random numbers and counts as much as any other.
    "unequal shares": (3, 12, 19, 1, "plain", ALL),
}


def plain_networks():
    noise, y = keras.Input((8,)), keras.Input((3,))
    drawn = layers.Dense(64, "tanh")(layers.Concatenate()([noise, y]))
    pictures = keras.Input((8, 8, 1))
    features = layers.Dense(16, "tanh")(layers.Flatten()(pictures))
    answer = {"score": layers.Dense(1)(features), "labels": layers.Dense(3)(features)}
    return keras.Model([noise, y], layers.Reshape((8, 8, 1))(drawn)), keras.Model(pictures, answer)


def trained(strategy, batch_size, rows, epochs, kind, options):
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (rows, 8, 8, 1), np.uint8), random.integers(0, 2, (rows, 3), np.uint8)
    with strategy.scope():
        if kind == "plain":
            y[:] = 1
            keras.utils.set_random_seed(1)
            generator, discriminator = plain_networks()
        else:
            generator = networks.generator((8, 8, 1), labels=3, noise_size=8, width=4)
            discriminator = networks.discriminator((8, 8, 1), labels=3, width=4)
        model = MultiLabelGAN(generator, discriminator, seed=2)
        model.compile(keras.optimizers.Adam(1e-3, 0.0), keras.optimizers.Adam(2e-3, 0.0), **options)
    batches = images.batches(x, y, batch_size, seed=3 if epochs > 1 else None)
    return training.fit(model, batches, epochs), model.get_weights()


if __name__ == "__main__":
    number = int(sys.argv[1])
    strategy = two_devices.divide(number)
    found = {
        name: two_devices.differences(lambda where, case=case: trained(where, *case), strategy)
        for name, (devices, *case) in CASES.items()
        if devices == number
    }
    if number == 3:
        try:
            trained(strategy, 13, 26, 1, "plain", ALL)
        except ValueError as error:
            found["refused"] = str(error)
    print("\n" + json.dumps(found))
