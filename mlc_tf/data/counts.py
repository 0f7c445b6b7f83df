"""How many of something: the check that every number of scenes, labels or units needs."""

import numpy as np


def whole(name: str, number: int) -> int:
    """The number, which has to be a whole one from 1 on.

    Args:
        name: what the error calls it.
        number: any value.

    Raises:
        ValueError: when it is something else.
    """
    if not isinstance(number, int | np.integer) or number < 1:
        raise ValueError(f"{name}: expected a whole number from 1 on, found {number!r}")
    return int(number)
