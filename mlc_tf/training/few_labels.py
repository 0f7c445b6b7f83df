"""Ways to teach a classifier where labels are few, on equal terms: more pictures, or more out of the same ones.

Each way is an endless pipeline of batches of one size, so that `cnn.train` gives each the same number of updates.
Lesson 05 asks whether generated pictures are among those that help.
"""

import numpy as np
import tensorflow as tf

from mlc_tf.data import Split, images
from mlc_tf.data.pipelines import prefetched
from mlc_tf.models.gan import augmentation

CONTROLS = ("real", "shifted", "oversampled", "mixup")
WAYS_WITH_GENERATED = ("generated", "both", "both, shifted")
WAYS = CONTROLS + WAYS_WITH_GENERATED


def share_of(split: Split, share: float, seed: int) -> Split:
    """A random share of the examples; a smaller share of the same seed lies inside a larger one.

    Args:
        split: N examples.
        share: above 0, at most 1.
        seed: of the draw.

    Raises:
        ValueError: when the share is none, or so small that no example is left.
    """
    rows = round(share * len(split)) if 0 < share <= 1 else 0
    if rows == 0:
        raise ValueError(
            f"share: expected a number above 0 and at most 1 that leaves one of the {len(split)} examples; "
            f"found {share!r}"
        )
    chosen = np.random.default_rng(seed).permutation(len(split))[:rows]
    return Split(split.x[chosen], split.y[chosen])


def batches(
    way: str, real: Split, generated: Split | None = None, batch_size: int = 64, seed: int = 0
) -> tf.data.Dataset:
    """An endless pipeline of `(pictures, label sets)`, each of `batch_size`; the same arguments give the same batches.

    - "real": the labelled pictures as they are.
    - "shifted": each moved by up to an eighth of its side; what leaves the picture is lost, what enters is black.
    - "oversampled": each picture as often as the rarest label it has asks for.
    - "mixup": `s a + (1 - s) b` of two pictures, and of their label sets; s uniform in 0..1. Zhang et al. 2018, "mixup:
      Beyond empirical risk minimization".
    - "generated": the generated pictures alone.
    - "both": half of each batch real, half generated.
    - "both, shifted": likewise, and all of it shifted.

    Args:
        way: one of these, which `WAYS` lists.
        real: labelled pictures, uint8, one or more.
        generated: generated pictures, uint8, with the label sets they were asked for; for the last three ways.
        batch_size: even.
        seed: of all orders and changes.

    Raises:
        ValueError: when there is no such way, it needs generated pictures and has none, or `batch_size` is not even.
    """
    if way not in WAYS:
        raise ValueError(f"way: expected one of {'; '.join(WAYS)}; found {way!r}")
    if batch_size < 2 or batch_size % 2:
        raise ValueError(f"batch_size: expected an even number from 2 on, found {batch_size!r}")
    if way == "oversampled":
        return _oversampled(real, batch_size, seed)
    if way in WAYS_WITH_GENERATED and generated is None:
        raise ValueError(f"generated: the way {way!r} needs generated pictures and their label sets, found none")
    if way.startswith("both"):
        halves = (_endless(part, batch_size // 2, seed) for part in (real, generated))
        chosen = tf.data.Dataset.zip(*halves).map(lambda a, b: (tf.concat([a[0], b[0]], 0), tf.concat([a[1], b[1]], 0)))
    else:
        chosen = _endless(generated if way == "generated" else real, batch_size, seed)
    if way == "mixup":
        return _mixed(chosen, seed)
    return _shifted(chosen, seed) if way.endswith("shifted") else chosen


def _endless(split: Split, batch_size: int, seed: int) -> tf.data.Dataset:
    """Batches of exactly this size; where there are fewer pictures, each is in a batch several times."""
    times = -(-batch_size // len(split))
    x, y = (np.concatenate([part] * times) for part in (split.x, split.y))
    return images.batches(x, y, batch_size, seed).repeat()


def _shifted(batches: tf.data.Dataset, seed: int) -> tf.data.Dataset:
    """Moves each picture of an endless pipeline at random, by up to an eighth of its side."""

    def change(step, batch):
        x, y = batch
        random = tf.random.stateless_uniform((tf.shape(x)[0], augmentation.numbers_needed(("shift",))), (seed, step))
        moved = augmentation.augment(tf.cast(x, tf.float32) - 1, ("shift",), random) + 1  # black is -1 in there
        return tf.cast(moved, x.dtype), y

    return batches.enumerate().map(change, tf.data.AUTOTUNE)


def _oversampled(split: Split, batch_size: int, seed: int) -> tf.data.Dataset:
    """Draws each picture as often as the rarest label it has asks for; no label at all counts as a label."""
    sets = np.column_stack([split.y, split.y.sum(axis=1) == 0])  # (N, K + 1)
    asks = np.max(sets / np.maximum(sets.sum(axis=0), 1), axis=1)  # 1 / how many have the label
    with tf.device("CPU"):
        x, y, logits = tf.constant(split.x), tf.constant(split.y), tf.constant(np.log(asks)[None], tf.float32)

    def draw(step):
        rows = tf.random.stateless_categorical(logits, batch_size, (seed, step))[0]
        return tf.gather(x, rows), tf.gather(y, rows)

    return prefetched(tf.data.Dataset.counter().map(draw, tf.data.AUTOTUNE))


def _mixed(batches: tf.data.Dataset, seed: int) -> tf.data.Dataset:
    """Mixes each picture of an endless pipeline, and its label set, with one from the other end of the batch."""

    def change(step, batch):
        x, y = (tf.cast(part, tf.float32) for part in batch)
        share = tf.random.stateless_uniform((tf.shape(x)[0], 1), (seed, step))
        picture_share = share[:, :, None, None]
        mixed = tf.cast(tf.round(picture_share * x + (1 - picture_share) * x[::-1]), tf.uint8)
        return mixed, share * y + (1 - share) * y[::-1]

    return batches.enumerate().map(change, tf.data.AUTOTUNE)
