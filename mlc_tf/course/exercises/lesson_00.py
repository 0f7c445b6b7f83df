"""The exercise of lesson 00, start here."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_NAMES = ("cat", "dog", "tree")


def _present(row, names):
    return [name for name, present in zip(names, row, strict=True) if present]


EXERCISES = {
    "label set": Exercise(
        inputs=(
            (np.array([1.0, 0.0, 1.0]), _NAMES),
            (np.array([0.0, 0.0, 0.0]), _NAMES),
            (np.array([0.0, 1.0, 0.0]), _NAMES),
        ),
        right=lambda row, names: set(_present(row, names)),
        mistakes={
            "these are the positions of the ones in the row; look up the name at each position.": (
                lambda row, names: {int(position) for position in np.flatnonzero(row)}
            ),
            "`argmax` finds one position, even in a row of zeros. A label set may hold several names, or none.": (
                lambda row, names: {names[int(np.argmax(row))]}
            ),
            "the names are right, but in a list or tuple. The order of labels means nothing: return a set.": _present,
            "this is one text that only looks like a set; return the set of the names itself.": (
                lambda row, names: "{" + ", ".join(_present(row, names)) + "}"
            ),
            "you look up the names at the *entries* of the row. A 1 says that the label at its place is present: use "
            "`row == 1`, or `zip`.": lambda row, names: {names[int(entry)] for entry in row},
            "you look up the name at 1, the *entry*, instead of the name at its place: use `zip` or `enumerate`.": (
                lambda row, names: {names[int(entry)] for entry in row if entry}
            ),
            "these are all the names, whatever the row says. Keep those whose place holds a 1.": (
                lambda row, names: set(names)
            ),
            "these are the labels that are *absent*. A 1 means present.": (
                lambda row, names: set(names) - set(_present(row, names))
            ),
            "this is how many labels are present; return which ones.": lambda row, names: np.sum(row),
        },
        success="A row of zeros and ones and a set of names say the same thing.",
    ),
}
