"""A person's own copies of the lessons, in the folder `my`: laid, compared with the solutions, brought up to date.

What a person has written is never deleted or overwritten: a copy that makes room for another goes to `my/earlier`.
"""

import ast
import contextlib
import copy
import dataclasses
import datetime
import hashlib
import itertools
import json
import os
import pathlib
import re
from collections.abc import Sequence

import ipykernel.ipkernel
import nbformat
import rich.box
import rich.syntax
import rich.table

from mlc_tf.course import progress, run
from mlc_tf.course.source import tags_of

LAB_SETTINGS = pathlib.Path(__file__).parent / "lab_settings"


@dataclasses.dataclass(frozen=True)
class Updated:
    """A copy that was brought up to date.

    Args:
        earlier: where the copy is kept as it was.
        carried: the exercises whose answers were taken over.
        changed: those of them that are asked another way now.
        left: the exercises with an answer that the lesson no longer has.
    """

    earlier: pathlib.Path
    carried: Sequence[str]
    changed: Sequence[str]
    left: Sequence[str]


def lay() -> list[pathlib.Path]:
    """Copy the lessons that are not in `my` yet.

    Returns:
        The new copies.

    Raises:
        LessonError: the folder cannot be written to.
    """
    missing = [lesson for lesson in run.find((), run.NOTEBOOKS) if not _mine(lesson).exists()]
    for lesson in missing:
        _write(_fresh(lesson), _mine(lesson))
    return [_mine(lesson) for lesson in missing]


def reset(name: str) -> dict[pathlib.Path, pathlib.Path | None]:
    """Lay a fresh copy of a lesson.

    Args:
        name: the lesson's number, or the start of its name.

    Returns:
        The new copies, each with the place where the old one is kept, if there was one.

    Raises:
        LessonError: no lesson has this name, or the folder cannot be written to.
    """
    return {_mine(lesson): _replace(_fresh(lesson), _mine(lesson)) for lesson in run.find([name], run.NOTEBOOKS)}


def outdated(names: Sequence[str] = ()) -> list[pathlib.Path]:
    """The copies whose lesson is another than when they were laid.

    Args:
        names: numbers of lessons or starts of their names; all of them when none is given.

    Raises:
        LessonError: no lesson has such a name, or a copy cannot be read as a notebook.
    """
    copies = [_mine(lesson) for lesson in run.find(names, run.NOTEBOOKS) if _mine(lesson).exists()]
    return [mine for mine in copies if _origin(run.read(mine)) != _digest(run.read(run.NOTEBOOKS / mine.name))]


def orphans() -> list[pathlib.Path]:
    """The copies of lessons that there are no more."""
    lessons = {lesson.name for lesson in run.find((), run.NOTEBOOKS)}
    return [mine for mine in sorted(progress.MY.glob("[0-9][0-9]_*.ipynb")) if mine.name not in lessons]


def update(mine: pathlib.Path) -> Updated:
    """Lay a fresh copy with the answers of the one there is.

    Raises:
        LessonError: the copy cannot be read as a notebook, or the folder cannot be written to.
    """
    fresh, given = _fresh(run.NOTEBOOKS / mine.name), answers(run.read(mine))
    carried, changed = [], []
    asked = answers(fresh)
    for name, (stub,) in asked.items():
        taken = [_not_run(cell) for cell in given.get(name, ())]
        if all(cell.source == cell.metadata.get("stub", stub.source) for cell in taken):
            continue
        carried.append(name)
        if taken[0].metadata.get("stub", stub.source) != stub.source:
            changed.append(name)
        taken[0].metadata |= {"stub": stub.source, "exercise": name}
        position = fresh.cells.index(stub)
        check = _not_run(fresh.cells[position + 1])  # its outputs speak of the stub
        fresh.cells[position : position + 2] = [*taken, check]
    left = [name for name in given.keys() - asked if not all(map(_is_stub, given[name]))]
    return Updated(_replace(fresh, mine), carried, changed, sorted(left))


def answers(notebook: nbformat.NotebookNode) -> dict[str, list[nbformat.NotebookNode]]:
    """The cells of each answer, by the name of the exercise: its stub or solution, and what a person has put after it.

    A cell of a person's own has no id such as "cell-7". A copy's stubs know their exercise, as a person may move or
    change the cells that check.
    """
    found, name = {}, None
    for number, cell in enumerate(notebook.cells):
        if tags_of(cell) & {"exercise", "solution"}:
            checked = filter(None, map(_checked, notebook.cells[number + 1 :]))
            name = cell.metadata.get("exercise") or next(checked, None)
        elif re.fullmatch(r"cell-\d+", cell.id):
            name = None
        if name:
            found.setdefault(name, []).append(cell)
    return found


def comparison(name: str) -> rich.table.Table:
    """A table of a person's answers to the exercises of a lesson beside the solutions.

    Args:
        name: the lesson's number, or the start of its name.

    Raises:
        LessonError: no lesson has this name, there is no copy of it, or it cannot be read as a notebook.
    """
    table = _table("exercise", "my answer", "a solution", show_lines=True)
    for lesson in run.find([name], run.NOTEBOOKS):
        if not _mine(lesson).exists():
            raise run.LessonError(f"there is no {_mine(lesson)} to compare: python -m mlc_tf lab copies the lessons")
        mine = answers(run.read(_mine(lesson)))
        for exercise, cells in answers(run.read(lesson.parent / "solutions" / lesson.name)).items():
            table.add_row(exercise, _code(mine.get(exercise, ())), _code(cells))
    return table


def standing() -> rich.table.Table:
    """A table: how many exercises of each lesson are solved, tried and open, and the names of those not solved yet."""
    table = _table("lesson", *progress.VERDICTS, "not solved yet", box=rich.box.SIMPLE_HEAD)
    verdicts = progress.verdicts()
    for lesson in run.find((), run.NOTEBOOKS):
        found = {name: verdicts.get(name, "open") for name in answers(run.read(lesson))}
        counts = [str(list(found.values()).count(verdict)) for verdict in progress.VERDICTS]
        table.add_row(lesson.stem, *counts, ", ".join(name for name in found if found[name] != "solved"))
    return table


def lab_arguments() -> list[str]:
    """How JupyterLab is started on the copies: it shows them alone, to this machine, and asks for its token."""
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        *as_root,
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={progress.MY}",
        f"--LabApp.app_settings_dir={LAB_SETTINGS}",
    ]


def _mine(lesson: pathlib.Path) -> pathlib.Path:
    return progress.MY / lesson.name


def _fresh(lesson: pathlib.Path) -> nbformat.NotebookNode:
    """A lesson as it is laid: it knows where it comes from, and each stub what it was and of which exercise."""
    notebook = run.read(lesson)
    notebook.metadata["mlc_tf"] = {"origin": _digest(notebook)}
    # What JupyterLab would write into it as soon as it is opened.
    notebook.metadata["language_info"] = dict(ipykernel.ipkernel.IPythonKernel.language_info)
    for name, (stub,) in answers(notebook).items():
        stub.metadata |= {"stub": stub.source, "exercise": name}
    return notebook


def _origin(notebook: nbformat.NotebookNode) -> str | None:
    return notebook.metadata.get("mlc_tf", {}).get("origin")


def _digest(notebook: nbformat.NotebookNode) -> str:
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _replace(notebook: nbformat.NotebookNode, mine: pathlib.Path) -> pathlib.Path | None:
    """Write a copy; returns where the one that was there is kept. At no moment there is none."""
    earlier = _keep(mine) if mine.exists() else None
    _write(notebook, mine)
    return earlier


def _keep(mine: pathlib.Path) -> pathlib.Path:
    folder = mine.parent / "earlier"
    now = f"{datetime.datetime.now():%Y-%m-%d_%H-%M-%S}"
    endings = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
    try:
        folder.mkdir(exist_ok=True)
        for ending in endings:
            place = folder / f"{mine.stem}_{now}{ending}.ipynb"
            with contextlib.suppress(FileExistsError):
                place.touch(exist_ok=False)  # nobody else's
                try:
                    place.write_bytes(mine.read_bytes())
                except BaseException:
                    place.unlink()
                    raise
                return place
    except OSError as error:
        raise run.LessonError(f"cannot copy {mine} to {folder} ({error.strerror}): nothing was changed") from error


def _write(notebook: nbformat.NotebookNode, mine: pathlib.Path) -> None:
    try:
        mine.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise run.LessonError(f"cannot make the folder {mine.parent} ({error.strerror})") from error
    run.write_notebook(notebook, mine)


def _checked(cell: nbformat.NotebookNode) -> str | None:
    """The name of the exercise that a cell checks."""
    if cell.cell_type != "code":
        return None
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:  # a person's own, or a line for IPython
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check" and node.args:
            return getattr(node.args[0], "value", None)
    return None


def _is_stub(cell: nbformat.NotebookNode) -> bool:
    return cell.source == cell.metadata.get("stub")


def _not_run(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The cell as if it was not run yet, with an id that no other cell has."""
    cell = copy.deepcopy(cell)
    cell.id = nbformat.v4.new_code_cell().id
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
        cell.metadata.pop("execution", None)
    return cell


def _table(*columns: str, **options) -> rich.table.Table:
    return rich.table.Table(*(rich.table.Column(name, overflow="fold") for name in columns), **options)


def _code(cells: Sequence[nbformat.NotebookNode]) -> rich.syntax.Syntax:
    return rich.syntax.Syntax("\n\n".join(cell.source for cell in cells), "python", theme="ansi_light", word_wrap=True)
