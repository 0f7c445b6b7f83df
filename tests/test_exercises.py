"""The checks of the exercises: each mistake gets its own hint, and a learner's broken code never stops a notebook."""

import importlib
import pkgutil

import pytest

import mlc_tf.course.exercises
from mlc_tf.course.exercises import check, lesson_01

EXERCISES = {
    name: exercise
    for module in pkgutil.iter_modules(mlc_tf.course.exercises.__path__)
    for name, exercise in importlib.import_module(f"mlc_tf.course.exercises.{module.name}").EXERCISES.items()
}


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_stubs_and_typical_mistakes_are_told_apart(name, capsys):
    exercise = EXERCISES[name]
    check(name, exercise.right)
    assert capsys.readouterr().out.startswith("Correct")
    check(name, lambda *arguments: ...)
    assert capsys.readouterr().out.startswith("Not yet")
    for hint, mistaken in exercise.mistakes.items():
        check(name, mistaken)
        assert capsys.readouterr().out.strip() == f"Hint: {hint}"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda y: 1 / 0, "ZeroDivisionError"),
        (lambda y: None, "does every path end in `return`"),
        (lambda y: "many", "it should return"),
        (lambda y: y, "it should return"),
        (lambda: 1, "TypeError"),
        (0.5, "your function itself, without calling it"),
    ],
)
def test_a_broken_answer_gets_a_hint_and_does_not_raise(answer, hint, capsys):
    check("density", answer)
    out = capsys.readouterr().out
    assert out.startswith("Hint:")
    assert hint in out


def test_an_answer_that_writes_into_its_argument_spoils_nothing(capsys):
    def answer(y):
        share = float(y.mean())
        y[:] = 0
        return share

    check("density", answer)
    check("density", answer)
    assert capsys.readouterr().out.count("Correct") == 2


def test_two_exercises_of_one_name_are_refused(monkeypatch):
    monkeypatch.setitem(lesson_01.EXERCISES, "label set", lesson_01.EXERCISES["density"])
    with pytest.raises(ValueError, match="expected one exercise of each name, found two called 'label set'"):
        check("density", lambda y: 0)


def test_an_unknown_exercise_names_those_there_are():
    with pytest.raises(KeyError, match="no exercise is called 'densty'; there are: .*density"):
        check("densty", lambda y: 0)
