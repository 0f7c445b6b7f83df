"""Generator and discriminator of a multi-label GAN, from one builder for any square picture. Lesson 04.

Both work on a small grid with many channels, where convolutions are cheap, and exchange channels for pixels
("sub-pixel convolution", Shi et al. 2016). The label set and the noise steer every stage of the generator (as in
BigGAN, Brock et al. 2019), each through a gain and a shift of normalised features.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from mlc_tf.models.seeds import seeded


def generator(
    picture_shape: tuple[int, int, int],
    labels: int,
    noise_size: int = 100,
    width: int = 32,
    rounds: int = 4,
    seed: int = 0,
) -> keras.Model:
    """From `[noise (batch, noise_size), label sets (batch, labels)]` to pictures in [-1, 1].

    Args:
        picture_shape: (side, side, channels); the side is divisible by 4 and can be halved until it is 4 to 7.
        labels: K, the number of labels.
        noise_size: numbers of noise for a picture.
        width: channels of the last stage; each earlier one has twice as many, at most four times `width`.
        rounds: of the contest of places; 0 leaves it out.
        seed: of the first weights.

    Raises:
        ValueError: when the side is none that works, or a number is not positive.
    """
    side, channels = _check(picture_shape, labels, noise_size=noise_size, width=width)
    stages = _stages(side)
    with seeded(seed):
        noise, y = keras.Input((noise_size,), name="noise"), keras.Input((labels,), name="label_set")
        given = layers.Concatenate()([noise, layers.Dense(2 * width)(y)])
        # What to draw is an either-or, and noise is not: these layers turn the one into the other. Without them
        # pictures fade between two answers. The plain noise stays beside them, or the pictures lose variety.
        chosen = given
        for _layer in range(2):
            chosen = layers.LeakyReLU(0.1)(layers.Dense(8 * width, kernel_initializer="he_normal")(chosen))
        condition = layers.Concatenate()([given, chosen])
        start = side >> stages
        local = layers.Reshape((start, start, 4 * width))(layers.Dense(start * start * 4 * width)(given))
        everywhere = layers.Reshape((1, 1, 4 * width))(layers.Dense(4 * width)(condition))
        local = layers.LeakyReLU(0.1)(layers.Dense(4 * width)(layers.LeakyReLU(0.1)(local)) + everywhere)
        x = _contest_of_places(local, width, rounds)
        x = layers.Dense(4 * width)(x)
        for stage in range(stages):
            x = layers.LeakyReLU(0.1)(_modulated(x, condition))
            wanted = width * 2 ** min(2, stages - 1 - stage)
            x = layers.Conv2D(4 * wanted, 3, padding="same")(x)
            x = ops.depth_to_space(x, 2)  # (batch, 2 side, 2 side, wanted)
        x = layers.LeakyReLU(0.1)(_modulated(x, condition))
        pictures = layers.Conv2D(channels, 3, padding="same", activation="tanh")(x)
        return keras.Model([noise, y], pictures, name="generator")


def discriminator(picture_shape: tuple[int, int, int], labels: int, width: int = 32, seed: int = 0) -> keras.Model:
    """From pictures in [-1, 1] to a score, K label confidences, and K numbers "match".

    See `MultiLabelGAN` for what they mean. Arguments and errors as for `generator`.
    """
    side, _ = _check(picture_shape, labels, width=width)
    with seeded(seed + 1):  # other numbers than those of the generator of this seed
        pictures = keras.Input(picture_shape, name="pictures")
        x = ops.space_to_depth(pictures, 2)  # (batch, side / 2, side / 2, 4 channels)
        x = layers.LeakyReLU(0.2)(layers.Conv2D(2 * width, 3, padding="same")(x))
        for _stage in range(_stages(side) - 1):
            x = layers.LeakyReLU(0.2)(layers.Conv2D(4 * width, 4, strides=2, padding="same")(x))
        x = Spread()(x)
        x = layers.LeakyReLU(0.2)(layers.Conv2D(4 * width, 3, padding="same")(x))
        x = layers.LeakyReLU(0.2)(layers.Dense(4 * width)(layers.Flatten()(x)))
        return _with_heads(pictures, x, labels, projection=True)


def article_generator(
    picture_shape: tuple[int, int, int], labels: int, noise_size: int = 100, seed: int = 0
) -> keras.Model:
    """The layers of the GAN article's generator, told the label set too. Arguments as for `generator`."""
    side, channels = _check(picture_shape, labels, noise_size=noise_size)
    with seeded(seed):
        noise, y = keras.Input((noise_size,), name="noise"), keras.Input((labels,), name="label_set")
        x = layers.Concatenate()([noise, y])
        x = layers.ReLU()(layers.BatchNormalization()(layers.Dense((side // 4) ** 2 * 256, use_bias=False)(x)))
        x = layers.Reshape((side // 4, side // 4, 256))(x)  # 7 x 7 for the article's 28 x 28 pixels
        x = layers.LeakyReLU()(layers.Conv2DTranspose(128, 5, strides=1, padding="same", use_bias=False)(x))
        x = layers.LeakyReLU()(layers.Conv2DTranspose(64, 5, strides=2, padding="same", use_bias=False)(x))
        pictures = layers.Conv2DTranspose(channels, 5, strides=2, padding="same", activation="tanh")(x)
        return keras.Model([noise, y], pictures, name="article_generator")


def article_discriminator(picture_shape: tuple[int, int, int], labels: int, seed: int = 0) -> keras.Model:
    """The layers of the GAN article's discriminator, with a real/fake score beside the label confidences."""
    _check(picture_shape, labels)
    with seeded(seed + 1):
        pictures = keras.Input(picture_shape, name="pictures")
        x = layers.LeakyReLU()(layers.Conv2D(64, 5, strides=2, padding="same")(pictures))
        x = layers.LeakyReLU()(layers.Conv2D(128, 5, strides=2, padding="same")(layers.Dropout(0.3)(x)))
        x = layers.Flatten()(layers.Dropout(0.3)(x))
        return _with_heads(pictures, x, labels, projection=False)


def _contest_of_places(local, width: int, rounds: int):
    """Features of the places of a grid `(batch, side, side, 4 width)`, settled among them.

    Where to draw something is an either-or: in each round every channel shares out one whole among the places, so that
    a place wins only what others lose. After one or two rounds several things still want one place. Lesson 04.
    """
    x, side = local, local.shape[1]
    for _round in range(rounds):
        won = layers.Softmax(axis=(1, 2))(layers.Dense(2 * width)(x)) * side
        x = layers.Concatenate()([local, won])  # (batch, side, side, 6 width)
        x = layers.LeakyReLU(0.1)(layers.Dense(4 * width, kernel_initializer="he_normal")(x))
    return x


def _modulated(features, condition):
    """The features of each pixel brought to mean square 1, then scaled and shifted as the condition says.

    Each picture is treated by itself, so that it does not matter which others are in its batch, or on its device (as
    it would in batch normalisation).
    """
    channels = features.shape[-1]
    gain = layers.Dense(channels, kernel_initializer="zeros", bias_initializer="ones")(condition)
    shift = layers.Dense(channels, kernel_initializer="zeros")(condition)
    features = ops.rms_normalization(features, epsilon=1e-6)  # (batch, h, w, channels)
    return features * gain[:, None, None, :] + shift[:, None, None, :]


def _with_heads(pictures, features, labels: int, projection: bool) -> keras.Model:
    answer = {"score": layers.Dense(1)(features), "labels": layers.Dense(labels)(features)}
    if projection:
        # Miyato & Koyama 2018 add <features, V y> to the score: y times the K numbers V^T features.
        answer["match"] = layers.Dense(labels, use_bias=False)(features)
    return keras.Model(pictures, answer, name="discriminator")


@keras.saving.register_keras_serializable("mlc_tf")
class Spread(layers.Layer):
    """Adds a channel that says how much each picture's features differ from those of its neighbour in the batch.

    A generator that draws the same picture over and over is found out by it: Karras et al. 2018 ("minibatch standard
    deviation"), here over two pictures, 0 and 1, 2 and 3, ..., so that every device can do it by itself.
    """

    def call(self, x):
        """From `(batch, h, w, channels)` to `(batch, h, w, channels + 1)`."""
        differences = tf.cast(tf.abs(x - neighbours(x)), tf.float32)  # in float16 their mean would be a rough one
        spread = tf.cast(tf.reduce_mean(differences, axis=(1, 2, 3), keepdims=True), x.dtype)  # (batch, 1, 1, 1)
        return tf.concat([x, tf.zeros_like(x[..., :1]) + spread], axis=-1)

    def compute_output_shape(self, shape):
        """One channel more."""
        return (*shape[:-1], shape[-1] + 1)


def neighbours(rows: tf.Tensor) -> tf.Tensor:
    """Rows 0 and 1 of a batch change places, rows 2 and 3, and so on.

    The last of an odd number takes the row before it; a row that is alone stays.
    """
    count = tf.shape(rows)[0]
    neighbour = tf.bitwise.bitwise_xor(tf.range(count), 1)
    return tf.gather(rows, tf.where(neighbour < count, neighbour, tf.maximum(count - 2, 0)))


def _stages(side: int) -> int:
    """How often the side is halved until it is below 8: 16 -> 4, 28 -> 7, 32 -> 4."""
    stages = 0
    while side >= 8:
        side, stages = side // 2, stages + 1
    return stages


def _check(picture_shape: tuple, labels: int, **sizes: int) -> tuple[int, int]:
    shape = tuple(np.ravel(picture_shape).tolist())
    side = shape[0] if len(shape) == 3 and all(isinstance(size, int) for size in shape) else 0
    if side < 8 or shape[1] != side or side % 4 or side % 2 ** _stages(side):
        raise ValueError(
            "picture_shape: expected (side, side, channels), with a side that is divisible by 4 and can be halved "
            f"until it is 4 to 7, as 16, 28 or 32; found {shape}. Crop, pad or resize the pictures first; "
            "grey ones have 1 for channels: x[..., None] makes them so"
        )
    for name, size in {"labels": labels, "channels": shape[2], **sizes}.items():
        if size < 1:
            raise ValueError(f"{name}: expected a whole number from 1 on, found {size!r}")
    return side, shape[2]
