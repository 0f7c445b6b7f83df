"""Digit scenes with a sentence: one place is behind a curtain, and the sentence says what is there and what counts.

Neither picture nor sentence tells the label set by itself, and both together do. Lesson 09.
"""

import numpy as np

from mlc_tf.data import digit_scenes
from mlc_tf.data.counts import whole
from mlc_tf.data.dataset import Dataset, Split
from mlc_tf.data.hidden_scenes import CURTAIN

SIDE, PLACE = 16, 8  # of a picture and of each of its four places, in pixels
SOURCES = 1_000  # of these about half show a digit, so all ten are there
# The share of scenes whose whole label set whoever sees only one of the two can get right, at best: of all scenes half
# have nothing behind the curtain, and half leave out no place.
PICTURE_CEILING, SENTENCE_CEILING = 3 / 8, 7 / 24

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLACES = ("upper left", "upper right", "lower left", "lower right")
_BEHIND = (  # a digit that is there, and one that is not
    "Behind the curtain is {digit}, not {other}.",
    "Not {other} but {digit} stands behind the curtain.",
    "{digit} stands behind the curtain, and not {other}.",
)
_NOTHING = (
    "Behind the curtain is nothing, not even {other}.",
    "Not {other} and not anything else stands behind the curtain.",
    "Nothing stands behind the curtain, not {other} either.",
)
_LEFT_OUT = (  # a place that does not count, and one that does
    "The {place} one does not count, the {other} one does.",
    "The {other} one counts, but not the {place} one.",
    "All count but the {place} one, so the {other} one does.",
)
_ALL_COUNT = (
    "All places count, the {place} and the {other} one too.",
    "The {place} one counts, and so does the {other} one, as all do.",
    "No place is left out, not the {place} and not the {other} one.",
)


def load_data(train: int = 8_000, validation: int = 2_000, test: int = 2_000, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Draw the scenes; the same arguments give the same pixels and sentences.

    Of the four places one is behind a curtain: half of the time with a digit there, half of the time with nothing. Of
    the other three none to all have a digit, each number equally often. All digits of a scene differ. In half of the
    scenes one of those three places, with a digit or without, does not count. The label set is the digits that count.

    Args:
        train, validation, test: number of scenes in each split.
        seed: divides the handwritten digits among the splits, and draws.

    Returns:
        The pictures, `x` of shape `(N, 16, 16, 1)`, uint8, and the sentences, `x` of shape `(N,)`, str: two data sets
        with the same label sets, row by row.

    Raises:
        ValueError: when a number of scenes is below 1.
    """
    scenes = {"train": train, "validation": validation, "test": test}
    for name, number in scenes.items():
        whole(f"{name} is a number of scenes", number)
    # From scenes of at most one digit it is cut out. So no digit stands in two splits.
    pools = {name: max(number, SOURCES) for name, number in scenes.items()}
    sources = digit_scenes.load_data(SIDE, 1, max_digits=1, seed=seed, **pools)
    parts = {}
    for number, name in enumerate(scenes):
        generator = np.random.default_rng([seed, number, 2])  # not the numbers that drew the sources
        parts[name] = _draw(getattr(sources, name), scenes[name], generator)
    return tuple(
        Dataset(title, *(Split(x[which], y) for x, y in parts.values()), sources.label_names)
        for which, title in enumerate(("captioned scenes, pictures", "captioned scenes, sentences"))
    )


def _draw(source: Split, scenes: int, generator: np.random.Generator):
    """So many scenes: `(pictures, sentences)`, and label sets."""
    handwritten, of_digit = _cut_out(source)
    digits = generator.random((scenes, 10)).argsort(axis=1)[:, :4]  # four different ones
    places = generator.random((scenes, 4)).argsort(axis=1)  # the first is behind the curtain
    visible = generator.integers(0, 4, scenes)
    there = np.column_stack([generator.random(scenes) < 0.5, np.arange(3) < visible[:, None]])  # (scenes, 4)
    # The places that can be seen are filled in a random order, so any of the three may be the one that is left out.
    left_out = np.where(generator.random(scenes) < 0.5, generator.integers(1, 4, scenes), 0)

    pictures = np.zeros((scenes, 2, PLACE, 2, PLACE, 1), np.uint8)
    y = np.zeros((scenes, 10), np.float32)
    rows = np.arange(scenes)
    for one in range(4):
        row, column = np.divmod(places[:, one], 2)
        if one == 0:
            pictures[rows, row, :, column] = CURTAIN
        else:
            chosen = [of_digit[digit][generator.integers(len(of_digit[digit]))] for digit in digits[:, one]]
            pictures[rows, row, :, column] = handwritten[chosen] * there[:, one, None, None, None].astype(np.uint8)
        counts = there[:, one] & ((left_out != one) | (one == 0))
        y[rows[counts], digits[counts, one]] = 1
    sentences = [_sentence(*scene, generator) for scene in zip(digits, places, there, left_out, strict=True)]
    return (pictures.reshape(scenes, SIDE, SIDE, 1), np.array(sentences, dtype=object)), y


def _cut_out(source: Split) -> tuple[np.ndarray, list[np.ndarray]]:
    """The digits of scenes with one digit, `(n, 8, 8, 1)`, and of each digit the rows where it is."""
    single = source.y.any(axis=1)
    places = source.x[single].reshape(-1, 2, PLACE, 2, PLACE, 1).swapaxes(2, 3).reshape(-1, 4, PLACE, PLACE, 1)
    full = places.reshape(len(places), 4, -1).max(axis=2).argmax(axis=1)
    shown = source.y[single].argmax(axis=1)
    of_digit = [np.flatnonzero(shown == digit) for digit in range(10)]
    return places[np.arange(len(places)), full], of_digit


def _sentence(digits, places, there, left_out, generator) -> str:
    other_digit = generator.choice([digit for digit in range(10) if digit != digits[0]])
    behind = _BEHIND if there[0] else _NOTHING
    first = behind[generator.integers(3)].format(digit=_a(digits[0]), other=_a(other_digit))
    first = first[0].upper() + first[1:]
    named = left_out or generator.integers(1, 4)
    other_place = generator.choice([one for one in (1, 2, 3) if one != named])
    counting = _LEFT_OUT if left_out else _ALL_COUNT
    second = counting[generator.integers(3)].format(place=_PLACES[places[named]], other=_PLACES[places[other_place]])
    return f"{first} {second}" if generator.random() < 0.5 else f"{second} {first}"


def _a(digit: int) -> str:
    return f"{'an' if digit == 8 else 'a'} {_DIGITS[digit]}"
