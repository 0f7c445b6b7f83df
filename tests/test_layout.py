"""The helper module can be read from the ground up: data, models, training, evaluation; nothing imports the course."""

import ast

import pytest

from mlc_tf import PROJECT

PACKAGE = PROJECT / "mlc_tf"
FLOORS = ("data", "models", "training", "evaluation")
MAY_IMPORT = {
    **{floor: set(FLOORS[: number + 1]) for number, floor in enumerate(FLOORS)},
    "plots": set(),
    "__init__": set(),
    "course": {*FLOORS, "plots", "course"},
    "__main__": {*FLOORS, "course"},
}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(path):
    floor = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path, which a reader can follow"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for parts in (name.split(".") for name in names):
            if parts[0] == "mlc_tf" and parts[1] != "PROJECT":
                assert parts[1] in MAY_IMPORT[floor], f"{floor} imports {'.'.join(parts)}"
