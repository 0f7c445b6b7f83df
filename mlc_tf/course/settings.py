"""Setting things in a notebook: the right-hand side of its one top-level assignment `NAME = ...` is replaced.

`--set NAME=VALUE`, `--profile` and the `set` of a tweak card are all this.
"""

import ast
import collections
import re
from collections.abc import Mapping

import nbformat


class SettingError(ValueError):
    """A setting that cannot be made; the message says what can."""


def parse_setting(text: str) -> tuple[str, str]:
    """Split `NAME=VALUE` as typed in a shell into the name and the Python source of the value.

    A shell takes quotes away, so a bare word, hyphens included, and anything that is not Python, is text:
    `DATASET=cifar-100` means `'cifar-100'`; `SCENES=500`, `WIDTHS=[8, 16]` and `RATE=1/3` are Python.
    """
    name, separator, value = (part.strip() for part in text.partition("="))
    if not separator or not name.isidentifier() or not value:
        raise SettingError(f"expected NAME=VALUE, such as SEED=1, found {text!r}")
    is_word = re.fullmatch(r"[^\W\d][\w-]*", value) and value not in ("True", "False", "None")
    return name, repr(value) if is_word or _expression(value) is None else value


def parse_assignment(text: str) -> tuple[str, str]:
    """Split a Python assignment `NAME = VALUE`, as tweak cards give it, into the name and the value."""
    name, separator, value = (part.strip() for part in text.partition("="))
    if not separator or not name.isidentifier() or _expression(value) is None:
        raise SettingError(f"expected a Python assignment, such as WIDTH = 16, found {text!r}")
    return name, value


def apply_settings(notebook: nbformat.NotebookNode, settings: Mapping[str, str]) -> None:
    """Replace, in the notebook's code cells, the value of each name by the given Python source.

    Raises `SettingError` when a name is assigned at the top level of no cell, or more than once; nothing is
    replaced then.
    """
    places = collections.defaultdict(list)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for name, value in _top_level_assignments(cell.source):
                places[name].append((cell, value))
    for name in settings:
        if len(places.get(name, [])) != 1:
            once = ", ".join(sorted(other for other, found in places.items() if len(found) == 1))
            count = len(places[name]) if name in places else "no"
            raise SettingError(
                f"{name} cannot be set: expected one top-level line '{name} = ...' in the notebook, found "
                f"{count}. These can be set: {once or 'none'}"
            )
    # From the bottom up, so that one replacement does not move the place of the next.
    replacements = [(*places[name][0], _expression(value)) for name, value in settings.items()]
    replacements.sort(key=lambda one: (one[1].lineno, one[1].col_offset), reverse=True)
    for cell, old, new in replacements:
        cell.source = _replace(cell.source, old, ast.unparse(new))


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _top_level_assignments(source: str) -> list[tuple[str, ast.expr]]:
    # A magic (%matplotlib inline) is not Python, but takes no names either.
    python = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
    try:
        statements = ast.parse(python).body
    except SyntaxError:
        return []  # a cell that shows a syntax error, or one the learner broke: it will say so when it runs
    found = []
    for statement in statements:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            targets = [statement.target]
        else:
            continue
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            found.append((targets[0].id, statement.value))
    return found


def _replace(source: str, old: ast.expr, new: str) -> str:
    lines = source.split("\n")
    # ast counts columns in UTF-8 bytes.
    before = lines[old.lineno - 1].encode()[: old.col_offset].decode()
    after = lines[old.end_lineno - 1].encode()[old.end_col_offset :].decode()
    lines[old.lineno - 1 : old.end_lineno] = [before + new + after]
    return "\n".join(lines)
