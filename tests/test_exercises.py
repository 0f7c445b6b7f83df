"""The checks of the exercises: each mistake gets its own hint, and a learner's broken code never stops a notebook."""

import importlib
import pkgutil
import re

import numpy as np
import pytest

import mlc_tf.course.exercises
from mlc_tf.course.exercises import check, lesson_01, lesson_04

EXERCISES = {
    name: exercise
    for module in pkgutil.iter_modules(mlc_tf.course.exercises.__path__)
    for name, exercise in importlib.import_module(f"mlc_tf.course.exercises.{module.name}").EXERCISES.items()
}


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_stubs_and_typical_mistakes_are_told_apart(name, capsys):
    exercise = EXERCISES[name]
    is_question = isinstance(exercise, mlc_tf.course.exercises.Question)
    check(name, exercise.right if is_question else lambda *arguments: exercise.right(*arguments))
    assert capsys.readouterr().out.startswith("Correct")
    check(name, ... if is_question else lambda *arguments: ...)
    assert capsys.readouterr().out.startswith("Not yet")
    if is_question:
        assert len(exercise.answers) >= 3
        mistakes = {hint: letter for letter, hint in exercise.answers.items() if letter != exercise.right}
    else:
        mistakes = exercise.mistakes
    for hint, mistaken in mistakes.items():
        check(name, mistaken)
        assert capsys.readouterr().out.splitlines()[0] == f"Hint: {hint}"


def test_the_cells_below_get_a_function_that_is_right(capsys):
    right = lesson_01.EXERCISES["density"].right

    def mine(y):
        return np.mean(y)

    assert check("density", mine) is mine
    assert "the cells below" not in capsys.readouterr().out
    for wrong in (lambda y: ..., lambda y: 0, lambda y: 1 / 0, 0.5):
        assert check("density", wrong) is right
        assert "Until it is right, the cells below use the course's solution" in capsys.readouterr().out
    # As when `density = check("density", density)` is run again, without the cell above it.
    assert check("density", right) is right
    assert capsys.readouterr().out.startswith("Not yet")


X = np.array([[1.0, 2.0, 4.0], [3.0, 0.0, 0.0]])
TOYS = {  # name: inputs and what is right
    "means": (((X,), (X[:, :2],)), lambda x: x.mean(axis=1)),
    "two": (((X,), (2 * X,)), lambda x: (x.sum(axis=1), x.max())),
    "long": (((np.arange(1.0, 21.0).reshape(4, 5),),), lambda x: x * x),
    "words": ((("a b",), ("c",)), lambda text: text.split()),
    "set": ((("cat",),), lambda text: {text}),
}


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("means", lambda x: 1 / 0, "ZeroDivisionError: division by zero, in `"),
        ("means", lambda x: x + x[0, :2], r"could not be broadcast .*Two shapes do not fit.*s\[:, None\]"),
        ("means", lambda x: x[np.argmax(x)], "IndexError.*Without `axis` all entries are counted"),
        ("means", lambda x: x[x / 2], "IndexError.*whole numbers or truth values"),
        ("means", lambda x: max(x, 0), "ValueError: The truth value.*`np.maximum` goes entry by entry"),
        ("means", lambda x: x.mean(axis=2), "AxisError.*There is no such axis"),
        ("means", lambda x: x @ x, "matmul.*inner sizes of a matrix product"),
        ("means", lambda: 1, "TypeError.*Leave the arguments"),
        ("means", lambda x: undefined, "NameError.*was the cell that makes it run"),  # noqa: F821
        ("means", lambda x: None, "does every path end in `return`"),
        ("means", np.float32(0.15), "your function itself, without calling it; it was given 0.15"),
        ("means", lambda x: "many", r"for the input \[\[1., .* returns 'many'; it should be \[2.3333, 1. +\]"),
        ("means", lambda x: x, r"returns an array of shape \(2, 3\); it should be an array of shape \(2,\). .*missing"),
        ("means", lambda x: x.mean(axis=1, keepdims=True), r"shape \(2, 1\); .* left over: was `keepdims=True` needed"),
        ("means", lambda x: x.mean(), r"returns one number; .*shape \(2,\). .*over too much"),
        ("means", lambda x: x.mean(axis=0), r"shape \(3,\); it should be an array of shape \(2,\). .*other `axis`"),
        ("means", lambda x: x.sum(axis=1) / np.sum(x > 0, axis=1), r"\[2.3333, 3. +\]; it should be \[2.3333, 1. +\]"),
        ("means", lambda x: 2 * x.mean(axis=1), "all is 2 times what it should be"),
        ("means", lambda x: -x.mean(axis=1), "the sign is turned"),
        ("means", lambda x: x.mean(axis=1) / (x[:, 1] > 0), "inf.*comes of a division by 0"),
        ("means", lambda x: sorted([3, 1]) - sorted([2, 0]), "TypeError.*`np.sort` gives one, `sorted` a list"),
        ("means", lambda x: x.sort() - x.sort(), r"TypeError.*`a.sort\(\)` sorts in place and returns nothing"),
        ("two", lambda x: (x.sum(axis=1), x.min()), " result 2 of the 2 of your function is 0; it should be 4"),
        ("two", lambda x: x.max(), r"returns 4; it should be 2 results, \(\[7., 3.\], 4\)"),
        ("two", lambda x: (x.sum(axis=1), 0) if x.max() < 5 else 0, r"returns \(\[7., 3.\], 0\); it should be "),
        ("two", lambda x: x.sum(axis=1), r"returns \[7., 3.\]; it should be \(\[7., 3.\], 4\)"),
        ("long", lambda x: x * x + (x == 7), r"an array with 50 at \[1, 1\]; it should be 49 there"),
        ("words", lambda text: list(text), r"for the input 'a b' .*it should be \['a', 'b'\]"),
        ("words", lambda text: list(np.array(["cat", text])), r"returns \['cat', 'a b'\]"),
        ("set", lambda text: set(np.array([text, "dog"])), r"returns \{'cat', 'dog'\}; it should be \{'cat'\}"),
    ],
)
def test_what_can_go_wrong_in_any_exercise_is_told_and_does_not_raise(name, answer, says, capsys, monkeypatch):
    inputs, right = TOYS[name]
    toy = mlc_tf.course.exercises.Exercise(inputs, right, mistakes={}, success="")
    monkeypatch.setitem(lesson_01.EXERCISES, name, toy)
    with np.errstate(all="ignore"):
        check(name, answer)
    out = capsys.readouterr().out
    assert out.startswith("Hint:") and "np.float" not in out
    assert re.search(says, out), out


@pytest.mark.parametrize("several", [tuple, list, np.array])
def test_several_results_may_come_in_a_tuple_a_list_or_an_array(several, capsys, monkeypatch):
    toy = mlc_tf.course.exercises.Exercise(((3.0,), (5.0,)), lambda x: (x + 1, 2 * x), mistakes={}, success="")
    monkeypatch.setitem(lesson_01.EXERCISES, "toy", toy)
    check("toy", lambda x: several([x + 1, 2 * x]))
    assert capsys.readouterr().out.startswith("Correct")
    check("toy", lambda x: several([x + 1, 2 * x, 0]))
    assert "it should be 2 results, (4, 6)" in capsys.readouterr().out
    check("toy", lambda x: np.array(x))  # of no axis
    assert "your function returns 3; it should be 2 results, (4, 6)" in capsys.readouterr().out
    check("toy", lambda x: several([x + 1, 3 * x]))
    assert re.search("2 of the 2 of your function is 9; it should be 6|returns .*9.*; it", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (" B", "Correct. Two of them."),
        ("a", "Hint: None of them."),
        ("d", "Hint: expected one of the letters a, b, c, in quotes; found 'd'."),
        (2, "Hint: expected one of the letters a, b, c, in quotes; found 2."),
        (["b"], "Hint: expected one of the letters"),
        (..., "Not yet"),
    ],
)
def test_a_question_takes_one_of_its_letters(answer, says, capsys, monkeypatch):
    toy = mlc_tf.course.exercises.Question("b", {"a": "None of them.", "b": "Two of them.", "c": "All of them."})
    monkeypatch.setitem(lesson_01.EXERCISES, "toy", toy)
    check("toy", answer)
    assert capsys.readouterr().out.startswith(says)


def test_an_answer_that_writes_into_its_argument_spoils_nothing(capsys):
    def answer(y):
        share = float(y.mean())
        y[:] = 0
        return share

    check("density", answer)
    check("density", answer)
    assert capsys.readouterr().out.count("Correct") == 2


def _with_numpy(real, fake, real_labels, fake_labels, lambda_d, lambda_g):
    loss_d = np.mean(np.maximum(1 - real, 0)) + np.mean(np.maximum(1 + fake, 0)) + lambda_d * real_labels
    return loss_d, -np.mean(fake) + lambda_g * fake_labels


def _with_methods(real, fake, real_labels, fake_labels, lambda_d, lambda_g):
    loss_d, _ = lesson_04.EXERCISES["two losses"].right(real, fake, real_labels, fake_labels, lambda_d, lambda_g)
    return loss_d, -fake.mean() + lambda_g * fake_labels


def _sorting_its_arguments(a, b):
    a.sort()
    b.sort()
    return np.mean(np.abs(a - b))


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("two losses", _with_numpy, "no gradient flows through NumPy"),
        ("two losses", _with_methods, "no gradient flows through NumPy"),
        ("Wasserstein distance", _sorting_its_arguments, "`np.sort(a)` gives a sorted copy"),
    ],
)
def test_right_values_alone_do_not_do_where_the_lesson_needs_more(name, answer, says, capsys):
    assert check(name, answer) is EXERCISES[name].right
    assert says in capsys.readouterr().out


def test_two_exercises_of_one_name_are_refused(monkeypatch):
    monkeypatch.setitem(lesson_01.EXERCISES, "label set", lesson_01.EXERCISES["density"])
    with pytest.raises(ValueError, match="expected one exercise of each name, found two called 'label set'"):
        check("density", lambda y: 0)


def test_an_unknown_exercise_names_those_there_are():
    with pytest.raises(KeyError, match="no exercise is called 'densty'; there are: .*density"):
        check("densty", lambda y: 0)
