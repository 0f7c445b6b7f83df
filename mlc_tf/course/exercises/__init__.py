"""Checks an exercise on the spot: `check(name, answer)` says "Correct", "Not yet", or gives a hint (lesson 00).

An exercise is data: some inputs, a function that is right, and functions that are wrong in a typical way, each with the
hint for whoever made that mistake. The exercises of lesson NN are in `lesson_NN.py`.
"""

import copy
import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np

from mlc_tf.course import progress


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise.

    Args:
        inputs: tuples of arguments that the answer is called with.
        right: returns what is wanted.
        mistakes: hint -> a function that makes the mistake which the hint is for.
        success: what to say beside "Correct".
    """

    inputs: tuple[tuple, ...]
    right: Callable
    mistakes: dict[str, Callable]
    success: str


class _NotYet(Exception):
    """The answer is still the stub."""


def check(name: str, answer: Callable) -> None:
    """Print whether `answer` solves the exercise called `name`, or a hint, and keep the verdict (`progress`).

    A wrong answer never raises, so a notebook runs on.

    Raises:
        KeyError: no exercise has this name.
        ValueError: two exercises have one name.
    """
    exercise = _find(name)
    try:
        hint = _hint(exercise, answer)
    except _NotYet:
        verdict, words = "open", "Not yet: replace the `...` in the cell above, run it, then run this cell again."
    else:
        verdict, words = ("tried", f"Hint: {hint}") if hint else ("solved", f"Correct. {exercise.success}")
    print(words)
    try:
        progress.record(name, verdict)
    except OSError as error:
        print(f"(This is not kept for `python -m mlc_tf progress`: {error}.)")


def _find(name: str) -> Exercise:
    exercises = {}
    for module in pkgutil.iter_modules(__path__):
        for other, exercise in importlib.import_module(f"{__name__}.{module.name}").EXERCISES.items():
            if other in exercises:
                raise ValueError(f"expected one exercise of each name, found two called {other!r}: rename one")
            exercises[other] = exercise
    if name not in exercises:
        raise KeyError(f"no exercise is called {name!r}; there are: {', '.join(sorted(exercises))}")
    return exercises[name]


def _hint(exercise: Exercise, answer: Callable) -> str | None:
    """`None` when the answer is right, otherwise what to tell the learner."""
    if not callable(answer):
        return f"the check wants your function itself, without calling it; it was given {answer!r}."
    found = []
    for arguments in exercise.inputs:
        try:
            # Copies, so that an answer which writes into its arguments does not spoil the comparison.
            found.append(answer(*copy.deepcopy(arguments)))
        except Exception as error:  # whatever a learner's code raises is the learner's to read
            return f"your function raised {type(error).__name__}: {error}"
    if any(result is None or result is ... for result in found):
        if all(result is ... for result in found):
            raise _NotYet
        return "your function returns nothing for some input: does every path end in `return`?"
    if _same(exercise, exercise.right, found):
        return None
    for hint, mistaken in exercise.mistakes.items():
        if _same(exercise, mistaken, found):
            return hint
    return _describe_difference(exercise, found)


def _same(exercise: Exercise, function: Callable, found: list) -> bool:
    wanted = [function(*arguments) for arguments in exercise.inputs]
    return all(_equal(one, other) for one, other in zip(wanted, found, strict=True))


def _equal(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, tuple):  # of several results
        same_length = isinstance(found, list | tuple) and len(found) == len(wanted)
        return same_length and all(map(_equal, wanted, found))
    if isinstance(wanted, list):  # of names
        return isinstance(found, list | tuple) and list(found) == wanted
    if isinstance(wanted, set | str):
        return type(found) is type(wanted) and found == wanted
    try:
        wanted, found = np.asarray(wanted, float), np.asarray(found, float)
    except (TypeError, ValueError):
        return False
    return wanted.shape == found.shape and np.allclose(wanted, found, rtol=1e-5, atol=1e-7, equal_nan=True)


def _describe_difference(exercise: Exercise, found: list) -> str:
    for arguments, result in zip(exercise.inputs, found, strict=True):
        wanted = exercise.right(*arguments)
        if not _equal(wanted, result):
            given = ", ".join(_short(argument) for argument in arguments)
            return f"for the input {given} your function returns {_short(result)}; it should return {_short(wanted)}."
    raise AssertionError("unreachable: some result differs")


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    if isinstance(value, np.ndarray) and value.size > 12:
        return f"an array of shape {value.shape}"
    return np.array2string(value, precision=4, separator=", ") if isinstance(value, np.ndarray) else repr(value)
