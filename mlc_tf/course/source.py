"""What authors edit: the cells of `notebooks/src/NN_name.py` (jupytext percent), and the notebooks that come of them.

From one source come `notebooks/NN_name.ipynb`, where exercises are stubs, and `notebooks/solutions/NN_name.ipynb`,
where they are solved.
"""

import ast
import dataclasses
import pathlib

import jupytext
import nbformat

from mlc_tf.course.settings import SettingError, apply_settings, parse_assignment

TAGS = {"parameters", "exercise", "solution", "mistake", "tweak", "claim", "varies", "raises-exception"}
NOT_FOR = {"lesson": {"solution", "mistake"}, "solutions": {"exercise", "mistake"}}
# What of a cell's metadata reaches the notebooks; the rest (hint, set, picture) is for tests and the README.
KEPT_METADATA = ("tags", "timeout", "jupyter")


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
    """A tweak card: `expect` is true after `cells`, those from the one where `setting` is made up to the `card`."""

    card: nbformat.NotebookNode
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
        unknown = tags_of(cell) - TAGS
        if unknown:
            raise AuthoringError(
                f"{_place(path, source, position)}: unknown tag {', '.join(sorted(unknown))}; "
                f"there are: {', '.join(sorted(TAGS))}"
            )
        try:
            if "claim" in tags_of(cell):
                ast.parse(cell.metadata.get("expect", ""), mode="eval")
        except SyntaxError as error:
            place = _place(path, source, position)
            raise AuthoringError(f'{place}: a claim needs expect="a Python expression": {error}') from error
    try:
        exercises(source), tweaks(source)
    except AuthoringError as error:
        raise AuthoringError(f"{path.name}: {error}") from error
    return source


def derive(source: nbformat.NotebookNode, variant: str) -> nbformat.NotebookNode:
    """The notebook people open, without outputs. `variant` is "lesson" (stubs) or "solutions" (solved)."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [bare(cell) for cell in source.cells if not tags_of(cell) & NOT_FOR[variant]]
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
        tags = tags_of(cells[position])
        if tags & {"solution", "mistake"}:
            raise AuthoringError(f"cell {position}: a solution or mistake that no exercise cell comes before")
        if "exercise" not in tags:
            position += 1
            continue
        start = position
        position += 2
        while position < len(cells) and "mistake" in tags_of(cells[position]):
            position += 1
        group = cells[start : position + 1]
        mistakes = group[2:-1]
        complete = len(group) >= 5 and "solution" in tags_of(group[1])
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


def laid_out(source: nbformat.NotebookNode, mistakes: bool = False) -> tuple[nbformat.NotebookNode, dict[str, str]]:
    """One notebook with the stub, the `mistakes` if asked for, and the solution of each exercise, each with its check.

    Also returns, by the id of a check, that of its copy after the stub.
    """
    notebook = derive(source, "solutions")
    notebook.cells, after_stub = [], {}
    exercise_of = {exercise.stub.id: exercise for exercise in exercises(source)}
    for cell in source.cells:
        if cell.id in exercise_of:
            exercise = exercise_of[cell.id]
            after_stub[exercise.check.id] = f"{cell.id}-check"
            for answer in (exercise.stub, *(exercise.mistakes if mistakes else ())):
                check = bare(exercise.check)
                check.id = f"{answer.id}-check"
                notebook.cells += [bare(answer), check]
            notebook.cells.append(bare(exercise.solution))
        elif not tags_of(cell) & {"solution", "mistake"}:
            notebook.cells.append(bare(cell))
    return notebook, after_stub


def tweaks(source: nbformat.NotebookNode) -> list[Tweak]:
    """The tweak cards of a source, each with the cells of the solved lesson that it asks to run again."""
    found = []
    for position, card in enumerate(source.cells):
        if "tweak" not in tags_of(card):
            continue
        setting, expect = str(card.metadata.get("set", "")), str(card.metadata.get("expect", ""))
        before = nbformat.v4.new_notebook(cells=source.cells[:position])
        notebook, plain = derive(before, "solutions"), derive(before, "solutions")
        try:
            apply_settings(notebook, dict([parse_assignment(setting)]))
            ast.parse(expect, mode="eval")
        except (SettingError, SyntaxError) as error:
            raise AuthoringError(
                f'cell {position}: a tweak card needs set="NAME = VALUE", for a cell above it, and '
                f'expect="a Python expression": {error}'
            ) from error
        pairs = enumerate(zip(notebook.cells, plain.cells, strict=True))
        first = next((number for number, (changed, cell) in pairs if changed.source != cell.source), None)
        if first is None:
            raise AuthoringError(f"cell {position}: expected a tweak card that changes something, found {setting}")
        found.append(Tweak(card, setting, expect, tuple(c for c in notebook.cells[first:] if c.cell_type == "code")))
    return found


def kept_metadata(cell: nbformat.NotebookNode) -> dict:
    """The metadata of a source's cell that its notebooks have too."""
    kept = (*KEPT_METADATA, "expect") if "claim" in tags_of(cell) else KEPT_METADATA  # a run checks the claims
    return {key: cell.metadata[key] for key in kept if key in cell.metadata}


def bare(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The cell as the notebooks have it, without outputs."""
    new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
    return new(cell.source, id=cell.id, metadata=kept_metadata(cell))


def _place(path: pathlib.Path, source: nbformat.NotebookNode, position: int) -> str:
    return f"{path.name}, cell {position} ({source.cells[position].source.strip()[:60]!r})"


def tags_of(cell: nbformat.NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))
