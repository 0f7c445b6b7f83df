"""Trains a small GAN with `training.fit`; killed and started again by tests/test_training.py.

    python tests/gan_resumed.py FOLDER [KILL_AT]

KILL_AT is "batch:7" (before the seventh batch of this process) or "replace:3" (before the third renaming of a file).
Prints a hash of all weights at the end.
"""

import os
import signal
import sys

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import hashlib
import json

import keras
import numpy as np

from mlc_tf import training
from mlc_tf.data import images
from mlc_tf.models.gan import MultiLabelGAN, networks

EPOCHS = 4


class KillAtBatch(keras.callbacks.Callback):
    def __init__(self, batch):
        super().__init__()
        self.left = batch

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def model_and_batches():
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (40, 8, 8, 1), np.uint8), random.integers(0, 2, (40, 3), np.uint8)
    generator = networks.generator((8, 8, 1), labels=3, noise_size=8, width=4)
    model = MultiLabelGAN(generator, networks.discriminator((8, 8, 1), labels=3, width=4), seed=2)
    model.compile(keras.optimizers.Adam(1e-3, 0.0), keras.optimizers.Adam(2e-3, 0.0), augment=("shift",))
    return model, images.batches(x, y, 8, seed=3)


def everything(model):
    """All variables of a GAN, those of its optimizers included."""
    return [*model.weights, *model.generator_optimizer.variables, *model.discriminator_optimizer.variables]


def main():
    folder, (where, at) = sys.argv[1], (sys.argv[2] if len(sys.argv) > 2 else "nowhere:0").split(":")
    if where == "replace":
        replace, left = os.replace, iter(range(int(at) - 1))

        def replace_or_die(*arguments):
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            replace(*arguments)

        os.replace = replace_or_die
    model, batches = model_and_batches()
    callbacks = [KillAtBatch(int(at))] if where == "batch" else []
    history = training.fit(model, batches, EPOCHS, folder, callbacks)
    sums = hashlib.sha256(json.dumps(history).encode())
    for variable in everything(model):
        sums.update(variable.numpy().tobytes())
    print(f"\n{sums.hexdigest()}")


if __name__ == "__main__":
    main()
