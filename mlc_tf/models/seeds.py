"""The first weights and the dropout of a network from one seed, whatever was drawn before."""

import contextlib
import operator
import random
from collections.abc import Iterator


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside, layers get the same first weights and the same dropout for the same seed; no global state changes.

    Keras draws the seed of every initializer and every dropout layer that is given none from Python's `random`, whose
    state is put back at the end. A layer has to be built inside: give a network its `keras.Input`.

    Args:
        seed: a whole number.

    Raises:
        TypeError: when `seed` is none.

    >>> import keras
    >>> def weights():
    ...     with seeded(3):
    ...         return keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).get_weights()[0].tolist()
    >>> weights() == weights()
    True
    """
    state = random.getstate()
    random.seed(operator.index(seed))
    try:
        yield
    finally:
        random.setstate(state)
