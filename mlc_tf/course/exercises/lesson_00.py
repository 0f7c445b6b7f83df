"""The exercise of lesson 00, start here."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_NAMES = ("cat", "dog", "tree")


def _label_set(row, label_names):
    return {name for name, present in zip(label_names, row, strict=True) if present}


EXERCISES = {
    "label set": Exercise(
        inputs=(
            (np.array([1.0, 0.0, 1.0]), _NAMES),
            (np.array([0.0, 0.0, 0.0]), _NAMES),
            (np.array([0.0, 1.0, 0.0]), _NAMES),
        ),
        right=_label_set,
        mistakes={
            "these are the positions of the ones in the row; look up the name at each position.": (
                lambda row, names: {int(position) for position in np.flatnonzero(row)}
            ),
            "`argmax` finds one position, even in a row of zeros. A label set may hold several names, or none.": (
                lambda row, names: {names[int(np.argmax(row))]}
            ),
            "the names are right, but in a list. The order of labels means nothing: return a set.": (
                lambda row, names: [name for name, present in zip(names, row, strict=True) if present]
            ),
        },
        success="A row of zeros and ones and a set of names say the same thing.",
    ),
}
