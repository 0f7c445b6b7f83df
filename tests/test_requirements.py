"""What is imported is what is declared, and what is declared is pinned."""

import ast
import re
import sys

from mlc_tf import PROJECT

# Where the name to import is not the name to install.
INSTALL_NAMES = {
    "sklearn": "scikit-learn",
    "iterstrat": "iterative-stratification",
    "arff": "liac-arff",
    "IPython": "ipython",
    "mathjax": "django-static-mathjax",
}
# Used, but imported by none of our files.
USED_BY_COMMAND = {
    "jupyterlab-execute-time": "make lab, where it shows how long cells took",
    "ruff": "the linter",
    "pytest-xdist": "make test, two tests at a time",
}
OUR_OWN = {"mlc_tf"} | {path.stem for folder in ("tests", "benchmarks") for path in (PROJECT / folder).glob("*.py")}


def declared(path="requirements.in") -> set[str]:
    text = (PROJECT / path).read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Za-z0-9_.-]+)", text, flags=re.MULTILINE))


def imported(*folders) -> dict[str, str]:
    """Install name of every package imported in these folders, and one file that imports it."""
    found = {}
    for folder in folders:
        for path in sorted((PROJECT / folder).glob("**/*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                else:
                    continue
                for name in (name.partition(".")[0] for name in names):
                    if name not in sys.stdlib_module_names | OUR_OWN:
                        found.setdefault(INSTALL_NAMES.get(name, name), str(path))
    return found


def test_imports_are_exactly_what_is_declared():
    of_course, of_benchmarks = imported("mlc_tf", "tests", "notebooks/src"), imported("benchmarks")
    used = of_course | of_benchmarks | USED_BY_COMMAND
    only_benchmarks = declared("benchmarks/requirements.txt")
    undeclared = used.keys() - declared() - only_benchmarks
    assert {name: used[name] for name in undeclared} == {}, "imported, but not in requirements.in"
    assert declared() - used.keys() == set(), "in requirements.in, but used nowhere"
    assert only_benchmarks <= of_benchmarks.keys() - of_course.keys(), "of benchmarks/requirements.txt"


def test_everything_declared_is_pinned_exactly():
    text = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    loose = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*( ; .+)?", line)]
    assert not loose
    pinned = {line.partition("==")[0] for line in lines}
    assert declared() <= pinned
    versions = {name: tuple(map(int, re.search(rf"^{name}==(\d+)\.(\d+)", text, flags=re.MULTILINE).groups()))
                for name in ("tensorflow", "keras")}  # fmt: skip
    assert versions["tensorflow"] >= (2, 21) and versions["keras"] >= (3, 15)
