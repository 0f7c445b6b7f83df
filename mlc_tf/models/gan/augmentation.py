"""Differentiable augmentation: real and generated pictures alike are shifted, recoloured, cut, and then judged.

With few pictures a discriminator learns them by heart. Shown changed copies only, real *and* generated, it cannot, and
as each change passes gradients on, the generator still learns from it. Zhao et al. 2020, "Differentiable augmentation
for data-efficient GAN training". Lesson 05.
"""

import tensorflow as tf

SHIFT, CUT = 1 / 8, 1 / 2  # of the side of the picture


def numbers_needed(policy: tuple[str, ...]) -> int:
    """How many random numbers `augment` takes for a picture."""
    return sum(_CHANGES[name][1] for name in policy)


def check(policy: tuple[str, ...]) -> tuple[str, ...]:
    """The policy as a tuple. Raises ValueError when it names something else than shift, colour and cut."""
    unknown = [policy] if isinstance(policy, str) else [name for name in policy if name not in _CHANGES]
    if unknown:
        raise ValueError(f"augmentation: expected a tuple of names out of {', '.join(_CHANGES)}; found {policy!r}")
    return tuple(policy)


def augment(pictures: tf.Tensor, policy: tuple[str, ...], random: tf.Tensor) -> tf.Tensor:
    """Changes each picture at random.

    Args:
        pictures: `(batch, height, width, channels)`, black at -1.
        policy: the changes, in order: `"shift"` moves the picture by up to an eighth of its side, `"colour"` changes
            brightness, saturation and contrast, `"cut"` blackens a square of half its side.
        random: `(batch, numbers_needed(policy))`, uniform in [0, 1): chance is the caller's.
    """
    for name in policy:
        change, needed = _CHANGES[name]
        pictures = change(pictures, random[:, :needed])
        random = random[:, needed:]
    return pictures


def _shift(pictures: tf.Tensor, random: tf.Tensor) -> tf.Tensor:
    side = pictures.shape[1]
    most = max(1, round(side * SHIFT))
    moved = tf.cast(tf.floor(random * (2 * most + 1)), tf.int32)  # (batch, 2), 0 .. 2 most
    padded = tf.pad(pictures, [[0, 0], [most, most], [most, most], [0, 0]], constant_values=-1.0)
    window = tf.range(side)
    padded = tf.gather(padded, window + moved[:, :1], axis=1, batch_dims=1)
    return tf.gather(padded, window + moved[:, 1:], axis=2, batch_dims=1)


def _colour(pictures: tf.Tensor, random: tf.Tensor) -> tf.Tensor:
    brightness, saturation, contrast = tf.unstack(random[:, :, None, None, None], axis=1)  # (batch, 1, 1, 1) each
    pictures = pictures + (brightness - 0.5)
    grey = tf.reduce_mean(pictures, axis=3, keepdims=True)
    pictures = grey + (pictures - grey) * (2 * saturation)
    middle = tf.reduce_mean(pictures, axis=(1, 2, 3), keepdims=True)
    return middle + (pictures - middle) * (0.5 + contrast)


def _cut(pictures: tf.Tensor, random: tf.Tensor) -> tf.Tensor:
    side = pictures.shape[1]
    square = round(side * CUT)
    # The centre may lie on the edge, so that less than a whole square is lost.
    first = tf.floor(random * (side + 1)) - square // 2  # (batch, 2)
    place = tf.range(side, dtype=tf.float32)
    inside = (place >= first[:, :, None]) & (place < first[:, :, None] + square)  # (batch, 2, side)
    hole = inside[:, 0, :, None] & inside[:, 1, None, :]  # (batch, side, side)
    return tf.where(hole[..., None], -1.0, pictures)


_CHANGES = {"shift": (_shift, 2), "colour": (_colour, 3), "cut": (_cut, 2)}
