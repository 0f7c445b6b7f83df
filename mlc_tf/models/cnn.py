"""A convolutional classifier of pictures, from one builder for every data set. Lesson 02 builds it step by step.

Lessons 04 and 05 train it on real pictures to judge generated ones (`evaluation.generated_pictures`), and on both to
see which teach it more.
"""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.conversion import SCALED
from mlc_tf.data.images import check_pictures
from mlc_tf.models.seeds import seeded

CHANNELS = (32, 64, 64)  # of the three blocks, each of which halves the picture
SMALLEST_SIDE = 2 ** len(CHANNELS)
FEATURES = "features"
BATCH_SIZE = 256  # for reading pictures; no result depends on it


def classifier(picture_shape: tuple[int, int, int], labels: int, seed: int = 0) -> keras.Model:
    """From pictures `(batch, height, width, channels)`, uint8, to logits `(batch, labels)`.

    The layer before the logits is named "features", `(batch, 128)`: what the network has found in a picture.

    Args:
        picture_shape: (height, width, channels), sides from 8 pixels on.
        labels: K, the number of labels.
        seed: of the first weights and of the dropout; the same seed builds the same network.

    Raises:
        ValueError: when the pictures are too small, or a number is not positive.

    >>> network = classifier((28, 28, 1), labels=10, seed=0)
    >>> network(np.zeros((5, 28, 28, 1), np.uint8)).shape
    TensorShape([5, 10])
    """
    _check_sizes(picture_shape, labels)
    with seeded(seed):
        layers = [keras.Input(tuple(picture_shape)), keras.layers.Rescaling(1 / 255)]
        for channels in CHANNELS:
            layers += [
                keras.layers.Conv2D(channels, 3, padding="same", use_bias=False),
                keras.layers.BatchNormalization(momentum=0.9),
                keras.layers.ReLU(),
                keras.layers.MaxPooling2D(),
            ]
        layers += [
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(128, activation="relu", name=FEATURES),
            keras.layers.Dense(labels, name="logits"),
        ]
        return keras.Sequential(layers)


def train(model: keras.Model, batches: tf.data.Dataset, steps: int, rate: float = 3e-3) -> None:
    """Trains with exactly `steps` updates, however many batches there are: Adam, its rate falling along a cosine to 0.

    Args:
        model: from pictures to logits.
        batches: pairs `(pictures, label sets)`, pictures uint8; begun again as often as needed.
        steps: number of updates.
        rate: learning rate of the first update.

    Raises:
        ValueError: when there is no batch, its pictures are not uint8, or `steps` or `rate` is not positive.
    """
    if not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps is the number of updates: expected a whole number from 1 on, found {steps!r}")
    if not 0 < rate < float("inf"):
        raise ValueError(f"rate: expected a positive learning rate, found {rate!r}")
    if batches.cardinality() == 0:
        raise ValueError("batches: expected at least one batch to train on, found none")
    kind = batches.element_spec[0].dtype
    if kind != tf.uint8:
        raise ValueError(
            f"batches: expected pictures uint8 in 0..255, which the network scales itself; found {kind.name}. {SCALED}"
        )
    falling = keras.optimizers.schedules.CosineDecay(rate, decay_steps=steps)
    model.compile(keras.optimizers.Adam(falling), keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(batches.repeat(), steps_per_epoch=int(steps), verbose=0, shuffle=False)  # the order is the batches' own


def probabilities(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Each label's probability for each picture, `(N, K)`, in the order of the pictures.

    Args:
        model: from pictures to logits.
        x: pictures `(N, height, width, channels)`, uint8.

    Raises:
        ValueError: when the pictures are not of the kind that the model takes.
    """
    return np.asarray(keras.ops.sigmoid(predict(model, check_pictures(x, model.input_shape[1:]))))


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The model's output for each picture, in their order; `model.predict` without its graph.

    A lesson that compares dozens of classifiers would wait for a graph of each, and be warned of so many.
    """
    parts = range(0, len(x), BATCH_SIZE)
    return np.concatenate([np.asarray(model(x[first : first + BATCH_SIZE], training=False)) for first in parts])


def _check_sizes(picture_shape: tuple[int, int, int], labels: int) -> None:
    whole = len(picture_shape) == 3 and all(isinstance(size, int | np.integer) for size in picture_shape)
    if not whole or min(picture_shape[:2]) < SMALLEST_SIDE or picture_shape[2] < 1:
        grey = " Grey pictures have one channel: give them as pictures[..., None]." if len(picture_shape) == 2 else ""
        raise ValueError(
            f"picture_shape: expected (height, width, channels), sides of {SMALLEST_SIDE} pixels or more, as they are "
            f"halved {len(CHANNELS)} times; found {picture_shape!r}.{grey}"
        )
    if not isinstance(labels, int | np.integer) or labels < 1:
        raise ValueError(f"labels is the number of labels: expected a whole number from 1 on, found {labels!r}")
