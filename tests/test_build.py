"""Notebooks made from sources, on a toy project; and the committed notebooks, without executing them."""

import base64
import os
import pathlib
import re
import shutil

import click.testing
import nbformat
import papermill
import pytest
import rich.console

from mlc_tf import PROJECT, __main__
from mlc_tf.course import build as builder
from mlc_tf.course import errata, margins, run
from mlc_tf.course import source as sources

SOURCE = """\
# %% [markdown]
# # A toy
# It shows what `toy.json` records.

# %% tags=["parameters"]
SEED = 0

# %%
WIDTH = 2
import os, matplotlib.pyplot as plt
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
figure = plt.figure(figsize=(1, 1))
plt.plot([SEED, WIDTH]);
print(os.getcwd(), os.path.expanduser("~/somewhere"))

# %% tags=["exercise"]
answer = None

# %% tags=["solution"]
answer = WIDTH

# %% tags=["mistake"] hint="too small"
answer = 1

# %% tags=["mistake"] hint="too large"
answer = 3

# %% timeout=30
print("Not yet" if answer is None else "Correct")

# %% [markdown] tags=["tweak"] set="WIDTH = 3" expect="answer == 3"
# Set `WIDTH` to 3.
"""


# The lesson imports Matplotlib and that needs NumPy.
PINS = """\
ipykernel==7.4.0
    # via -r requirements.in
matplotlib==3.11.2
    # via -r requirements.in
numpy==2.5.5 ; sys_platform != 'win32'
    # via
    #   -r requirements.in
    #   matplotlib
pytest==9.0.0
    # via pytest-xdist
pytest-xdist==3.8.0
    # via -r requirements.in
"""
# What stands for the package: that its cells import it is what counts.
CODE = {
    "__init__.py": 'IN_SAVED_MODELS = {\n    "mlc_tf.data.labels": ("A",),\n    "mlc_tf.data.text": ("B",),\n}\n',
    "__main__.py": "x = 1\n",
    "course/pages.py": "x = 1\n",
    "course/profiles.py": 'PROFILES = {"00_toy": {"smoke": 10, "quick": 1}, "01_new": {"quick": 11}}\n',
    "course/exercises/__init__.py": "def check():\n    from mlc_tf.data.labels import names\n    return names\n",
    "course/exercises/lesson_00.py": "x = 1\n",
    "course/exercises/lesson_01.py": "x = 1\n",
    "data/labels.py": "names = 1\nother = 2\n",
    "data/text.py": "x = 1\n",
}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A project with one lesson, built once; tests work on copies of it."""
    project = tmp_path_factory.mktemp("built")
    (project / "notebooks" / "src").mkdir(parents=True)
    (project / "notebooks" / "src" / "00_toy.py").write_text(SOURCE)
    for name, code in CODE.items():
        (project / "mlc_tf" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "mlc_tf" / name).write_text(code)
    (project / "data" / "product_listings").mkdir(parents=True)
    (project / "data" / "product_listings" / "grammar.toml").write_text("a -> b\n")
    (project / "benchmarks" / "results").mkdir(parents=True)
    (project / "benchmarks" / "results" / "toy.json").write_text('{"score": 1}\n')
    (project / "requirements.txt").write_text(PINS)
    build(project)
    return project


@pytest.fixture
def project(built, tmp_path):
    return shutil.copytree(built, tmp_path / "project")


def build(project: pathlib.Path) -> None:
    builder.build([], console=rich.console.Console(quiet=True), project=project)


def stale(project: pathlib.Path) -> list[str]:
    return builder.stale([], project=project)


def notebook(project: pathlib.Path, name: str = "00_toy") -> nbformat.NotebookNode:
    return nbformat.read(project / "notebooks" / f"{name}.ipynb", as_version=4)


def change(path: pathlib.Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_lesson_has_stubs_and_the_solutions_are_solved(built):
    lesson, solved = notebook(built), notebook(built, "solutions/00_toy")
    nbformat.validate(lesson)
    assert [cell.source for cell in lesson.cells if "answer = " in cell.source] == ["answer = None"]
    assert [cell.source for cell in solved.cells if "answer = " in cell.source] == ["answer = WIDTH"]
    assert [lesson.cells[4].outputs[0].text, solved.cells[4].outputs[0].text] == ["Not yet\n", "Correct\n"]
    # Executed in the folder of the lessons, with paths that say nothing of the machine.
    assert lesson.cells[2].outputs[0].text == solved.cells[2].outputs[0].text == "notebooks ~/somewhere\n"
    assert [cell.execution_count for cell in lesson.cells if cell.cell_type == "code"] == [1, 2, 3, 4]
    assert [cell.id for cell in lesson.cells] == ["cell-0", "cell-1", "cell-2", "cell-3", "cell-7", "cell-8"]
    assert [dict(cell.metadata) for cell in lesson.cells[3:]] == [
        {"tags": ["exercise"]},
        {"timeout": 30},
        {"tags": ["tweak"]},
    ]


def test_a_run_that_makes_a_notebook_counts_among_those_that_claims_are_measured_by(built):
    (one,) = margins.read(built / margins.RECORD.relative_to(PROJECT))
    assert (one["lesson"], one["seed"], one["rounding"]) == ("00_toy", 0, "as it is")
    assert one["figures"] == {"A toy · WIDTH = 3": {"answer == 3": 1.0}}


def test_only_what_is_stale_is_executed_and_two_builds_are_the_same_bytes(project):
    files = sorted((project / "notebooks").glob("**/*.ipynb"))
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in files]
    build(project)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in files] == before
    files[0].unlink()
    build(project)
    assert [path.read_bytes() for path in files] == [content for content, _ in before]


@pytest.mark.parametrize(
    "file, old, new, reason",
    [
        ("notebooks/src/00_toy.py", "WIDTH = 2", "WIDTH = 4", "its source"),
        ("mlc_tf/course/exercises/__init__.py", "return names", "return -names", "mlc_tf"),
        ("mlc_tf/course/exercises/lesson_00.py", "x = 1", "x = 2", "mlc_tf"),
        ("mlc_tf/data/labels.py", "names = 1", "names = 2", "mlc_tf"),  # imported by what is imported
        ("mlc_tf/course/profiles.py", '"quick": 1}', '"quick": 2}', "mlc_tf"),
        ("mlc_tf/__init__.py", '("A",)', '("A", "C")', "mlc_tf"),  # saved models of a module that it imports
        ("mlc_tf/__init__.py", "IN_SAVED", "THOSE_IN_SAVED", "mlc_tf"),
        ("data/product_listings/grammar.toml", "b", "c", "data/product_listings"),
        ("benchmarks/results/toy.json", "1", "2", "benchmarks/results"),
        ("requirements.txt", "matplotlib==3.11.2", "matplotlib==3.11.3", "requirements.txt"),
        ("requirements.txt", "numpy==2.5.5", "numpy==2.5.6", "requirements.txt"),  # needed by what is imported
        ("requirements.txt", "ipykernel==7.4.0", "ipykernel==7.4.1", "requirements.txt"),
        ("notebooks/src/00_toy.py", 'expect="answer == 3"', 'expect="answer > 2"', "its tweak cards"),
    ],
)
def test_a_change_makes_outputs_stale_and_says_what_to_do(project, file, old, new, reason):
    assert stale(project) == []
    change(project / file, old, new)
    first, second = builder.stale(["00"], project=project)
    for line, name in ((first, "00_toy"), (second, "solutions/00_toy")):
        path = os.path.join("notebooks", *f"{name}.ipynb".split("/"))
        assert line.startswith(f"{path} is out of date: changed since it was executed: {reason}. Run 'make notebooks'")


def test_a_change_of_the_text_alone_keeps_the_outputs(project, monkeypatch):
    before = notebook(project)
    source = project / "notebooks" / "src" / "00_toy.py"
    # A cell more, so that all the others have other numbers.
    change(source, "# # A toy", "# # A better toy\n\n# %% [markdown]\n# Some words.")
    assert len(stale(project)) == 2
    with monkeypatch.context() as patch:
        patch.setattr(builder.times, "run_measured", lambda *arguments, **options: pytest.fail("it was executed"))
        build(project)
    assert stale(project) == []
    after = notebook(project)
    assert after.cells[0].source == "# A better toy"
    assert [cell.outputs for cell in after.cells if cell.cell_type == "code"] == [
        cell.outputs for cell in before.cells if cell.cell_type == "code"
    ]
    # What was put in by hand does not stay.
    change(project / "notebooks" / "00_toy.ipynb", "Not yet", "Not now")
    change(source, "Some words", "Other words")
    build(project)
    assert [cell.outputs for cell in notebook(project).cells if cell.cell_type == "code"] == [
        cell.outputs for cell in before.cells if cell.cell_type == "code"
    ]


def test_a_claim_that_says_less_keeps_the_outputs_and_one_that_says_more_is_tried(project, monkeypatch):
    source = project / "notebooks" / "src" / "00_toy.py"
    claim = '# %% [markdown] tags=["claim"] expect="{}"\n# Wide.\n\n# %% [markdown] tags=["tweak"]'
    change(source, '# %% [markdown] tags=["tweak"]', claim.format("WIDTH > 1 and WIDTH < 9"))
    build(project)
    runs = []
    monkeypatch.setattr(builder.times, "run_measured", lambda *arguments, **options: runs.append(1) or 1 / 0)
    change(source, "WIDTH > 1 and WIDTH < 9", "WIDTH < 9")
    build(project)
    assert stale(project) == [] and not runs
    change(source, "WIDTH < 9", "WIDTH < 8")
    with pytest.raises(ZeroDivisionError):
        build(project)
    assert runs == [1]


def test_what_the_lesson_does_not_run_makes_nothing_stale(project):
    for name in ("data/text.py", "course/pages.py", "__main__.py"):
        change(project / "mlc_tf" / name, "1", "2")
    change(project / "mlc_tf" / "course" / "profiles.py", '"smoke": 10', '"smoke": 20')
    change(project / "requirements.txt", "pytest==9.0.0", "pytest==9.1.0")
    change(project / "requirements.txt", "pytest-xdist==3.8.0", "pytest-xdist==3.9.0")
    change(project / "mlc_tf" / "course" / "exercises" / "lesson_01.py", "1", "2")
    change(project / "mlc_tf" / "course" / "profiles.py", "11", "12")
    change(project / "mlc_tf" / "__init__.py", '    "mlc_tf.data.text": ("B",),\n', '    "mlc_tf.new": ("D", "E"),\n')
    (project / "mlc_tf" / "new.py").write_text("x = 1\n")
    assert stale(project) == []


def test_a_record_that_the_lesson_does_not_name_makes_nothing_stale(project):
    for name in ("other.json", "old_toy.json"):
        (project / "benchmarks" / "results" / name).write_text("{}")
    assert stale(project) == []
    (project / "benchmarks" / "results" / "toy.json").unlink()
    assert ["benchmarks/results" in reason for reason in stale(project)] == [True, True]


def test_line_endings_do_not_make_outputs_stale(project):
    for path in (project / "mlc_tf" / "data" / "labels.py", project / "notebooks" / "src" / "00_toy.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(project) == []


def test_hands_off_the_notebooks(project):
    lesson, solved = project / "notebooks" / "00_toy.ipynb", project / "notebooks" / "solutions" / "00_toy.ipynb"
    change(lesson, "answer = None", "answer = 7")
    change(solved, "Correct\\n", "Perfect\\n")
    reasons = stale(project)
    assert len(reasons) == 2 and all("make your change there" in reason for reason in reasons)
    assert all("notebooks/src/00_toy.py" in reason for reason in reasons)
    lesson.unlink()
    solved.write_text("{")
    shutil.copy(project / "notebooks" / "src" / "00_toy.py", project / "notebooks" / "src" / "01_new.py")
    (project / "notebooks" / "05_old.ipynb").write_text("{}")
    causes = [re.search("not been made|cannot be read|no source", reason)[0] for reason in stale(project)]
    assert causes == ["not been made", "cannot be read", "not been made", "not been made", "no source"]


@pytest.mark.parametrize(
    "cell, message",
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings; warnings.warn('old')", "a warning or other text on stderr: .*old"),
        ("if WIDTH > 2: WIDTH = 2", r"with WIDTH = 3: answer == 3  \(answer == 3 = 0\)"),  # the card does not hold
    ],
)
def test_a_notebook_that_is_not_fit_to_be_committed_leaves_the_file_as_it_was(project, cell, message):
    solved = project / "notebooks" / "solutions" / "00_toy.ipynb"
    before = solved.read_bytes()
    change(project / "notebooks" / "src" / "00_toy.py", "print(os.getcwd()", f"{cell}\nprint(os.getcwd()")
    with pytest.raises(sources.AuthoringError, match=f"(?s)notebooks of 00_toy are left as they were.*{message}"):
        build(project)
    assert solved.read_bytes() == before
    assert not [path for path in solved.parent.iterdir() if path != solved]


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('tags=["solution"]', 'tags=["soluton"]', "cell 4 .*unknown tag soluton"),
        ('tags=["solution"]', "", "cell 3: an exercise is a stub"),
        (' hint="too small"', "", "cell 3: an exercise is a stub"),
        ('tags=["mistake"] hint="too large"', "", "cell 3: an exercise is a stub"),
        ('tags=["exercise"]', "", "cell 4: a solution or mistake that no exercise"),
        ('set="WIDTH = 3"', 'set="WIDTH"', "cell 8: a tweak card needs .*expected a Python assignment"),
        ('set="WIDTH = 3"', 'set="HEIGHT = 3"', "cell 8: .*HEIGHT cannot be set.*WIDTH"),
        ('set="WIDTH = 3"', 'set="WIDTH = 2"', "cell 8: expected a tweak card that changes something"),
        ('expect="answer == 3"', 'expect="answer = 3"', "cell 8: a tweak card"),
        (
            "# %% [markdown]\n# # A",
            '# %% [markdown] tags=["claim"] expect="1 <"\n# # A',
            "cell 0 .*a claim needs expect",
        ),
    ],
)
def test_a_malformed_exercise_or_tweak_card_is_refused(tmp_path, old, new, message):
    source = tmp_path / "00_toy.py"
    source.write_text(SOURCE)
    change(source, old, new)
    with pytest.raises(sources.AuthoringError, match=f"00_toy.py.*{message}"):
        sources.read_source(source)


def test_exercises_and_tweaks_are_read_from_the_source(tmp_path):
    (tmp_path / "00_toy.py").write_text(SOURCE)
    source = sources.read_source(tmp_path / "00_toy.py")
    (exercise,) = sources.exercises(source)
    assert [exercise.stub.source, exercise.solution.source] == ["answer = None", "answer = WIDTH"]
    assert [(mistake.source, mistake.metadata["hint"]) for mistake in exercise.mistakes] == [
        ("answer = 1", "too small"),
        ("answer = 3", "too large"),
    ]
    assert exercise.check.source.startswith('print("Not yet"')
    (tweak,) = sources.tweaks(source)
    assert (tweak.setting, tweak.expect) == ("WIDTH = 3", "answer == 3")
    assert [cell.source.splitlines()[0] for cell in tweak.cells] == [
        "WIDTH = 3",
        "answer = WIDTH",
        'print("Not yet" if answer is None else "Correct")',
    ]


def test_papermill_sets_the_parameters_of_a_made_notebook(built, tmp_path):
    lesson = built / "notebooks" / "00_toy.ipynb"
    executed = papermill.execute_notebook(lesson, tmp_path / "out.ipynb", {"SEED": 5}, progress_bar=False)
    injected = [cell for cell in executed.cells if "injected-parameters" in cell.metadata.tags]
    assert "SEED = 5" in injected[0].source


# The committed notebooks.

SOURCES = sorted((run.NOTEBOOKS / "src").glob("*.py"))
COMMITTED = sorted(run.NOTEBOOKS.glob("*.ipynb")) + sorted(run.NOTEBOOKS.glob("solutions/*.ipynb"))


def test_checking_says_which_notebooks_are_stale_and_ends_with_1(monkeypatch):
    monkeypatch.setattr(builder, "stale", lambda names: ["notebooks/00_toy.ipynb is out of date"] if not names else [])
    checked = click.testing.CliRunner().invoke(__main__.main, ["notebooks", "--check"])
    assert (checked.exit_code, checked.output) == (1, "notebooks/00_toy.ipynb is out of date\n")
    assert click.testing.CliRunner().invoke(__main__.main, ["notebooks", "--check", "01"]).exit_code == 0


def test_the_committed_outputs_are_those_of_the_committed_code():
    stale = builder.stale([])
    assert not stale, "\n" + "\n".join(stale)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_committed_outputs_are_quiet_and_say_nothing_of_the_machine(path):
    problems = builder.output_problems(run.read(path))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_lesson_has_parameters_exercises_and_tweak_cards(path):
    source = sources.read_source(path)
    parameters = [cell for cell in source.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    assert "PROFILE = " in parameters[0].source and "SEED = " in parameters[0].source
    introduction = path.stem.startswith("00")
    assert len(sources.exercises(source)) >= (1 if introduction else 2)
    assert sources.tweaks(source)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_code_fits_a_window_without_scrolling(path):
    """JupyterLab on a small screen, with its file browser open, shows about 95 characters of a line of code."""
    code = [cell.source for cell in sources.read_source(path).cells if cell.cell_type == "code"]
    assert [line for source in code for line in source.splitlines() if len(line) > 96] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_says_how_long_it_takes_a_person(path):
    """Each step has `minutes=`; the sum stands in the head of the lesson and in the README."""
    cells = sources.read_source(path).cells
    steps = [cell for cell in cells if cell.cell_type == "markdown" and re.search(r"^## ", cell.source, re.MULTILINE)]
    assert [cell.source for cell in steps if not isinstance(cell.metadata.get("minutes"), int)] == []
    minutes = 5 * round(sum(cell.metadata.get("minutes", 0) for cell in cells) / 5)
    assert f"**Your time:** about {minutes} minutes" in cells[0].source
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"\(notebooks/{path.stem}\.ipynb\) \|.*\| {minutes} min \| \d+ s \|", readme)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_is_cited_is_in_the_references_with_a_link_and_the_other_way_round(path):
    text = "\n\n".join(cell.source for cell in sources.read_source(path).cells if cell.cell_type == "markdown")
    body, _, references = re.sub(r"```.+?```|\$\$.+?\$\$|\$[^$]+\$|`[^`]+`", "", text, flags=re.DOTALL).partition(
        "**Further reading.**"
    )
    items = re.findall(r"\[(\d+)\] (.+?)(?=\s\[\d+\] |\n\n|\Z)", references, re.DOTALL)
    assert [item for _, item in items if "](https://" not in item] == []
    cited = {int(number) for group in re.findall(r"\[(\d[\d, ]*)\](?!\()", body) for number in group.split(",")}
    assert [int(number) for number, _ in items] == sorted(cited)


def test_the_page_of_errata_is_gathered_from_the_lessons_and_each_of_its_links_leads_to_one():
    page = (PROJECT / "docs" / "errata.md").read_text(encoding="utf-8")
    assert page == errata.page(SOURCES)
    assert len(re.findall(r"^## ", page, re.MULTILINE)) >= 7
    assert all((PROJECT / "docs" / link).exists() for link in re.findall(r"\]\((\S+)\)", page))


def test_the_pictures_in_the_readme_are_those_of_the_lessons():
    """Made by `make notebooks` from the cells with `picture=`; a picture of an older run would not be found."""
    figures = {
        base64.b64decode(output.data["image/png"])
        for path in run.NOTEBOOKS.glob("*.ipynb")
        for cell in run.read(path).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    }
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^]]+\]\((\S+\.png)\)", readme)
    assert len(pictures) >= 2
    for picture in pictures:
        assert (PROJECT / picture).read_bytes() in figures, f"{picture}: run 'make notebooks'"
