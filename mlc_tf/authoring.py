"""Makes the committed notebooks from their sources, and tells which are not up to date (`freshness` knows).

`notebooks/src/NN_name.py` (jupytext percent) is what authors edit. From it come `notebooks/NN_name.ipynb`,
where exercises are stubs, and `notebooks/solutions/NN_name.ipynb`, where they are solved.
"""

import ast
import base64
import copy
import dataclasses
import json
import os
import pathlib
import re
from collections.abc import Sequence

import jupytext
import nbformat
import rich.console

from mlc_tf import PROJECT, freshness, lessons, notebook_settings

TAGS = {"parameters", "exercise", "solution", "mistake", "tweak", "claim", "varies", "raises-exception"}
NOT_FOR = {"lesson": {"solution", "mistake"}, "solutions": {"exercise", "mistake"}}


class AuthoringError(Exception):
    """A source or a notebook that is not as it must be; the message names the cell and what to do."""


@dataclasses.dataclass(frozen=True)
class Exercise:
    """The cells of one exercise. Each of `mistakes` has the hint it must get in `metadata["hint"]`."""

    stub: nbformat.NotebookNode
    solution: nbformat.NotebookNode
    mistakes: tuple[nbformat.NotebookNode, ...]
    check: nbformat.NotebookNode


@dataclasses.dataclass(frozen=True)
class Tweak:
    """A tweak card: `expect` is true after `cells`, those from the one where `setting` is made up to the card."""

    setting: str
    expect: str
    cells: tuple[nbformat.NotebookNode, ...]


def read_source(path: pathlib.Path) -> nbformat.NotebookNode:
    """The cells of a source file, all variants together; a cell's id is its position.

    Raises `AuthoringError` when an exercise or a tweak card is not in the form described in CONTRIBUTING.md.
    """
    source = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    for position, cell in enumerate(source.cells):
        cell.id = f"cell-{position}"
        unknown = _tags(cell) - TAGS
        if unknown:
            raise AuthoringError(
                f"{_place(path, source, position)}: unknown tag {', '.join(sorted(unknown))}; "
                f"there are: {', '.join(sorted(TAGS))}"
            )
    try:
        exercises(source), tweaks(source)
    except AuthoringError as error:
        raise AuthoringError(f"{path.name}: {error}") from error
    return source


def derive(source: nbformat.NotebookNode, variant: str) -> nbformat.NotebookNode:
    """The notebook people open, without outputs. `variant` is "lesson" (stubs) or "solutions" (solved)."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [_bare(cell) for cell in source.cells if not _tags(cell) & NOT_FOR[variant]]
    # Written out, not taken from the kernel: no version number that differs from one machine to the next.
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {
                "codemirror_mode": {"name": "ipython", "version": 3},
                "file_extension": ".py",
                "mimetype": "text/x-python",
                "name": "python",
                "nbconvert_exporter": "python",
                "pygments_lexer": "ipython3",
            },
        }
    )
    return notebook


def exercises(source: nbformat.NotebookNode) -> list[Exercise]:
    """The exercises of a source: stub, solution, two or more mistakes, check, in this order without a gap."""
    found, cells, position = [], source.cells, 0
    while position < len(cells):
        tags = _tags(cells[position])
        if tags & {"solution", "mistake"}:
            raise AuthoringError(f"cell {position}: a solution or mistake that no exercise cell comes before")
        if "exercise" not in tags:
            position += 1
            continue
        start = position
        position += 2
        while position < len(cells) and "mistake" in _tags(cells[position]):
            position += 1
        group = cells[start : position + 1]
        mistakes = group[2:-1]
        complete = len(group) >= 5 and "solution" in _tags(group[1])
        if (
            not complete
            or group[-1].cell_type != "code"
            or not all(mistake.metadata.get("hint") for mistake in mistakes)
        ):
            raise AuthoringError(
                f"cell {start}: an exercise is a stub (tag exercise), its solution (tag solution), two or "
                "more mistakes (tag mistake, each with hint=...), and a code cell that checks, one directly "
                "after the other"
            )
        found.append(Exercise(group[0], group[1], tuple(mistakes), group[-1]))
        position += 1
    return found


def tweaks(source: nbformat.NotebookNode) -> list[Tweak]:
    """The tweak cards of a source, each with the cells of the solved lesson that it asks to run again."""
    found = []
    for position, card in enumerate(source.cells):
        if "tweak" not in _tags(card):
            continue
        setting, expect = str(card.metadata.get("set", "")), str(card.metadata.get("expect", ""))
        before = nbformat.v4.new_notebook(cells=source.cells[:position])
        notebook, plain = derive(before, "solutions"), derive(before, "solutions")
        try:
            notebook_settings.apply_settings(notebook, dict([notebook_settings.parse_assignment(setting)]))
            ast.parse(expect, mode="eval")
        except (notebook_settings.SettingError, SyntaxError) as error:
            raise AuthoringError(
                f'cell {position}: a tweak card needs set="NAME = VALUE", for a cell above it, and '
                f'expect="a Python expression": {error}'
            ) from error
        pairs = enumerate(zip(notebook.cells, plain.cells, strict=True))
        first = next((number for number, (changed, cell) in pairs if changed.source != cell.source), None)
        if first is None:
            raise AuthoringError(f"cell {position}: expected a tweak card that changes something, found {setting}")
        found.append(Tweak(setting, expect, tuple(c for c in notebook.cells[first:] if c.cell_type == "code")))
    return found


def build(names: Sequence[str], *, console: rich.console.Console, project: pathlib.Path = PROJECT) -> None:
    """Derive and execute the notebooks of the lessons that are not up to date; the others are left alone.

    One run makes the lesson and its solutions: a check is executed after the stub and after the solution, every other
    cell once. Raises `AuthoringError` when a run fails, or when its outputs are not fit to be committed; the files stay
    as they were then, and the other lessons are still made.
    """
    failures, made, sources = [], 0, {}
    for source_path in lessons.find(names, project / "notebooks" / "src", ".py"):
        source = read_source(source_path)
        notebooks = _notebooks(source_path.stem, source, project)
        lesson_path = next(iter(notebooks))
        sources[lesson_path] = source
        origins = freshness.origins(source_path.stem, source, notebooks, project)  # mlc_tf as it is now
        if not any(freshness.problem(path, origin) for path, origin in origins.items()):
            continue
        run, after_stub = _run_of_both(source)
        environment = {"MLC_TF_DATA": ""}  # as on a machine where nothing has been downloaded
        result = lessons.execute(run, lesson_path, console=console, environment=environment)
        for cell in run.cells:
            if "outputs" in cell:
                cell.outputs = nbformat.from_dict(_hide_machine(cell.outputs, project))
        failure = result.failure or "\n".join(output_problems(run, project))
        if failure:
            failures.append(f"the notebooks of {source_path.stem} are left as they were:\n{failure}")
            continue
        executed = {cell.id: cell for cell in run.cells}
        for path, notebook in notebooks.items():
            stubs = path.parent.name != "solutions"
            code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
            for number, cell in enumerate(code, 1):
                cell.execution_count = number
                cell.outputs = copy.deepcopy(executed[after_stub.get(cell.id, cell.id) if stubs else cell.id].outputs)
                for output in cell.outputs:
                    if output.output_type == "execute_result":
                        output.execution_count = number
            notebook.metadata["mlc_tf"] = origins[path] | {"outputs": freshness.digest_outputs(notebook)}
            path.parent.mkdir(parents=True, exist_ok=True)
            lessons.write_notebook(notebook, path)
            made += 1
    for lesson_path, source in sources.items():
        _write_pictures(lesson_path, source, project)
    if failures:
        raise AuthoringError("\n\n".join(failures))
    console.print(f"{made} notebooks made, the others were up to date")


def _run_of_both(source: nbformat.NotebookNode) -> tuple[nbformat.NotebookNode, dict[str, str]]:
    """The cells of lesson and solutions in one notebook, and for each check the id of its copy after the stub."""
    checks = {exercise.stub.id: exercise.check for exercise in exercises(source)}
    notebook = derive(source, "solutions")
    notebook.cells, after_stub = [], {}
    for cell in source.cells:
        if "mistake" in _tags(cell):
            continue
        notebook.cells.append(_bare(cell))
        if cell.id in checks:
            check = _bare(checks[cell.id])
            check.id = after_stub[checks[cell.id].id] = f"{check.id}-after-stub"
            notebook.cells.append(check)
    return notebook, after_stub


def stale(names: Sequence[str], *, project: pathlib.Path = PROJECT) -> list[str]:
    """A line for each notebook that is not what `build` would leave: which, why, and what to do."""
    reasons = []
    derived = set()
    for source_path in lessons.find(names, project / "notebooks" / "src", ".py"):
        name, source = source_path.stem, read_source(source_path)
        for path, origin in freshness.origins(name, source, _notebooks(name, source, project), project).items():
            derived.add(path)
            problem = freshness.problem(path, origin)
            if problem:
                reasons.append(f"{path.relative_to(project)} {problem}")
    if not names:
        for path in sorted((project / "notebooks").glob("**/*.ipynb")):
            if path not in derived and ".ipynb_checkpoints" not in path.parts:
                reasons.append(f"{path.relative_to(project)} has no source in notebooks/src: delete it")
    return reasons


def output_problems(notebook: nbformat.NotebookNode, project: pathlib.Path = PROJECT) -> list[str]:
    """What makes the notebook's outputs unfit to be committed: warnings, errors, paths of this machine."""
    problems = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            trouble = ""
            if output.output_type == "stream" and output.name == "stderr":
                trouble = f"a warning or other text on stderr: {output.text[:500]}"
            elif output.output_type == "error" and "raises-exception" not in _tags(cell):
                trouble = f"an error: {output.ename}: {output.evalue}"
            elif _hide_machine(output, project) != output:
                trouble = f"a path of this machine: {json.dumps(output)[:500]}"
            if trouble:
                problems.append(f"cell [{cell.execution_count}] outputs {trouble}\n\n{cell.source}\n")
    return problems


def _notebooks(
    name: str, source: nbformat.NotebookNode, project: pathlib.Path
) -> dict[pathlib.Path, nbformat.NotebookNode]:
    """The lesson and its solutions, derived, by the paths where they belong."""
    folder = project / "notebooks"
    return {
        folder / f"{name}.ipynb": derive(source, "lesson"),
        folder / "solutions" / f"{name}.ipynb": derive(source, "solutions"),
    }


def _bare(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
    return new(cell.source, id=cell.id, metadata=freshness.kept_metadata(cell))


def _hide_machine(outputs: object, project: pathlib.Path) -> object:
    """The same outputs, with the paths in their texts relative to the project or to `~`."""
    if isinstance(outputs, list):
        return [_hide_machine(one, project) for one in outputs]
    if isinstance(outputs, dict):
        # A picture's letters are no text: they may spell a short path by chance.
        return {k: v if k.startswith("image/p") else _hide_machine(v, project) for k, v in outputs.items()}
    if isinstance(outputs, str):
        outputs = _replace_path(outputs, f"{project}{os.sep}", "")
        outputs = _replace_path(outputs, str(project), ".")
        home = str(pathlib.Path.home())
        if home != os.sep:
            outputs = _replace_path(outputs, home + os.sep, f"~{os.sep}")
    return outputs


def _replace_path(text: str, path: str, new: str) -> str:
    """Replace the path, but not where it is the end of a longer one."""
    return re.sub(r"(?<![\w.])" + re.escape(path), lambda _: new, text)


def _place(path: pathlib.Path, source: nbformat.NotebookNode, position: int) -> str:
    return f"{path.name}, cell {position} ({source.cells[position].source.strip()[:60]!r})"


def _write_pictures(path: pathlib.Path, source: nbformat.NotebookNode, project: pathlib.Path) -> None:
    """Write the figure of each cell with the metadata `picture="NAME"` to `docs/NAME.png`, for the README."""
    if not path.exists():
        return
    names = {cell.id: cell.metadata.get("picture") for cell in source.cells}
    for cell in lessons.read(path).cells:
        name = names.get(cell.id)
        figures = [
            output.data["image/png"] for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
        ]
        if name and not figures:
            raise AuthoringError(f"{path.name}: expected a figure below the cell with picture={name!r}, found none")
        if name:
            (project / "docs").mkdir(exist_ok=True)
            (project / "docs" / f"{name}.png").write_bytes(base64.b64decode(figures[0]))


def _tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))
