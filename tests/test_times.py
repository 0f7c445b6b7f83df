"""How long lessons take: the record, the README's table, and what is said when a run does not agree."""

import re

import pytest

from mlc_tf import PROJECT
from mlc_tf.course import run, times

RECORDED = {"01_toy": {"seconds": 100.4, "units": 20.0, "gibibytes": 1.04, "machine": "a machine"}}


@pytest.mark.parametrize("units, passes", [(20.0, True), (28.0, True), (10.0, True), (40.0, False)])
def test_a_lesson_that_takes_twice_as_long_as_recorded_is_told(units, passes):
    problem = times.problem("01_toy", times.Cost(250.0, units, 1.0), RECORDED)
    assert (problem == "") == passes
    assert passes or ("20.0 are recorded" in problem and "python -m mlc_tf notebooks" in problem)


def test_a_lesson_without_a_record_is_told_which_command_makes_it():
    assert "python -m mlc_tf notebooks" in times.problem("02_new", times.Cost(1.0, 1.0, 1.0), RECORDED)


def test_the_recorded_figures_go_into_their_row_of_the_table_alone():
    row = "| [{0} Toy](notebooks/{0}_toy.ipynb) | count | to 10 s | {1} s | {2} GiB |\n"
    before = row.format("01", 90, 2.0) + row.format("02", 90, 2.0)
    assert times.in_table(before, RECORDED) == row.format("01", 100, "1.0") + row.format("02", 90, 2.0)


def test_the_readme_says_of_every_lesson_what_was_recorded():
    readme, recorded = (PROJECT / "README.md").read_text(encoding="utf-8"), times.read()
    assert sorted(recorded) == [path.stem for path in run.find([], run.NOTEBOOKS / "src", ".py")], times.REMEDY
    assert all(re.search(rf"notebooks/{name}\.ipynb\).* s \| .* GiB \|", readme) for name in recorded)
    assert times.in_table(readme, recorded) == readme, times.REMEDY
