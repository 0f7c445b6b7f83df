"""Checks an exercise on the spot: `check(name, answer)` says "Correct", "Not yet", or gives a hint (lesson 00).

An exercise is data: some inputs, a function that is right, and functions that are wrong in a typical way, each with the
hint for whoever made that mistake. What can go wrong in any of them (an exception, a shape, an axis, a factor) is told
apart here. The exercises of lesson NN are in `lesson_NN.py`.
"""

import copy
import dataclasses
import importlib
import pkgutil
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from mlc_tf.course import progress

SHOWN = 12  # entries of an array that are written out
# What an exception mostly means, by words of it.
MEANINGS = {
    "must be of integer": "What stands in the brackets has to be whole numbers or truth values: a comparison, such as "
    "`row == 1`, or `.astype(int)` where they are positions?",
    "only integer scalar arrays": "A tuple or a list takes no array in its brackets; `np.array(...)` of it does.",
    "slices, not numpy.float": "Is this an entry of an array, where its position is wanted? `enumerate` gives both.",
    "truth value": "An array stands where one number is wanted: `np.maximum` goes entry by entry, `max` does not.",
    "broadcast": "Two shapes do not fit. An axis of length 1 makes them fit: `s[:, None]`, or `keepdims=True`.",
    "matmul": "The inner sizes of a matrix product have to agree: which of the two is a row, and in which order?",
    "IndexError": "A position lies beyond the end: found along which axis? Without `axis` all entries are counted.",
    "AxisError": "There is no such axis: what is the shape at that place?",
    "'list' and 'list'": "Lists are not subtracted entry by entry, arrays are: `np.sort` gives one, `sorted` a list.",
    "'NoneType'": "Something here is None: `a.sort()` sorts in place and returns nothing, `np.sort(a)` what it sorted.",
    "NameError": "Is it spelt right, and was the cell that makes it run?",
    "positional argument": "Leave the arguments of the function as they were.",
}


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise.

    Args:
        inputs: tuples of arguments that the answer is called with.
        right: returns what is wanted.
        mistakes: hint -> a function that makes the mistake which the hint is for.
        success: what to say beside "Correct".
        flaw: takes an answer that returns what is wanted, and returns a hint if it is wrong all the same, or `None`.
    """

    inputs: tuple[tuple, ...]
    right: Callable
    mistakes: dict[str, Callable]
    success: str
    flaw: Callable[[Callable], str | None] = lambda answer: None


@dataclasses.dataclass(frozen=True)
class Question:
    """A question with choices.

    Args:
        right: the letter of the right answer.
        answers: each letter, and why this answer is right, or what speaks against it.
    """

    right: str
    answers: dict[str, str]


class _NotYet(Exception):
    """The answer is still the stub."""


def check(name: str, answer: Callable | str) -> Callable | None:
    """Print whether `answer` solves the exercise or question of this name, or a hint, and keep what was said.

    A wrong answer never raises, so a notebook runs on: with `f = check("name", f)` the cells below use the learner's
    function when it is right, and the course's until then.

    Returns:
        A function that is right: `answer`, or the course's. `None` for a question.

    Raises:
        KeyError: no exercise has this name.
        ValueError: two exercises have one name.
    """
    exercise = _find(name)
    is_question = isinstance(exercise, Question)
    try:
        if is_question:
            hint, success = _hint_to_choice(exercise, answer), exercise.answers[exercise.right]
        else:
            hint, success = _hint(exercise, answer), exercise.success
    except _NotYet:
        verdict, words = "open", "Not yet: replace the `...` in the cell above, run it, then run this cell again."
    else:
        verdict, words = ("tried", f"Hint: {hint}") if hint else ("solved", f"Correct. {success}")
    print(words)
    if verdict != "solved" and not is_question:
        print("(Until it is right, the cells below use the course's solution.)")
    if is_question or answer is not exercise.right:  # the course's own, when this cell is run again, is no answer
        try:
            progress.record(name, verdict)
        except OSError as error:
            print(f"(This is not kept for `python -m mlc_tf progress`: {error}.)")
    return None if is_question else answer if verdict == "solved" else exercise.right


def _find(name: str) -> Exercise | Question:
    exercises = {}
    for module in pkgutil.iter_modules(__path__):
        for other, exercise in importlib.import_module(f"{__name__}.{module.name}").EXERCISES.items():
            if other in exercises:
                raise ValueError(f"expected one exercise of each name, found two called {other!r}: rename one")
            exercises[other] = exercise
    if name not in exercises:
        raise KeyError(f"no exercise is called {name!r}; there are: {', '.join(sorted(exercises))}")
    return exercises[name]


def _hint_to_choice(question: Question, answer: Any) -> str | None:
    """`None` when the answer is right, otherwise what to tell the learner."""
    if answer is ...:
        raise _NotYet
    letter = answer.strip().lower() if isinstance(answer, str) else answer
    if not isinstance(letter, str) or letter not in question.answers:
        return f"expected one of the letters {', '.join(question.answers)}, in quotes; found {answer!r}."
    return None if letter == question.right else question.answers[letter]


def _hint(exercise: Exercise, answer: Callable) -> str | None:
    """`None` when the answer is right, otherwise what to tell the learner."""
    if answer is exercise.right:
        raise _NotYet
    if not callable(answer):
        return f"the check wants your function itself, without calling it; it was given {_short(answer)}."
    found = []
    for arguments in exercise.inputs:
        try:
            # Copies, so that an answer which writes into its arguments does not spoil the comparison.
            found.append(answer(*copy.deepcopy(arguments)))
        except Exception as error:  # whatever a learner's code raises is the learner's to read
            return _describe_exception(error)
    if any(result is None or result is ... for result in found):
        if all(result is ... for result in found):
            raise _NotYet
        return "your function returns nothing for some input: does every path end in `return`?"
    if _same(exercise, exercise.right, found):
        return exercise.flaw(answer)
    for hint, mistaken in exercise.mistakes.items():
        if _same(exercise, mistaken, found):
            return hint
    return _describe_difference(exercise, found)


def _same(exercise: Exercise, function: Callable, found: list) -> bool:
    wanted = [function(*arguments) for arguments in exercise.inputs]
    return all(_equal(one, other) for one, other in zip(wanted, found, strict=True))


def _equal(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, tuple):  # of several results
        return _holds(len(wanted), found) and all(map(_equal, wanted, found))
    if isinstance(wanted, list):  # of names
        return isinstance(found, list | tuple) and list(found) == wanted
    if isinstance(wanted, set | str):
        return type(found) is type(wanted) and found == wanted
    try:
        wanted, found = np.asarray(wanted, float), np.asarray(found, float)
    except (TypeError, ValueError):
        return False
    return wanted.shape == found.shape and np.allclose(wanted, found, rtol=1e-5, atol=1e-7, equal_nan=True)


def _holds(number: int, found: Any) -> bool:
    """Whether so many results came back, in a tuple, a list or an array."""
    several = isinstance(found, list | tuple) or (isinstance(found, np.ndarray) and found.ndim > 0)
    return several and len(found) == number


def _describe_exception(error: Exception) -> str:
    """What was raised, by which line of the learner's cell, and what it mostly means."""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # after the one of this file
    lines = [frame.line for frame in frames if frame.filename == frames[0].filename and frame.line]
    raised = f"{type(error).__name__}: {error}"
    where = f", in `{lines[-1]}`" if lines else ""
    meant = next((f" {meaning}" for words, meaning in MEANINGS.items() if words in raised), "")
    return f"your function raised {raised.rstrip('. ')}{where}.{meant}"


def _describe_difference(exercise: Exercise, found: list) -> str:
    """How what was returned differs from what is wanted: in kind, in shape, by a factor, or in an entry."""
    pairs = [(exercise.right(*arguments), result) for arguments, result in zip(exercise.inputs, found, strict=True)]
    number = next(number for number, pair in enumerate(pairs) if not _equal(*pair))
    wanted, result = pairs[number]
    given = ", ".join(map(_short, exercise.inputs[number]))
    which = "your function returns"
    if isinstance(wanted, tuple) and not _holds(len(wanted), result):
        return f"for the input {given} {which} {_short(result)}; it should be {len(wanted)} results, {_short(wanted)}."
    if (
        isinstance(wanted, tuple)
        and isinstance(result, list | tuple)
        and all(_holds(len(one), other) for one, other in pairs)
    ):
        part = next(part for part in range(len(wanted)) if not _equal(wanted[part], result[part]))
        pairs = [(one[part], other[part]) for one, other in pairs]
        wanted, result = pairs[number]
        which = f"result {part + 1} of the {len(found[number])} of your function is"
    arrays = [tuple(map(_numbers, pair)) for pair in pairs]
    one, other = arrays[number]
    if one is None or other is None:
        return f"for the input {given} {which} {_short(result)}; it should be {_short(wanted)}."
    if one.shape != other.shape:
        return f"{which} {_kind(other)}; it should be {_kind(one)}. {_why(one.shape, other.shape)}"
    told = f"for the input {given} {which} {_short(other)}; it should be {_short(one)}."
    if one.size > SHOWN:
        place = tuple(np.argwhere(~np.isclose(one, other, rtol=1e-5, atol=1e-7))[0].tolist())
        there = f"{other[place]:.6g} at {list(place)}; it should be {one[place]:.6g} there"
        told = f"for the input {given} {which} an array with {there}."
    if (np.isfinite(one) & ~np.isfinite(other)).any():
        return f"{told} What is not finite comes of a division by 0, or of the logarithm of 0."
    factor = _factor(arrays)
    if factor is None:
        return told
    return f"{'the sign is turned' if factor == -1 else f'all is {factor:.4g} times what it should be'}: {told}"


def _numbers(value: Any) -> np.ndarray | None:
    """An array of numbers; None for names, sets and what has no shape."""
    try:
        return None if isinstance(value, set | str) else np.asarray(value, float)
    except (TypeError, ValueError):
        return None


def _factor(arrays: list[tuple]) -> float | None:
    """How many times what is wanted all results are, if it is one number and more than one entry says so."""
    if any(one is None or other is None or one.shape != other.shape for one, other in arrays):
        return None
    wanted, result = (np.concatenate([np.ravel(pair[side]) for pair in arrays]) for side in (0, 1))
    counts = wanted != 0
    if (
        counts.sum() < 2
        or not np.isfinite(result).all()
        or not np.isfinite(wanted).all()
        or (result[~counts] != 0).any()
    ):
        return None
    ratios = result[counts] / wanted[counts]
    return float(np.round(ratios[0], 9)) if ratios[0] != 0 and np.allclose(ratios, ratios[0], rtol=1e-5) else None


def _kind(value: np.ndarray) -> str:
    return f"an array of shape {value.shape}" if value.ndim else "one number"


def _why(wanted: tuple, found: tuple) -> str:
    """What may be behind another shape."""
    if len(found) > len(wanted):
        if [size for size in found if size != 1] == [size for size in wanted if size != 1]:
            return "An axis of length 1 is left over: was `keepdims=True` needed?"
        return "Is a sum or a mean missing, or one over the other `axis`?"
    if len(found) < len(wanted):
        return (
            "Is a sum or a mean taken over too much? It goes along one `axis`; `[:, None]` and `keepdims=True` keep it."
        )
    return "Is something transposed, or summed over the other `axis`?"


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    if isinstance(value, np.ndarray) and value.size > SHOWN:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray) and value.ndim:
        return np.array2string(value, precision=4, separator=", ").replace("\n", "")
    if isinstance(value, float | np.number | np.ndarray):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    if isinstance(value, set) and value:
        return f"{{{', '.join(sorted(map(_short, value)))}}}"
    return repr(value.item() if isinstance(value, np.generic) else value)
