"""Runs lessons as a person would, without a browser: cell after cell, with progress and a summary."""

import dataclasses
import pathlib
import re
import tempfile
import time
from collections.abc import Mapping, Sequence

import nbformat
import numpy as np
import rich.box
import rich.console
import rich.table
import rich.text

from mlc_tf import PROJECT
from mlc_tf.course import claims, kernel, pages, progress
from mlc_tf.course.settings import SettingError, apply_settings
from mlc_tf.course.source import Tweak, tags_of

NOTEBOOKS = PROJECT / "notebooks"
OUTPUT = PROJECT / "build" / "lessons"


class LessonError(Exception):
    """Lessons that cannot be run as asked; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of running a notebook: `cells_run` of `cells` code cells; `failure` is empty when it ran.

    `figures`: by the id of a claim or tweak card, the numbers that it speaks of. `unmet`: a line for each part of one
    that does not hold.
    """

    name: str
    cells_run: int
    cells: int
    seconds: float
    processor_seconds: float  # of the kernel, on all cores together
    peak_memory: int  # bytes
    failure: str = ""
    figures: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    unmet: Sequence[str] = ()


def find(names: Sequence[str], folder: pathlib.Path, suffix: str = ".ipynb") -> list[pathlib.Path]:
    """The lessons called `names` by number (`2`, `02`), by the start of their name, or by path; all for none.

    Raises `LessonError`, listing what there is, for a name that none answers to, and for a file elsewhere.
    """
    lessons = sorted(folder.glob(f"[0-9][0-9]_*{suffix}"))
    if not lessons:
        raise LessonError(f"no lessons in {folder}: expected files such as 00_start_here{suffix}")
    chosen = set()
    for name in names:
        parent = pathlib.Path(name).parent
        if parent != pathlib.Path() and parent.resolve() not in (folder.resolve(), folder.resolve().parent):
            raise LessonError(f"{name} is not one of the lessons in {folder}: give its number or the start of its name")
        stem = re.sub(r"\.(ipynb|py)$", "", pathlib.PurePath(name).name)
        if stem.isdecimal():
            matches = [lesson for lesson in lessons if int(lesson.name[:2]) == int(stem)]
        else:
            matches = [lesson for lesson in lessons if stem and lesson.stem.startswith(stem)]
        if not matches:
            there_is = "\n".join(f"  {lesson.stem}" for lesson in lessons)
            raise LessonError(f"no lesson is called {name!r}; there are:\n{there_is}")
        chosen.update(matches)
    return sorted(chosen) or lessons


def read(path: pathlib.Path) -> nbformat.NotebookNode:
    """The notebook in a file. Raises `LessonError` when it cannot be read as one."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        reason = str(error).split("\n")[0][:200]
        raise LessonError(
            f"{path} cannot be read as a notebook ({reason}). "
            f"'git checkout {path.name}' in its folder brings back a committed one, 'python -m mlc_tf reset "
            f"{path.name[:2]}' your copy of it."
        ) from error
    return notebook


def run_lessons(
    names: Sequence[str],
    *,
    changes: Mapping[str, str],
    timeout: int | None,
    output: pathlib.Path,
    console: rich.console.Console,
    folder: pathlib.Path = NOTEBOOKS,
) -> list[Result]:
    """Run lessons one after the other, write each (notebook and page) to `output`, and print a summary.

    `changes` maps names to Python source, see `settings`. All is checked before the first cell
    runs: raises `LessonError` or `SettingError` for what cannot be run as asked. A lesson
    that fails is a `Result` with a `failure`, and the others are still run.
    """
    lessons = [(path, read(path)) for path in find(names, folder)]
    for path, notebook in lessons:
        try:
            apply_settings(notebook, changes)
        except SettingError as error:
            raise SettingError(f"{path.stem}: {error}") from error
    if output.resolve() in (folder.resolve(), folder.resolve() / "solutions", progress.MY.resolve()):
        raise LessonError(f"the lessons in {output} would be overwritten. Choose another folder with --output DIR.")
    _make_writable(output)
    write_text(pages.formulas(), output / pages.FORMULAS)

    # With a change, what the text says of the figures may well be wrong.
    as_committed = changes.items() <= {"PROFILE": "'quick'"}.items()
    results = []
    try:
        for path, notebook in lessons:
            try:
                results.append(execute(notebook, path, timeout=timeout, console=console, hold_claims=as_committed))
            finally:
                write_notebook(notebook, output / path.name)
                write_text(pages.page(notebook, path.stem), output / f"{path.stem}.html")
            if results[-1].failure:
                console.print(results[-1].failure, style="red", markup=False, highlight=False, soft_wrap=True)
    finally:  # after Ctrl-C too: what has been run is there
        console.print(_summary(results))
        _print_unmet(results, console)
        console.print(f"Executed notebooks and pages: {output}", highlight=False, soft_wrap=True)
    return results


def execute(
    notebook: nbformat.NotebookNode,
    path: pathlib.Path,
    *,
    console: rich.console.Console,
    timeout: int | None = None,
    environment: Mapping[str, str] | None = None,
    hold_claims: bool = True,
    tweaks: Sequence[Tweak] = (),
    prelude: str = "",
) -> Result:
    """Run the notebook's code cells from the top, in the folder of `path`, and put their outputs into it.

    Claims are held against what has been run when the notebook gets to them, with `hold_claims`. The cells of a tweak
    card are run with its change when it gets to the first of them, and afterwards as they are. `prelude` is run before
    all.

    Stops at the first cell that fails; those after it have no outputs. A line per cell goes to `console`.
    """
    code = [cell for cell in notebook.cells if _runs(cell)]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    cells_run, failure, cell = 0, "", None
    figures, unmet, of_tweaks = {}, [], np.zeros(2)  # seconds, processor seconds
    console.print(rich.text.Text(f"{path.parent.name}/{path.stem}", style="bold"))
    session = kernel.Kernel(path.parent, environment, timeout)

    def clock() -> np.ndarray:
        return np.array([time.perf_counter(), session.processor_seconds])

    started = clock()
    try:
        with session:
            if prelude:
                session.run(nbformat.v4.new_code_cell(prelude))
            for cell in notebook.cells:
                for tweak in tweaks:
                    if tweak.cells[0].id == cell.id:
                        before = clock()
                        with console.status(rich.text.Text(f"tweak card: {tweak.setting}")):
                            for changed in tweak.cells:
                                session.run(changed)
                        found = figures[tweak.card.id] = claims.measure(tweak.expect, session)
                        unmet += [f"with {tweak.setting}: {line}" for line in claims.broken(tweak.expect, found)]
                        of_tweaks += clock() - before
                if cell.cell_type == "markdown":
                    _print_heading(cell, console)
                if hold_claims and "claim" in tags_of(cell):
                    found = figures[cell.id] = claims.measure(cell.metadata["expect"], session)
                    unmet += claims.broken(cell.metadata["expect"], found)
                if not _runs(cell):
                    continue
                label, cell_started = f"[{cells_run + 1:3}/{len(code)}]", time.perf_counter()
                with console.status(rich.text.Text(f"{label} {_first_line(cell)}")):
                    session.run(cell)
                cells_run += 1
                seconds = time.perf_counter() - cell_started
                _print_line(f"{label} {seconds:7.1f} s  {_first_line(cell)}", console)
    except kernel.CellFailed as error:
        where = f"cell {cells_run + 1} of {len(code)}" if cell is None or _runs(cell) else "a claim"
        source = f"\n\n{cell.source}\n" if cell is not None else ""
        failure = f"FAILED: {path.name}, {where}:{source}\n{error}"
    taken = (clock() - started - of_tweaks).tolist()
    return Result(path.stem, cells_run, len(code), *taken, session.peak_memory, failure, figures, unmet)


def write_notebook(notebook: nbformat.NotebookNode, path: pathlib.Path) -> None:
    """Write a notebook, or leave the file as it was: never half of one.

    Raises `LessonError` when it cannot be written.
    """
    write_text(nbformat.writes(notebook) + "\n", path)


def write_text(text: str, path: pathlib.Path) -> None:
    """Write a text file, whole or not at all. Raises `LessonError` when it cannot be written."""
    try:
        _replace(text, path)
    except OSError as error:
        raise LessonError(f"cannot write {path} ({error.strerror}). Is there room, and may you write there?") from error


def _replace(text: str, path: pathlib.Path) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="\n", delete=False) as file:
        temporary = pathlib.Path(file.name)
        try:
            file.write(text)
            file.close()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _runs(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _make_writable(folder: pathlib.Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise LessonError(
            f"cannot write to {folder} ({error.strerror}). Choose another folder with --output DIR."
        ) from error


def _summary(results: Sequence[Result]) -> rich.table.Table:
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    table.add_column("lesson")
    for column in ("cells", "seconds", "peak memory"):
        table.add_column(column, justify="right")
    table.add_column("result")
    for result in results:
        table.add_row(
            result.name,
            f"{result.cells_run}/{result.cells}" if result.failure else str(result.cells),
            f"{result.seconds:.0f}",
            f"{result.peak_memory / 2**30:.2f} GiB",
            "[red]failed[/red]" if result.failure else "[green]ok[/green]",
        )
    return table


def _print_unmet(results: Sequence[Result], console: rich.console.Console) -> None:
    """What lessons say of their figures and this machine does not confirm."""
    lines = [f"  {result.name}: {line}" for result in results for line in result.unmet]
    if lines:
        text = "What these lessons say of their figures did not hold on this machine, which rounds otherwise:\n"
        console.print(text + "\n".join(lines), style="yellow", markup=False, highlight=False, soft_wrap=True)


def _print_heading(cell: nbformat.NotebookNode, console: rich.console.Console) -> None:
    heading = re.search(r"^#+ +(.*)$", cell.source, flags=re.MULTILINE)
    if heading:
        _print_line(heading[1], console, style="dim")


def _print_line(text: str, console: rich.console.Console, style: str = "") -> None:
    console.print(rich.text.Text(text, style=style), no_wrap=True, overflow="ellipsis")


def _first_line(cell: nbformat.NotebookNode) -> str:
    return cell.source.strip().splitlines()[0]
