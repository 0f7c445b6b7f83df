"""Whether a committed notebook is what its source would give today: what its outputs depend on, as hashes.

A lesson depends on the modules of `mlc_tf` that its cells import and on what those import in turn, on the packages
that all these import, on its own settings and exercises, and on the data. The rest may change, and the notebook stays
fresh.
"""

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import json
import pathlib
import re
from collections.abc import Container

import nbformat

from mlc_tf.course import claims, run
from mlc_tf.course.source import kept_metadata, tweaks

# What executes the cells has a part in what they output.
RUNNER = "from mlc_tf.course import kernel"
IN_THE_KERNEL = "import ipykernel"
REMEDY = "Run 'make notebooks' (python -m mlc_tf notebooks)."


def origins(
    name: str,
    source: nbformat.NotebookNode,
    notebooks: dict[pathlib.Path, nbformat.NotebookNode],
    project: pathlib.Path,
) -> dict[pathlib.Path, dict[str, str]]:
    """What the outputs of each of a source's notebooks depend on, each with its hash."""
    # Of the records only those that the lesson names: a new one must not make every notebook stale.
    named = re.findall(r"[\w.-]+\.json", "\n".join(cell.source for cell in source.cells))
    code = code_of(name, source, project)
    files = {
        "its tweak cards": _digest([[tweak.setting, tweak.expect] for tweak in tweaks(source)]),
        "mlc_tf": _digest([[path, text] for path, text in sorted(code.items())]),
        "data/product_listings": _digest_files(project, "data/product_listings/*.toml"),
        "benchmarks/results": _digest_files(project, *(f"benchmarks/results/{name}" for name in named)),
        "requirements.txt": _digest(_pins([*_python(source), IN_THE_KERNEL, *code.values()], project)),
    }
    return {path: {"its source": _digest_cells(notebook), **files} for path, notebook in notebooks.items()}


def problem(path: pathlib.Path, origin: dict[str, str]) -> str:
    """Why the notebook in `path` is not up to date with this origin; empty when it is."""
    if not path.exists():
        return f"has not been made. {REMEDY}"
    try:
        notebook = run.read(path)
    except run.LessonError as error:
        return f"cannot be read ({error}). {REMEDY}"
    recorded = notebook.metadata.get("mlc_tf", {})
    changed = [what for what, digest in origin.items() if recorded.get(what) != digest]
    if changed:
        return f"is out of date: changed since it was executed: {', '.join(changed)}. {REMEDY}"
    actual = {"its source": _digest_cells(notebook), "outputs": digest_outputs(notebook)}
    if any(recorded.get(what) != digest for what, digest in actual.items()):
        return (
            f"was edited or run in place. Notebooks are made from notebooks/src/{path.stem}.py: "
            f"make your change there. {REMEDY}"
        )
    return ""


def kept_outputs(path: pathlib.Path, notebook: nbformat.NotebookNode, origin: dict[str, str]) -> list | None:
    """What the code cells of the notebook in `path` gave, where no more than text has changed since; else `None`.

    A claim that says less than the one that held is text.

    Args:
        path: where the notebook belongs.
        notebook: what is derived from the source as it is now.
        origin: what its outputs depend on, as it is now.
    """
    try:
        before = run.read(path)
    except run.LessonError:  # not there, or damaged
        return None
    if problem(path, origin | {"its source": before.metadata.get("mlc_tf", {}).get("its source", "")}):
        return None
    codes = [[[cell.source, kept_metadata(cell)] for cell in code_cells(one)] for one in (before, notebook)]
    held, said = _claims(before), _claims(notebook)
    if codes[0] != codes[1] or len(held) != len(said) or not all(map(set.issuperset, held, said)):
        return None
    return [cell.outputs for cell in code_cells(before)]


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells that are executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _claims(notebook: nbformat.NotebookNode) -> list[set[str]]:
    """The parts of each claim."""
    return [
        {part.text for part in claims.parts(cell.metadata["expect"])}
        for cell in notebook.cells
        if "expect" in cell.metadata
    ]


def digest_outputs(notebook: nbformat.NotebookNode) -> str:
    """The hash of all outputs."""
    return _digest([cell.get("outputs", []) for cell in notebook.cells])


def code_of(name: str, source: nbformat.NotebookNode, project: pathlib.Path) -> dict[str, str]:
    """The files of `mlc_tf` that run when the lesson runs, path in the project -> text.

    Of `profiles.py` only the lesson's own `quick` settings, of `exercises` only those of the lesson, of the table of
    what saved models hold only the lesson's own modules: a new model must not make every notebook stale.
    """
    found, waiting = {}, set()
    for code in (RUNNER, *_python(source)):
        waiting |= _imported(code, project)
    own_exercises = project / "mlc_tf" / "course" / "exercises" / f"lesson_{name[:2]}.py"
    if own_exercises.exists():
        waiting.add(own_exercises)
    while waiting:
        path = waiting.pop()
        place = path.relative_to(project).as_posix()
        if place not in found:
            # Read as text: the same hash whatever line endings git has checked out.
            found[place] = path.read_text(encoding="utf-8")
            waiting |= _imported(found[place], project)
    if "mlc_tf/course/profiles.py" in found:
        found["mlc_tf/course/profiles.py"] = _profiles_of(name, found["mlc_tf/course/profiles.py"])
    if "mlc_tf/__init__.py" in found:
        found["mlc_tf/__init__.py"] = _of_these_modules(found["mlc_tf/__init__.py"], found)
    return found


def _python(source: nbformat.NotebookNode) -> list[str]:
    """The code cells that are Python; a run of the lesson tells of others."""
    found = []
    for cell in source.cells:
        with contextlib.suppress(SyntaxError):
            if cell.cell_type == "code":
                ast.parse(cell.source)
                found.append(cell.source)
    return found


def _names(code: str) -> set[str]:
    """What this code imports, on top or within a function; `b` of "from a import b" may be a module."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _imported(code: str, project: pathlib.Path) -> set[pathlib.Path]:
    """The files of `mlc_tf` that this code imports."""
    files = set()
    for parts in (name.split(".") for name in _names(code)):
        if parts[0] == "mlc_tf":
            places = [project.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
            files |= {place / "__init__.py" for place in places} | {place.with_suffix(".py") for place in places}
    return {path for path in files if path.is_file()}


def _pins(codes: list[str], project: pathlib.Path) -> list[str]:
    """The lines of requirements.txt for what these codes import, and for what that needs in turn.

    Pins of test tools, formatters or the site are not among them. What a package needs is read from the comments
    "via ..." of the file itself, so that it is the same on every machine.
    """
    pins, needed_by = {}, {}
    for line in (project / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([\w.-]+)==\S+", line):
            pins[pin[1]], needed_by[pin[1]] = line, set()
        elif by := re.fullmatch(r"\s+#\s+(?:via\s+)?([\w.-]+)", line):
            needed_by[list(pins)[-1]].add(by[1])
    distributions = _distributions()
    tops = {name.partition(".")[0] for code in codes for name in _names(code)}
    wanted = {distribution for top in tops for distribution in distributions.get(top, [])} & pins.keys()
    while more := {name for name in pins.keys() - wanted if needed_by[name] & wanted}:
        wanted |= more
    return [pins[name] for name in sorted(wanted)]


@functools.cache
def _distributions() -> dict[str, list[str]]:
    """By the name to import, the names to install, as requirements.txt writes them."""
    found = importlib.metadata.packages_distributions().items()
    return {top: [re.sub(r"[-_.]+", "-", name).lower() for name in names] for top, names in found}


def _profiles_of(name: str, code: str) -> str:
    """The code of the module of the profiles with nothing but what a notebook shows: its lesson at `quick`."""
    tree = ast.parse(code)
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PROFILES":
            of_lesson = ast.literal_eval(node.value).get(name, {})
            node.value = ast.parse(repr({name: of_lesson.get("quick")}), mode="eval").body
    return ast.unparse(tree)


def _of_these_modules(code: str, found: Container[str]) -> str:
    """The code of the package without the lines of `IN_SAVED_MODELS` that are of other modules than those found."""

    def kept(line: re.Match) -> str:
        return line[0] if f"{line[1].replace('.', '/')}.py" in found else ""

    return re.sub(r'^    "(mlc_tf\.[\w.]+)": \(.*\),\n', kept, code, flags=re.MULTILINE)


def _digest_cells(notebook: nbformat.NotebookNode) -> str:
    return _digest([[cell.cell_type, cell.source, kept_metadata(cell)] for cell in notebook.cells])


def _digest_files(project: pathlib.Path, *patterns: str) -> str:
    files = {path for pattern in patterns for path in project.glob(pattern) if path.is_file()}
    texts = [[path.relative_to(project).as_posix(), path.read_text(encoding="utf-8")] for path in files]
    return _digest(sorted(texts))


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
