"""The input pipeline for pictures: batches in `tf.data`, shuffled by seed, prefetched. Introduced in lesson 01."""

import numpy as np
import tensorflow as tf

from mlc_tf.data.conversion import SCALED, check_examples
from mlc_tf.data.labels import check_numbers
from mlc_tf.data.pipelines import Order, prefetched


def batches(x: np.ndarray, y: np.ndarray, batch_size: int, seed: int | None = None) -> tf.data.Dataset:
    """Batches of pictures with their label sets.

    The arrays stay in memory as they are, which is the cache; the pipeline shuffles *row numbers* and fetches a
    whole batch of rows at once, which is faster than stacking single pictures (`benchmarks/feeding.py`).

    >>> x, y = np.zeros((5, 8, 8, 1), np.uint8), np.eye(5, 3, dtype=np.float32)
    >>> [labels.shape[0] for _, labels in batches(x, y, batch_size=2)]
    [2, 2, 1]
    >>> len(batches(x, y, batch_size=2, seed=0))
    2

    Args:
        x: pictures `(N, height, width, channels)`, uint8 in 0..255; or features `(N, F)`, which become float32.
        y: label matrix `(N, K)`; targets between 0 and 1 are taken as well.
        batch_size: pictures in a batch.
        seed: shuffle, in an order that differs from epoch to epoch; that of epoch e follows from this seed and e alone.
            Every batch is then a full one, if there are enough rows for one: what is left over, others in each epoch,
            waits for the next. `None` keeps the order of the rows and all of them, as `predict` needs, so that the last
            batch may be smaller.

    Returns:
        A dataset of `(x, y)` pairs of shapes `(batch, height, width, channels)` and `(batch, K)`.

    Raises:
        ValueError: when `x` or `y` is something else, they differ in length or are empty, or `batch_size` or `seed` is
            no such number.
    """
    x, y = check_examples(x), _check_targets(y)
    if x.ndim == 1:
        raise ValueError("x: expected pictures or features, found texts, of which text.batches makes batches")
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"expected a label set for each picture, at least one: found {len(x)} pictures, {len(y)} sets")
    if batch_size < 1:
        raise ValueError(f"batch_size: expected a whole number from 1 on, found {batch_size!r}")
    # On the host, also where there is a GPU: a data set need not fit the accelerator's memory.
    with tf.device("CPU"):
        x, y = tf.constant(x), tf.constant(y)
    order = Order(len(x), seed)
    rows = order.dataset().batch(batch_size, drop_remainder=seed is not None and len(x) >= batch_size)
    return prefetched(rows.map(lambda row: (tf.gather(x, row), tf.gather(y, row))), order)


def check_pictures(pictures: np.ndarray, shape: tuple | None = None, name: str = "pictures") -> np.ndarray:
    """Returns `pictures` as an array.

    A network that was trained on 0..255 would find nothing in pictures that were scaled to 0..1.

    Args:
        pictures: `(N, height, width, channels)`, at least one, uint8.
        shape: `(height, width, channels)` that they should have.
        name: what the error calls them.

    Raises:
        ValueError: when they are something else.
    """
    pictures = np.asarray(pictures)
    fits = pictures.ndim == 4 and shape in (None, pictures.shape[1:])
    if not fits or len(pictures) == 0 or pictures.dtype != np.uint8:
        expected = "height, width, channels" if shape is None else ", ".join(map(str, shape))
        raise ValueError(
            f"{name}: expected at least one picture, shape (N, {expected}), uint8 in 0..255; "
            f"found shape {pictures.shape}, {pictures.dtype}. {SCALED}"
        )
    return pictures


def _check_targets(y: np.ndarray) -> np.ndarray:
    """Label sets as an array: 0 and 1, or soft targets between them."""
    y = check_numbers(y, "y", "sklearn.preprocessing.MultiLabelBinarizer makes a label matrix of lists of tags.")
    if y.ndim != 2 or not ((y >= 0) & (y <= 1)).all():  # NaN is neither
        found = f"shape {y.shape}" if y.ndim != 2 else f"numbers from {y.min()} to {y.max()}"
        raise ValueError(f"y: expected a label matrix (N, K), 0 and 1 or between them; found {found}")
    return y
