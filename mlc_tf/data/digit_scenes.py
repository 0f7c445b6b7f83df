"""Digit scenes: real handwritten digits placed on a canvas; the label set is the digits that are present.

The digits are scikit-learn's copy of the UCI "Optical Recognition of Handwritten Digits" test set: 1,797
pictures of 8 x 8 pixels. They are divided among the three splits *before* any scene is drawn, so a digit
somebody wrote for a training scene never stands in a validation or test scene. First used in lesson 01.
"""

import numpy as np
import scipy.ndimage
import sklearn.datasets
import sklearn.model_selection

from mlc_tf.data.dataset import Dataset, Split

DIGITS = 10
# The canvas is a grid of 2 x 2 cells, one digit a cell. Canvas side in pixels -> side of a digit in pixels;
# what a cell has to spare (two pixels at 28 and at 32) is where the digit may move.
DIGIT_SIZE = {16: 8, 28: 12, 32: 14}
CELLS = 4


def load_data(
    size: int = 28,
    channels: int = 1,
    max_digits: int = 3,
    train: int = 8_000,
    validation: int = 2_000,
    test: int = 2_000,
    seed: int = 0,
) -> Dataset:
    """Draw the scenes; the same arguments give the same pixels.

    Every scene holds 0 to `max_digits` *different* digits, each number of them equally likely.

    Args:
        size: side of the square canvas in pixels: 16, 28 or 32.
        channels: 1 (grey) or 3 (each digit in a bright random colour).
        max_digits: the most digits in one scene, 1 to 4.
        train, validation, test: number of scenes in each split.
        seed: divides the handwritten digits among the splits and draws the scenes.

    Returns:
        A `Dataset` with `x` of shape `(N, size, size, channels)`, uint8 in 0..255, and `y` of shape `(N, 10)`.

    Raises:
        ValueError: when an argument is outside what is said above.
    """
    _check_arguments(size, channels, max_digits, {"train": train, "validation": validation, "test": test})
    sources = _divide_sources(seed)
    splits = {}
    for number, (split, scenes) in enumerate((("train", train), ("validation", validation), ("test", test))):
        pictures, digits = sources[split]
        # Its own generator: the scenes of one split do not change when another split's size does.
        generator = np.random.default_rng([seed, number])
        pictures = _resize(pictures, DIGIT_SIZE[size])
        splits[split] = _draw(pictures, digits, scenes, size, channels, max_digits, generator)
    return Dataset("digit scenes", **splits, label_names=tuple(str(digit) for digit in range(DIGITS)))


def _check_arguments(size: int, channels: int, max_digits: int, scenes: dict[str, int]) -> None:
    if size not in DIGIT_SIZE:
        raise ValueError(f"size is the side of the canvas in pixels: expected 16, 28 or 32, found {size!r}")
    if channels not in (1, 3):
        raise ValueError(f"channels: expected 1 (grey) or 3 (colour), found {channels!r}")
    if max_digits not in range(1, CELLS + 1):
        raise ValueError(f"max_digits: expected 1 to {CELLS}, as the canvas has {CELLS} places, found {max_digits!r}")
    for name, number in scenes.items():
        if not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} is a number of scenes: expected a whole number from 1 on, found {number!r}")


def _divide_sources(seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The handwritten digits of each split: pictures `(n, 8, 8)` in 0..1 and what they show `(n,)`."""
    handwriting = sklearn.datasets.load_digits()
    pictures, digits = handwriting.images / 16.0, handwriting.target
    rest, test = sklearn.model_selection.train_test_split(
        np.arange(len(digits)), test_size=0.25, stratify=digits, random_state=seed
    )
    train, validation = sklearn.model_selection.train_test_split(
        rest, test_size=0.2, stratify=digits[rest], random_state=seed
    )
    rows = {"train": train, "validation": validation, "test": test}
    return {split: (pictures[chosen], digits[chosen]) for split, chosen in rows.items()}


def _resize(pictures: np.ndarray, side: int) -> np.ndarray:
    """Pictures `(n, 8, 8)` brought to `(n, side, side)` by linear interpolation."""
    zoom = side / pictures.shape[1]
    return scipy.ndimage.zoom(pictures, (1, zoom, zoom), order=1, grid_mode=True, mode="nearest")


def _draw(
    pictures: np.ndarray,
    digits: np.ndarray,
    scenes: int,
    size: int,
    channels: int,
    max_digits: int,
    generator: np.random.Generator,
) -> Split:
    digit_side, cell_side = pictures.shape[1], size // 2
    canvas = np.zeros((scenes, size, size, channels), np.float32)
    y = np.zeros((scenes, DIGITS), np.float32)
    pictures = pictures[np.argsort(digits, kind="stable")]
    rows_of = np.bincount(digits, minlength=DIGITS)
    first_row = np.cumsum(rows_of) - rows_of

    number_of_digits = generator.integers(0, max_digits + 1, scenes)
    # Sorting random numbers draws without replacement, for all scenes at once.
    cells = generator.random((scenes, CELLS)).argsort(axis=1)
    shown = generator.random((scenes, DIGITS)).argsort(axis=1)

    for place in range(max_digits):
        scene = np.flatnonzero(number_of_digits > place)  # (n,), the scenes that have a digit at this place
        digit, cell = shown[scene, place], cells[scene, place]
        y[scene, digit] = 1.0
        # Of the source pictures, sorted by digit, one that shows the digit wanted: (n,)
        chosen = first_row[digit] + (generator.random(len(scene)) * rows_of[digit]).astype(int)
        moved = generator.integers(0, cell_side - digit_side + 1, (len(scene), 2))
        top = (cell // 2) * cell_side + moved[:, 0]
        left = (cell % 2) * cell_side + moved[:, 1]
        colour = _colours(len(scene), channels, generator)  # (n, channels)
        rows = top[:, None, None] + np.arange(digit_side)[None, :, None]  # (n, side, 1)
        columns = left[:, None, None] + np.arange(digit_side)[None, None, :]  # (n, 1, side)
        canvas[scene[:, None, None], rows, columns] = pictures[chosen][..., None] * colour[:, None, None, :]
    return Split(x=np.round(canvas * 255).astype(np.uint8), y=y)


def _colours(number: int, channels: int, generator: np.random.Generator) -> np.ndarray:
    """Bright colours `(number, channels)`: one channel full, the others from 0.3 on; grey is plain white."""
    if channels == 1:
        return np.ones((number, 1), np.float32)
    colours = generator.uniform(0.3, 1.0, (number, 3)).astype(np.float32)
    colours[np.arange(number), generator.integers(0, 3, number)] = 1.0
    return colours
