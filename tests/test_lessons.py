"""The real lessons, executed: whole, once, with their exercises and claims; what else is tried of them, at `smoke`.

Whether a cell runs, twice too or on other data, does not hang on how long it trains. The tweak cards were tried when
the notebooks were built, which `test_build.py` holds against the sources; `--tweak-cards` tries them again.
"""

import base64
import copy
import re
import subprocess
import sys

import nbformat
import pytest
import rich.console

from mlc_tf.course import build, kernel, run, settings, source, times
from mlc_tf.data import catalogue, downloads

pytestmark = pytest.mark.lesson
SOURCES = sorted((run.NOTEBOOKS / "src").glob("*.py"))
RECORDED = times.read()
LONGEST_FIRST = sorted(SOURCES, key=lambda path: -RECORDED.get(path.stem, {"seconds": 0})["seconds"])


@pytest.mark.parametrize("path", LONGEST_FIRST, ids=lambda path: path.stem)
def test_a_lesson_with_its_exercises_and_claims(path, request):
    """The one whole run at `quick`: every answer to each exercise, every claim, warnings, time and memory."""
    lesson = source.read_source(path)
    notebook, after_stub = source.laid_out(lesson, mistakes=True)
    cards = source.tweaks(lesson) if request.config.getoption("tweak_cards") else ()
    place = run.NOTEBOOKS / f"{path.stem}.ipynb"
    result, cost = times.run_measured(place, notebook, console=rich.console.Console(), tweaks=cards)
    assert not result.failure, result.failure
    assert not result.unmet, "\n".join(result.unmet)  # test_claims.py has what may be asserted of a single run

    said = {cell.id: "".join(output.get("text", "") for output in cell.get("outputs", [])) for cell in notebook.cells}
    for exercise in source.exercises(lesson):
        assert said[after_stub[exercise.check.id]].startswith("Not yet")
        for mistake in exercise.mistakes:
            hint = said[f"{mistake.id}-check"]
            assert hint.startswith("Hint:") and mistake.metadata["hint"] in hint, mistake.source
        assert said[exercise.check.id].startswith("Correct")

    problems = build.output_problems(notebook)  # a path of this machine is none in a run that is not kept
    assert not [problem for problem in problems if "a path of this machine" not in problem]
    minutes, gibibytes = stated(path)
    assert cost.gibibytes < gibibytes
    problem = times.problem(path.stem, cost, RECORDED)
    assert not problem, problem
    assert RECORDED[path.stem]["seconds"] < 60 * minutes


def stated(path):
    """The minutes and the GiB that a lesson says it stays under."""
    pattern = r"\*\*Machine time:\*\* under (\d+) minutes? on two CPU cores. \*\*Memory:\*\* under (\d+) GiB"
    return map(int, re.search(pattern, path.read_text(encoding="utf-8")).groups())


def run_smoke(lesson, folder, **changes):
    """Run a lesson by the README's command, pages to `folder`; returns what the command printed."""
    options = [f"--set={name}={value}" for name, value in changes.items()]
    command = ["lessons", lesson, "--profile", "smoke", *options, "--output", str(folder)]
    process = subprocess.run(
        [sys.executable, "-m", "mlc_tf", *command], capture_output=True, text=True, encoding="utf-8"
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def run_on(data_set, lesson, folder, **changes):
    """`run_smoke` on another data set. Skip without the data."""
    if catalogue.CATALOGUE[data_set].state() != "ready":
        pytest.skip(f"{data_set} is not in {downloads.data_directory()}: see python -m mlc_tf data list")
    run_smoke(lesson, folder, DATASET=data_set, **changes)


@pytest.mark.parametrize("path", LONGEST_FIRST, ids=lambda path: path.stem)
def test_a_cell_run_twice_shows_the_same(path):
    """As people do. A cell that goes on from where it stopped, in a training above all, would show something else."""
    notebook = source.derive(source.read_source(path), "solutions")
    settings.apply_settings(notebook, {"PROFILE": "'smoke'"})
    with kernel.Kernel(run.NOTEBOOKS) as session:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                again = copy.deepcopy(cell)
                session.run(cell)
                session.run(again)
                assert content(again) == content(cell) or "varies" in cell.metadata.get("tags", []), cell.source


def test_the_command_runs_a_lesson(tmp_path):
    printed = run_smoke("00", tmp_path)
    assert re.search(r"^ +00_start_here +\d+ +\d+ +\d+\.\d\d GiB +ok *$", printed, flags=re.MULTILINE), printed
    assert "Eight scenes and their label sets" in (tmp_path / "00_start_here.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["cifar-100", "reuters-21578", "delicious"])
def test_lesson_01_looks_at_any_data_set(name, tmp_path):
    run_on(name, "01", tmp_path)
    described = run.read(tmp_path / "01_multi_label_data.ipynb").cells
    assert any(f"Labels of {name}" in str(cell.get("outputs")) for cell in described)


def test_lesson_05_takes_photographs(tmp_path):
    run_on("cifar-100", "05", tmp_path, share="0.01")
    page = (tmp_path / "05_does_it_help.html").read_text(encoding="utf-8")
    assert "450 labelled pictures of 45,000, 120 labels" in page


def test_lesson_07_compares_on_news_stories(tmp_path):
    run_on("reuters-21578", "07", tmp_path)
    assert "wheat: " in (tmp_path / "07_which_recurrent_network.html").read_text(encoding="utf-8")


def content(cell: nbformat.NotebookNode) -> list:
    """The outputs of a cell, without what depends on how many cells ran before it."""
    shown = []
    for output in cell.outputs:
        if output.output_type == "stream":
            shown.append((output.name, output.text))
        elif output.output_type == "error":
            shown.append((output.ename, output.evalue))
        else:
            data = dict(output.data)
            picture = base64.b64decode(data.pop("image/png", ""))
            shown.append((data, picture))
    return shown
