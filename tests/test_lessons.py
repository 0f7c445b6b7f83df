"""The real lessons, executed: as people run them, then each exercise, each tweak card and each claim.

A lesson that trains is run whole once, where these are tried. In the other tests its trainings are cut short: whether a
cell runs, twice too, does not hang on how long it trains.
"""

import ast
import base64
import copy
import os
import re
import subprocess
import sys

import nbformat
import pytest

from mlc_tf import PROJECT
from mlc_tf.course import build, kernel, run, settings
from mlc_tf.data import catalogue, downloads

pytestmark = pytest.mark.lesson
SOURCES = [pytest.param(path, id=path.stem) for path in sorted((run.NOTEBOOKS / "src").glob("*.py"))]
SHORTER = {  # for a test to which the quality of the model does not matter
    "02_first_classifier": {"epochs": "1"},
    "03_adversarial_training": {"steps": "40", "alone_steps": "100", "picture_steps": "20", "seeds": "1"},
    "04_a_multi_label_gan": {
        "scenes": "digit_scenes.load_data(16, train=1_000, validation=500, test=500, seed=SEED)",
        "epochs": "1",
        "short": "1",
        "tradeoff_epochs": "1",
        "kinds": "{}",
        "judge_steps": "50",
    },
    "05_does_it_help": {
        "gan_steps": "20",
        "updates": "20",
        "chosen": "np.random.default_rng(SEED).integers(len(few), size=500)",
    },
    "06_a_recurrent_classifier": {"epochs": "1", "short_epochs": "1"},
    "07_which_recurrent_network": {
        "epochs": "1",
        "share": "0.05",
        "variants": "{'base': {}, 'last state': {'pooling': 'last'}}",
    },
}
# A lesson by itself keeps about so many of two cores busy. As the tests run two at a time, how long it takes is judged
# by how long it keeps processors busy.
BUSY_CORES = 1.4
QUICK = [path.id for path in SOURCES if path.id not in SHORTER]


@pytest.fixture(scope="module")
def run_by_people(tmp_path_factory):
    """The lessons that train nothing, by the README's command: its exit status, what it printed, where it wrote."""
    folder = tmp_path_factory.mktemp("lessons")
    process = subprocess.run(
        [sys.executable, "-m", "mlc_tf", "lessons", *QUICK, "--output", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "120"},
    )
    return process.returncode, process.stdout, folder


def test_the_command_runs_lessons(run_by_people):
    status, text, folder = run_by_people
    assert status == 0, text
    row = r"^ +(\d\d_\w+) +\d+ +(\d+) +(\d+\.\d\d) GiB +ok *$"
    rows = {name: found for name, *found in re.findall(row, text, flags=re.MULTILINE)}
    assert sorted(rows) == QUICK, text
    for name, (seconds, memory) in rows.items():
        check_cost(name, float(seconds), float(memory))
        assert (folder / f"{name}.html").exists()
        check_quiet(run.read(folder / f"{name}.ipynb"))


def check_quiet(notebook):
    """No warning and no error below any cell."""
    problems = build.output_problems(notebook)
    assert not [problem for problem in problems if "a path of this machine" not in problem]


def check_cost(name, seconds, memory):
    """A whole run against what the lesson states, and against the README's table. `memory` in GiB."""
    stated = r"\*\*Machine time:\*\* under (\d+) minutes? on two CPU cores. \*\*Memory:\*\* under (\d+) GiB"
    source = (run.NOTEBOOKS / "src" / f"{name}.py").read_text(encoding="utf-8")
    minutes, gibibytes = re.search(stated, source).groups()
    assert seconds < 60 * int(minutes)
    assert memory < int(gibibytes)
    # The README's figures were measured on two quiet cores; a busy or a faster machine may differ by so much.
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    stated_seconds = int(re.search(rf"notebooks/{name}\.ipynb\).*?\| (\d+) s \|", readme)[1])
    assert stated_seconds / 4 - 5 < seconds < stated_seconds * 4 + 5


@pytest.mark.parametrize("path", SOURCES)
def test_exercises_tweak_cards_and_claims(path, request):
    """One kernel tries every answer to each exercise, every tweak card, and every claim.

    A card's cells are run with its change when the lesson gets to the first of them, and afterwards as they are: what
    the cells output then is what they had in the first run. Of a lesson that trains this is the one whole run: its time
    (of the lesson itself), memory and warnings are checked here.
    """
    source = build.read_source(path)
    trains = path.stem in SHORTER
    if not trains:
        _, _, folder = request.getfixturevalue("run_by_people")
        first_run = {cell.id: cell for cell in run.read(folder / f"{path.stem}.ipynb").cells}
    exercises = {exercise.stub.id: exercise for exercise in build.exercises(source)}
    parts = [{e.stub.id, e.solution.id, e.check.id} | {m.id for m in e.mistakes} for e in exercises.values()]
    part_of_exercise = set().union(*parts)
    tweaks = build.tweaks(source)

    seconds_of_tweaks, failures = 0.0, []
    with kernel.Kernel(path.parent.parent) as session:

        def processor_seconds():
            """How long the kernel has kept processors busy."""
            cell = nbformat.v4.new_code_cell("print(__import__('time').process_time())")
            session.run(cell)
            return float(cell.outputs[0].text)

        def verdict(answer, check):
            session.run(answer)
            session.run(check)
            return "".join(output.get("text", "") for output in check.outputs)

        def holds(expect):
            """Runs an expectation; one that is not met is kept with the values it compares."""
            compared = [node for node in ast.walk(ast.parse(expect)) if isinstance(node, ast.Compare)]
            sides = [ast.unparse(side) for node in compared for side in (node.left, *node.comparators)]
            values = ", ".join(f"{side!r}: {side}" for side in sides)
            try:
                session.run(nbformat.v4.new_code_cell(f"assert ({expect}), {{{values}}}"))
            except kernel.CellFailed as error:
                failures.append(f"{expect}\n{error}")

        for cell in source.cells:
            for tweak in tweaks:
                if tweak.cells[0].id == cell.id:
                    before = processor_seconds()
                    for changed in tweak.cells:
                        session.run(changed)
                    holds(tweak.expect)
                    seconds_of_tweaks += processor_seconds() - before
            if cell.id in exercises:
                exercise = exercises[cell.id]
                assert verdict(exercise.stub, exercise.check).startswith("Not yet")
                for mistake in exercise.mistakes:
                    said = verdict(mistake, exercise.check)
                    assert said.startswith("Hint:") and mistake.metadata["hint"] in said, mistake.source
                assert verdict(exercise.solution, exercise.check).startswith("Correct")
            elif cell.id not in part_of_exercise and cell.cell_type == "code" and cell.source.strip():
                session.run(cell)
                if not trains and "varies" not in cell.metadata.get("tags", []):
                    assert content(cell) == content(first_run[cell.id]), cell.source
            elif "claim" in cell.metadata.get("tags", []):
                holds(cell.metadata["expect"])
        seconds = (processor_seconds() - seconds_of_tweaks) / BUSY_CORES
    assert not failures, "\n".join(failures)
    if trains:
        check_cost(path.stem, seconds, session.peak_memory / 2**30)
        check_quiet(source)


@pytest.mark.parametrize("path", SOURCES)
def test_a_cell_run_twice_shows_the_same(path):
    """As people do. A cell that goes on from where it stopped, in a training above all, would show something else."""
    notebook = build.derive(build.read_source(path), "solutions")
    settings.apply_settings(notebook, SHORTER.get(path.stem, {}))
    with kernel.Kernel(path.parent.parent) as session:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                again = copy.deepcopy(cell)
                session.run(cell)
                session.run(again)
                assert content(again) == content(cell) or "varies" in cell.metadata.get("tags", []), cell.source


def run_on(data_set, lesson, folder, **changes):
    """Run the lesson of this number on another data set; pages go to `folder`. Skip without the data."""
    if catalogue.CATALOGUE[data_set].state() != "ready":
        pytest.skip(f"{data_set} is not in {downloads.data_directory()}: see python -m mlc_tf data list")
    options = [f"--set={name}={value}" for name, value in {"DATASET": data_set, **changes}.items()]
    command = ["lessons", lesson, *options, "--output", str(folder)]
    subprocess.run([sys.executable, "-m", "mlc_tf", *command], check=True)


@pytest.mark.parametrize("name", ["cifar-100", "reuters-21578", "delicious"])
def test_lesson_01_looks_at_any_data_set(name, tmp_path):
    run_on(name, "01", tmp_path)
    described = run.read(tmp_path / "01_multi_label_data.ipynb").cells
    assert any(f"Labels of {name}" in str(cell.get("outputs")) for cell in described)


def test_lesson_05_takes_photographs(tmp_path):
    run_on("cifar-100", "05", tmp_path, share="0.01", **SHORTER["05_does_it_help"])
    page = (tmp_path / "05_does_it_help.html").read_text(encoding="utf-8")
    assert "450 labelled pictures of 45,000, 120 labels" in page


def test_lesson_07_compares_on_news_stories(tmp_path):
    run_on("reuters-21578", "07", tmp_path, **SHORTER["07_which_recurrent_network"])
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
