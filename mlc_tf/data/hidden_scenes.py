"""Digit scenes of which half of each place is hidden: a digit may be a 3 or an 8, never both. Lesson 08.

What is left often does not tell a digit, but it tells between which few: given the picture, the labels depend on each
other. In digit scenes that are seen whole hardly anything is left for one label to say of another.
"""

import numpy as np

from mlc_tf.data import digit_scenes
from mlc_tf.data.dataset import Dataset, Split

CURTAIN = 128  # no whole digit is of this grey
HALVES = ("left", "right", "upper", "lower")


def load_data(
    size: int = 16,
    max_digits: int = 3,
    train: int = 8_000,
    validation: int = 2_000,
    test: int = 2_000,
    seed: int = 0,
    half: str | None = None,
) -> Dataset:
    """Draw the scenes of `digit_scenes.load_data`, and over one half of each of the four places a grey curtain.

    Args:
        size, max_digits, train, validation, test, seed: as for `digit_scenes.load_data`.
        half: "left", "right", "upper" or "lower", in all places; `None` for one by chance in each place of each scene.

    Returns:
        A `Dataset` with `x` of shape `(N, size, size, 1)`, uint8 in 0..255, and `y` of shape `(N, 10)`.

    Raises:
        ValueError: when an argument is outside what is said.
    """
    if half not in (None, *HALVES):
        raise ValueError(f"half: expected None or one of {', '.join(HALVES)}; found {half!r}")
    scenes = digit_scenes.load_data(size, 1, max_digits, train, validation, test, seed)
    # Other random numbers than those of the scenes, whose generators have the numbers (seed, split).
    splits = [
        Split(covered(split.x, half, np.random.default_rng([seed, number, 1])), split.y)
        for number, split in enumerate((scenes.train, scenes.validation, scenes.test))
    ]
    return Dataset("hidden scenes", *splits, label_names=scenes.label_names)


def covered(x: np.ndarray, half: str | None, generator: np.random.Generator) -> np.ndarray:
    """The pictures `(N, size, size, channels)`, each place with a curtain over one half."""
    size, place = x.shape[1], x.shape[1] // 2
    chosen = generator.integers(0, len(HALVES), (len(x), 2, 2))
    if half is not None:
        chosen[:] = HALVES.index(half)
    half_of = np.zeros((len(HALVES), place, place), bool)  # which pixels of a place lie behind the curtain
    half_of[0, :, : place // 2] = half_of[1, :, place // 2 :] = True
    half_of[2, : place // 2] = half_of[3, place // 2 :] = True
    behind = half_of[chosen].swapaxes(2, 3).reshape(len(x), size, size, 1)
    return np.where(behind, np.uint8(CURTAIN), x)
