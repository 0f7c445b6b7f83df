"""People's own copies: laid, reset, brought up to date, compared; and what the checks said, which is kept."""

import json
import subprocess
import sys

import click.testing
import nbformat
import pytest

from mlc_tf import __main__
from mlc_tf.course import copies, exercises, progress, run

STUB = "def density(y):\n    return ...  # your code"
ANSWER = "def density(y):\n    return y.mean()  # mine"
CHECK = 'check("density", density)'


def lesson(*changes: tuple[str, str], tag: str = "exercise") -> nbformat.NotebookNode:
    """A small lesson with two exercises; each of `changes` replaces a text in its cells by another."""
    sources = ["# Lesson", "SEED = 0", STUB, CHECK, "# Next", "def mix(a, b):\n    return ...", 'check("mix", mix)']
    cells = []
    for number, source in enumerate(sources):
        for old, new in changes:
            source = source.replace(old, new)
        if source.startswith("#"):
            cell = nbformat.v4.new_markdown_cell(source)
        else:
            cell = nbformat.v4.new_code_cell(source, metadata={"tags": [tag]} if source.startswith("def") else {})
        cell.id = f"cell-{number}"
        cells.append(cell)
    cells[3].outputs = [nbformat.v4.new_output("stream", text="Not yet: ...\n")]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with two lessons and the solutions of one, and no git."""
    notebooks = tmp_path / "Jane's course" / "notebooks"
    (notebooks / "solutions").mkdir(parents=True)
    nbformat.write(lesson(), notebooks / "01_first.ipynb")
    nbformat.write(lesson((STUB, "a = 1"), (CHECK, "a")), notebooks / "02_second.ipynb")
    nbformat.write(
        lesson((STUB, "def density(y):\n    return 7"), tag="solution"), notebooks / "solutions/01_first.ipynb"
    )
    monkeypatch.setattr(run, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(progress, "MY", notebooks.parent / "my")
    return notebooks.parent


def command(*arguments: str) -> str:
    result = click.testing.CliRunner().invoke(__main__.main, arguments, env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    return result.output


def edit(course, *changes: tuple[str, str]) -> nbformat.NotebookNode:
    """Change the texts of cells in my copy of the first lesson, as a person does in JupyterLab."""
    path = course / "my" / "01_first.ipynb"
    notebook = run.read(path)
    for old, new in changes:
        (cell,) = (cell for cell in notebook.cells if cell.source == old)
        cell.source = new
    nbformat.write(notebook, path)
    return notebook


def sources(course, name: str = "01_first.ipynb") -> list[str]:
    return [cell.source for cell in run.read(course / "my" / name).cells]


def test_lessons_are_laid_once_and_what_was_written_stays(course):
    assert [path.name for path in copies.lay()] == ["01_first.ipynb", "02_second.ipynb"]
    edit(course, (STUB, ANSWER))
    assert copies.lay() == []
    assert ANSWER in sources(course)
    assert sorted(path.name for path in (course / "my").iterdir()) == ["01_first.ipynb", "02_second.ipynb"]


def test_reset_keeps_every_earlier_copy_also_of_the_same_second(course):
    command("reset", "1")  # when there is none yet
    for number in range(3):
        edit(course, (STUB, f"{ANSWER} {number}"))
        output = command("reset", "01")
        assert "Your copy is now" in output and "Reload Notebook from Disk" in output
        assert sources(course) == [cell.source for cell in lesson().cells]
    kept = [run.read(path).cells[2].source for path in (course / "my" / "earlier").iterdir()]
    assert sorted(kept) == [f"{ANSWER} {number}" for number in range(3)]


def test_reset_also_replaces_a_copy_that_is_no_notebook_any_more(course):
    copies.lay()
    (course / "my" / "01_first.ipynb").write_text("<<<<<<< torn")
    command("reset", "01")
    assert sources(course)
    assert [path.read_text() for path in (course / "my" / "earlier").iterdir()] == ["<<<<<<< torn"]


def test_an_update_brings_the_new_lesson_with_my_answers_and_keeps_the_rest_aside(course):
    copies.lay()
    assert "as they are now" in command("update")
    mine = edit(course, (STUB, ANSWER), ("SEED = 0", "SEED = 7"))
    mine.cells.insert(3, nbformat.v4.new_code_cell("density(y)  # a try of mine"))
    nbformat.write(mine, course / "my" / "01_first.ipynb")
    # The exercise has moved, has another stub and is asked another way; the other one has another stub.
    new = lesson(("# Lesson", "# Lesson, better"), (STUB, f"{STUB} here"), ("return ...", "return ...  # new"))
    new.cells.insert(1, nbformat.v4.new_markdown_cell("A word before.", id="cell-9"))
    nbformat.write(new, course / "notebooks" / "01_first.ipynb")

    assert "01_first." in command("update")
    assert ANSWER in sources(course), "only said so far"
    output = command("update", "--apply")
    assert "your answers in it: density.\n  asked another way now, look again: density." in output
    wanted = [cell.source for cell in new.cells]
    wanted[3:4] = [ANSWER, "density(y)  # a try of mine"]
    assert sources(course) == wanted
    updated = run.read(course / "my" / "01_first.ipynb")
    assert len({cell.id for cell in updated.cells}) == len(updated.cells)
    assert updated.cells[5].source == CHECK and not updated.cells[5].outputs, "they speak of the stub"
    (earlier,) = (course / "my" / "earlier").iterdir()
    assert "SEED = 7" in [cell.source for cell in run.read(earlier).cells]
    assert str(earlier) in output
    assert "as they are now" in command("update")
    # Once more: an answer that was brought over is still one, and an exercise that is gone is named.
    nbformat.write(lesson((CHECK, "1"), (STUB, "2")), course / "notebooks" / "01_first.ipynb")
    assert "no longer asked for: density." in command("update", "--apply", "01")


@pytest.mark.parametrize(
    "change",
    [
        lambda cells: cells.pop(3),  # the check
        lambda cells: cells.insert(2, cells.pop(3)),  # before the answer
        lambda cells: cells[3].update(source=f"%%time\n{CHECK}"),
        lambda cells: cells.insert(3, nbformat.v4.new_code_cell("check(3, 4)")),
        lambda cells: cells[2].update(source=f"{ANSWER}\n{cells.pop(3).source}"),
        lambda cells: cells.insert(0, cells.pop(5)),  # the other exercise
        lambda cells: cells.insert(3, nbformat.v4.new_raw_cell("a note", metadata={"format": "text"})),
    ],
)
def test_an_update_finds_my_answer_whatever_was_done_to_the_cells_around_it(course, change):
    copies.lay()
    mine = edit(course, (STUB, ANSWER))
    change(mine.cells)
    nbformat.write(mine, course / "my" / "01_first.ipynb")
    new = lesson(("# Lesson", "# Better"))
    nbformat.write(new, course / "notebooks" / "01_first.ipynb")
    assert "your answers in it: density.\n  your copy" in command("update", "--apply")
    updated = run.read(course / "my" / "01_first.ipynb").cells
    own = [cell for cell in mine.cells[2:4] if cell.id[:5] != "cell-"]
    found = [(cell.cell_type, cell.source) for cell in updated]
    assert found[:2] == [("markdown", "# Better"), ("code", "SEED = 0")] and ANSWER in found[2][1]
    assert found[3:-4] == [(cell.cell_type, cell.source) for cell in own]
    assert [source for _, source in found[-4:]] == [cell.source for cell in new.cells[3:]]


def test_an_update_takes_no_stub_for_an_answer_and_names_copies_of_lessons_that_are_gone(course):
    copies.lay()
    nbformat.write(lesson(), course / "my" / "01_first.ipynb")  # copied by hand: it does not know its stubs
    (course / "my" / "02_second.ipynb").rename(course / "my" / "09_old.ipynb")
    output = command("update", "--apply")
    assert "your answers in it: none." in output and "no lesson 09_old any more" in output


def test_a_reset_that_cannot_keep_my_copy_changes_nothing(course, monkeypatch):
    copies.lay()
    edit(course, (STUB, ANSWER))
    (course / "my" / "earlier").write_text("")
    result = click.testing.CliRunner().invoke(__main__.main, ["reset", "01"])
    assert result.exit_code == 1 and "nothing was changed" in result.output
    assert ANSWER in sources(course)


@pytest.mark.parametrize("content", ["[]", "null", '{"cells": 5}', "<<<<"])
def test_what_is_no_notebook_is_told_with_what_brings_a_new_one(course, content):
    copies.lay()
    (course / "my" / "01_first.ipynb").write_text(content)
    for arguments in (["update"], ["compare", "01"]):
        result = click.testing.CliRunner().invoke(__main__.main, arguments)
        assert result.exit_code == 1 and "python -m mlc_tf reset 01" in result.output
        assert isinstance(result.exception, SystemExit)


def test_my_answers_are_shown_beside_the_solutions(course):
    copies.lay()
    edit(course, (STUB, ANSWER))
    output = command("compare", "01")
    line = next(line for line in output.splitlines() if "mean()" in line)
    assert "return y.mean()  # mine" in line and "return 7" in line
    assert "no lesson is called '09'" in click.testing.CliRunner().invoke(__main__.main, ["compare", "09"]).output


def kept() -> list[dict]:
    return [json.loads(line) for line in (progress.MY / "progress.jsonl").read_text().splitlines()]


def test_a_line_is_kept_for_each_change_of_a_verdict_in_my_folder_alone(course, monkeypatch, capsys):
    answers = [lambda y: ..., lambda y: 0, lambda y: 1, lambda y: y.mean(), lambda y: y.mean(), lambda y: ...]
    copies.lay()
    for folder in (course / "notebooks", course, course / "my"):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("MLC_TF_HEADLESS", "1")
        exercises.check("density", answers[3])
        monkeypatch.delenv("MLC_TF_HEADLESS")
        if folder.name != "my":
            exercises.check("density", answers[3])
        assert not list(course.rglob("progress.jsonl"))
    for answer in answers:
        exercises.check("density", answer)
    assert kept() == [{"exercise": "density", "verdict": verdict} for verdict in ("tried", "solved", "open")]
    exercises.check("density", answers[3])
    rows = {line.split()[0]: line.split()[1:] for line in command("progress").splitlines() if line.strip()}
    assert rows["01_first"] == ["1", "0", "1", "mix"]
    assert rows["02_second"] == ["0", "0", "1", "mix"]


def test_progress_survives_a_kill_and_a_torn_line(course):
    copies.lay()
    code = (
        "import os, signal\nfrom mlc_tf.course import progress\nimport pathlib\nprogress.MY = pathlib.Path.cwd()\n"
        "progress.record('density', 'tried')\nos._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=course / "my")
    file = progress.MY / "progress.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'\n{"exercise": "mix", "verd')
    assert progress.verdicts() == {"density": "tried"}
    subprocess.run([sys.executable, "-c", code.replace("'tried'", "'solved'")], cwd=course / "my")
    assert progress.verdicts() == {"density": "solved"}


def test_a_verdict_that_cannot_be_kept_is_still_told(course, monkeypatch, capsys):
    copies.lay()
    monkeypatch.chdir(course / "my")
    (course / "my" / "progress.jsonl").mkdir()
    exercises.check("density", lambda y: y.mean())
    out = capsys.readouterr().out
    assert out.startswith("Correct.") and "not kept" in out
