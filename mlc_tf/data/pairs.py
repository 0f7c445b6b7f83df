"""The input pipeline for pictures that come with a text: batches in `tf.data`, shuffled by seed. Lesson 09."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from mlc_tf.data import images, text


def batches(
    pictures: np.ndarray,
    texts: Sequence[str],
    y: np.ndarray,
    vectorizer: text.Vectorizer,
    batch_size: int,
    seed: int | None = None,
) -> tf.data.Dataset:
    """Batches of `((pictures, token numbers), label sets)`, as a network with two inputs reads them.

    Args:
        pictures: `(N, height, width, channels)`, uint8 in 0..255.
        texts: N of them, in the order of the pictures.
        y: label matrix `(N, K)`.
        vectorizer: of the training texts.
        batch_size, seed: as for `images.batches`: with a seed every batch is a full one, and the order that of the
            epoch.

    Returns:
        A dataset of shapes `((batch, height, width, channels), (batch, time))` and `(batch, K)`; the texts of a batch
        are padded to the longest of all.

    Raises:
        ValueError: when one of the three is something else, or they differ in length.
    """
    pictures = images.check_pictures(pictures)
    if len(pictures) != len(texts):
        raise ValueError(
            f"expected a text for each picture, in the same order: found {len(pictures)} pictures, {len(texts)} texts"
        )
    tokens = text.tokens(texts, vectorizer).to_tensor().numpy()  # (N, time)
    # Both orders follow from the seed alone, so a picture and its text stay together.
    of_pictures, of_texts = (images.batches(x, y, batch_size, seed) for x in (pictures, tokens))

    def joined(one, other):
        (seen, sets), (read, _) = one, other
        return (seen, tf.cast(read, tf.int32)), sets

    return tf.data.Dataset.zip(of_pictures, of_texts).map(joined)
