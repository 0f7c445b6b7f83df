"""CIFAR-100 as a multi-label data set: every picture has one fine label of 100 and one coarse label of 20.

Krizhevsky 2009, "Learning multiple layers of features from tiny images". Read from the official *binary*
release, which needs no unpickling: a record is a byte of coarse label, a byte of fine label and 3,072 bytes
of picture.
"""

import pathlib

import numpy as np

from mlc_tf.data.dataset import Dataset, Split
from mlc_tf.data.downloads import Archive, fetch, read_file, wrong_content

ARCHIVE = Archive(
    name="cifar-100",
    url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    sha256="58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    folder="cifar-100-binary",
    files=("train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt"),
    inside="cifar-100-binary",
)
FINE, COARSE = 100, 20
PIXELS = 3 * 32 * 32
# The sums of all red, green and blue bytes. They show damaged pictures, and do not depend on their order.
TRAIN_COLOURS = (6_620_373_279, 6_352_382_090, 5_756_623_363)
TEST_COLOURS = (1_328_569_193, 1_272_680_636, 1_153_999_502)


def load_data(validation: int = 5000, seed: int = 0) -> Dataset:
    """CIFAR-100. Downloads 169 MB when the data directory has no folder `cifar-100-binary`. Lesson 01.

    Args:
        validation: pictures to draw from the 50,000 for training, equally many of each fine label; test keeps its
            10,000.
        seed: draws them.

    Returns:
        A `Dataset` with `x` uint8 `(N, 32, 32, 3)`, and `y` `(N, 120)`: 100 fine labels, then 20 coarse ones.

    Raises:
        DataError: when the data cannot be had or are damaged.
        ValueError: when `validation` is no multiple of 100.
    """
    if validation % FINE or not 0 < validation < 50_000:
        raise ValueError(
            f"validation: expected a multiple of {FINE} between 100 and 49,900, so that every fine label has "
            f"equally many pictures in it; found {validation}"
        )
    train, test, label_names = read(fetch(ARCHIVE, check=read))
    kept, held_out = _equal_draw(train[:, 1], validation // FINE, seed)
    return Dataset(
        name="cifar-100",
        train=_split(train[kept]),
        validation=_split(train[held_out]),
        test=_split(test),
        label_names=label_names,
    )


def read(folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Read and verify the folder of the official release.

    Returns:
        The training records and the test records, uint8 `(N, 3074)`, and the 120 label names.

    Raises:
        DataError: when a file is missing or has another size, a label is out of range or has not exactly its share of
            pictures, a fine label has two coarse labels, the pictures are others, or there are not 100 + 20 names.
    """
    train = _records(folder / "train.bin", 500, TRAIN_COLOURS)
    test = _records(folder / "test.bin", 100, TEST_COLOURS)
    pairs = len(np.unique(np.concatenate([train[:, :2], test[:, :2]]), axis=0))  # of coarse and fine label
    if pairs != FINE:
        raise wrong_content(ARCHIVE, folder, "one coarse label for each fine label", f"{pairs} pairs of them")
    label_names = []
    for kind, count in (("fine", FINE), ("coarse", COARSE)):
        path = folder / f"{kind}_label_names.txt"
        names = read_file(ARCHIVE, path).decode("utf-8", errors="replace").split()
        if not len(names) == len(set(names)) == count:
            found = f"{len(names)} names, {len(set(names))} different ones"
            raise wrong_content(ARCHIVE, path, f"{count} different names", found)
        label_names += [f"{kind}: {name}" for name in names]
    return train, test, tuple(label_names)


def _records(path: pathlib.Path, per_fine_label: int, colours: tuple[int, int, int]) -> np.ndarray:
    content = np.frombuffer(read_file(ARCHIVE, path), np.uint8)
    size = per_fine_label * FINE * (2 + PIXELS)
    if content.size != size:
        raise wrong_content(ARCHIVE, path, f"{size:,} bytes", f"{content.size:,} bytes")
    records = content.reshape(-1, 2 + PIXELS)
    for column, kind, count in ((0, "coarse", COARSE), (1, "fine", FINE)):
        pictures = np.bincount(records[:, column], minlength=count)
        share = per_fine_label * FINE // count
        if len(pictures) > count or (pictures != share).any():
            expected = f"{kind} labels 0 to {count - 1} with {share} pictures each"
            found = f"labels 0 to {len(pictures) - 1} with {pictures.min()} to {pictures.max()} pictures"
            raise wrong_content(ARCHIVE, path, expected, found)
    planes = records[:, 2:].reshape(-1, 3, 32 * 32)  # (picture, colour, pixel)
    sums = tuple(planes.sum(axis=(0, 2), dtype=np.int64).tolist())
    if sums != colours:
        raise wrong_content(ARCHIVE, path, f"red, green and blue bytes that sum to {colours}", f"{sums}")
    return records


def _equal_draw(fine: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` rows of each fine label, `(N,)`; return the rows kept and the rows drawn, both sorted."""
    order = np.random.default_rng(seed).permutation(len(fine))
    by_label = order[np.argsort(fine[order], kind="stable")].reshape(FINE, -1)  # (label, picture with it)
    return np.sort(by_label[:, count:], axis=None), np.sort(by_label[:, :count], axis=None)


def _split(records: np.ndarray) -> Split:
    """Turn records `(N, 3074)` into pictures and the label matrix."""
    planes = records[:, 2:].reshape(-1, 3, 32, 32)  # (picture, colour, row, column)
    y = np.zeros((len(records), FINE + COARSE), np.float32)
    rows = np.arange(len(records))
    y[rows, records[:, 1]] = 1
    y[rows, FINE + records[:, 0]] = 1
    return Split(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), y)
