"""Makes the committed notebooks from their sources, and tells which are not up to date (`freshness` knows)."""

import base64
import copy
import json
import os
import pathlib
import re
from collections.abc import Sequence

import nbformat
import rich.console

from mlc_tf import PROJECT
from mlc_tf.course import errata, freshness, glossary, margins, run, times
from mlc_tf.course.source import AuthoringError, derive, laid_out, read_source, tags_of, tweaks


def build(names: Sequence[str], *, console: rich.console.Console, project: pathlib.Path = PROJECT) -> None:
    """Derive and execute the notebooks of the lessons that are not up to date; the others are left alone.

    Where only text has changed, the outputs stay, and nothing is executed.
    One run makes the lesson and its solutions: a check is executed after the stub and after the solution, every other
    cell once. It also tries the tweak cards, so that a notebook that is up to date has cards that hold, and keeps how
    long the lesson takes and the figures that its claims and cards speak of. Raises `AuthoringError` when a run fails,
    a claim or a card does not hold, or the outputs are not fit to be committed; the files stay as they were then, and
    the other lessons are still made.
    """
    every = run.find((), project / "notebooks" / "src", ".py")
    pages = {"errata.md": errata.page(every), "glossary.md": glossary.page(every)}  # before anything runs
    failures, made, sources = [], 0, {}
    for source_path in run.find(names, project / "notebooks" / "src", ".py"):
        source = read_source(source_path)
        notebooks = _notebooks(source_path.stem, source, project)
        lesson_path = next(iter(notebooks))
        sources[lesson_path] = source
        origins = freshness.origins(source_path.stem, source, notebooks, project)  # mlc_tf as it is now
        if not any(freshness.problem(path, origin) for path, origin in origins.items()):
            continue
        outputs = {path: freshness.kept_outputs(path, notebooks[path], origin) for path, origin in origins.items()}
        if None not in outputs.values():
            for path, notebook in notebooks.items():
                _write(path, notebook, outputs[path], origins[path])
                made += 1
            continue
        both, after_stub = laid_out(source)
        environment = {"MLC_TF_DATA": ""}  # as on a machine where nothing has been downloaded
        options = {"console": console, "environment": environment, "tweaks": tweaks(source)}
        result, cost = times.run_measured(lesson_path, both, **options)
        for cell in both.cells:
            if "outputs" in cell:
                cell.outputs = nbformat.from_dict(_hide_machine(cell.outputs, project))
        failure = result.failure or "\n".join([*result.unmet, *output_problems(both, project)])
        if failure:
            failures.append(f"the notebooks of {source_path.stem} are left as they were:\n{failure}")
            continue
        executed = {cell.id: cell for cell in both.cells}
        for path, notebook in notebooks.items():
            ids = [cell.id for cell in freshness.code_cells(notebook)]
            if path.parent.name != "solutions":
                ids = [after_stub.get(one, one) for one in ids]
            _write(path, notebook, [executed[one].outputs for one in ids], origins[path])
            made += 1
        times.keep(source_path.stem, cost, project)
        record = project / margins.RECORD.relative_to(PROJECT)
        margins.keep(source_path.stem, margins.by_place(source, result.figures), record=record)
    (project / "docs").mkdir(exist_ok=True)
    for lesson_path, source in sources.items():
        _write_pictures(lesson_path, source, project)
    for name, text in pages.items():
        run.write_text(text, project / "docs" / name)
    if failures:
        raise AuthoringError("\n\n".join(failures))
    console.print(f"{made} notebooks made, the others were up to date")


def stale(names: Sequence[str], *, project: pathlib.Path = PROJECT) -> list[str]:
    """A line for each notebook that is not what `build` would leave: which, why, and what to do."""
    reasons = []
    derived = set()
    for source_path in run.find(names, project / "notebooks" / "src", ".py"):
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
            elif output.output_type == "error" and "raises-exception" not in tags_of(cell):
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


def _write(path: pathlib.Path, notebook: nbformat.NotebookNode, outputs: Sequence[list], origin: dict) -> None:
    """Write a notebook with these outputs of its code cells, and what they depend on."""
    for number, (cell, given) in enumerate(zip(freshness.code_cells(notebook), outputs, strict=True), 1):
        cell.execution_count = number
        cell.outputs = copy.deepcopy(given)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    notebook.metadata["mlc_tf"] = origin | {"outputs": freshness.digest_outputs(notebook)}
    path.parent.mkdir(parents=True, exist_ok=True)
    run.write_notebook(notebook, path)


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


def _write_pictures(path: pathlib.Path, source: nbformat.NotebookNode, project: pathlib.Path) -> None:
    """Write the figure of each cell with the metadata `picture="NAME"` to `docs/NAME.png`, for the README."""
    if not path.exists():
        return
    names = {cell.id: cell.metadata.get("picture") for cell in source.cells}
    for cell in run.read(path).cells:
        name = names.get(cell.id)
        figures = [
            output.data["image/png"] for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
        ]
        if name and not figures:
            raise AuthoringError(f"{path.name}: expected a figure below the cell with picture={name!r}, found none")
        if name:
            (project / "docs" / f"{name}.png").write_bytes(base64.b64decode(figures[0]))
