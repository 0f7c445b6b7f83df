"""The runner, on toy lessons and mostly through the real command line."""

import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import click.testing
import nbformat
import psutil
import pytest
import rich.console

from mlc_tf import __main__
from mlc_tf.course import progress, settings
from mlc_tf.course import run as runner

# One red pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

SLEEPING = "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"

RUN_IN = """
import pathlib, sys
from mlc_tf import __main__
from mlc_tf.course import run
run.run_lessons.__kwdefaults__["folder"] = pathlib.Path(sys.argv.pop(1))
__main__.main(prog_name="python -m mlc_tf")
"""


def write_lesson(
    folder: pathlib.Path, name: str, *cells: str, tags: dict[int, list[str]] | None = None, timeout: int = 600
) -> None:
    """A notebook of code cells; `tags` by position; `timeout` of each cell."""
    notebook = nbformat.v4.new_notebook()
    for position, source in enumerate(cells):
        metadata = {"tags": (tags or {}).get(position, []), "timeout": timeout}
        old = [nbformat.v4.new_output("stream", text="an old output\n")]
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata=metadata, outputs=old))
    nbformat.write(notebook, folder / f"{name}.ipynb")


def start(folder: pathlib.Path, *arguments: str, **options) -> subprocess.Popen:
    """`python -m mlc_tf ARGUMENTS` on the lessons in `folder`."""
    options = {"env": os.environ | {"FORCE_COLOR": ""}} | options
    return subprocess.Popen(
        [sys.executable, "-c", RUN_IN, str(folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        **options,
    )


def run(folder: pathlib.Path, *arguments: str, **options) -> tuple[int, str]:
    process = start(folder, "lessons", "--output", str(folder / "out"), *arguments, **options)
    text, _ = process.communicate(timeout=120)
    return process.returncode, text


def outputs(folder: pathlib.Path, name: str) -> list[str]:
    """The text each code cell printed, in the executed notebook."""
    notebook = nbformat.read(folder / "out" / f"{name}.ipynb", as_version=4)
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]


def test_lessons_run_with_this_interpreter_in_their_folder_and_are_written(tmp_path):
    write_lesson(
        tmp_path,
        "00_machine",
        "import os, sys",
        "print(sys.executable)\nprint(os.getcwd())",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "pages = bytearray(b'x') * 300_000_000\nimport time; time.sleep(0.5)",
    )
    write_lesson(tmp_path, "01_settings", "PROFILE = 'quick'\nSEED = 0", "print(PROFILE, SEED, NAME)\n", "NAME = 1")
    # A "python3" kernel that another environment has registered must not be taken, nor the shell's settings.
    kernels = tmp_path / "elsewhere" / "kernels" / "python3"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    environment = os.environ | {"JUPYTER_PATH": str(kernels.parent.parent), "MPLBACKEND": "Agg"}

    status, text = run(tmp_path, "00", env=environment)

    assert status == 0, text
    assert outputs(tmp_path, "00_machine")[1].split("\n")[:2] == [sys.executable, str(tmp_path)]
    assert re.search(r"\[ *2/4\] +\d+\.\d s +print\(sys\.executable\)", text)
    row = re.search(r"00_machine +(\d+) +\d+ +(\d+\.\d\d) GiB +ok", text)
    assert row[1] == "4" and 0.3 < float(row[2]) < 1.0
    page = (tmp_path / "out" / "00_machine.html").read_text(encoding="utf-8")
    picture = runner.read(tmp_path / "out" / "00_machine.ipynb").cells[2].outputs[0].data["image/png"]
    assert picture.strip()[:60] in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.?https?:", page)
    assert not (tmp_path / "out" / "01_settings.ipynb").exists()


@pytest.mark.parametrize(
    "arguments, printed",
    [
        ([], "quick 0"),
        (["--profile", "full", "--set", "SEED=2+1"], "full 3"),
        (["--set", "PROFILE=full", "--set", "SEED = two words"], "full two words"),
    ],
)
def test_profile_and_set_change_the_one_assignment(tmp_path, arguments, printed):
    write_lesson(tmp_path, "01_settings", "PROFILE = 'quick'  # the size\nSEED = 0", "print(PROFILE, SEED)")
    status, text = run(tmp_path, "1", *arguments)
    assert status == 0, text
    assert outputs(tmp_path, "01_settings") == ["", printed + "\n"]


@pytest.mark.parametrize(
    "changes, held", [({}, True), ({"PROFILE": "'quick'"}, True), ({"PROFILE": "'smoke'"}, False), ({"n": "0"}, False)]
)
def test_claims_are_held_against_a_run_as_committed_and_no_other(tmp_path, changes, held):
    code = nbformat.v4.new_code_cell("PROFILE = 'quick'\nn = 1")
    claim = nbformat.v4.new_markdown_cell("It grows.", metadata={"tags": ["claim"], "expect": "n > 1"})
    nbformat.write(nbformat.v4.new_notebook(cells=[code, claim]), tmp_path / "00_claim.ipynb")
    console = rich.console.Console(file=io.StringIO(), width=120)
    options = {"timeout": None, "console": console, "folder": tmp_path, "output": tmp_path / "out"}
    (result,) = runner.run_lessons([], changes=changes, **options)
    assert result.failure == "" and bool(result.unmet) == held
    assert ("00_claim: n > 1  (n = 1)" in console.file.getvalue()) == held


def test_a_setting_replaces_only_the_value():
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                "%time pass\nÄ = 'ä'; WIDTHS = [  # a list\n  1,\n]  # kept\nif True:\n    SEED = 1"
            ),
            nbformat.v4.new_code_cell("SEED: int = 0\nTWICE = 1\nTWICE = 2\na, b = 1, 2"),
            nbformat.v4.new_code_cell("this is no Python"),
        ]
    )
    changes = {"Ä": "0", "WIDTHS": "[2,  # two\n 3]", "SEED": "5"}
    settings.apply_settings(notebook, changes)
    assert notebook.cells[0].source == "%time pass\nÄ = 0; WIDTHS = [2, 3]  # kept\nif True:\n    SEED = 1"
    assert notebook.cells[1].source == "SEED: int = 5\nTWICE = 1\nTWICE = 2\na, b = 1, 2"
    for name in ("TWICE", "a", "MISSING"):
        with pytest.raises(settings.SettingError, match="These can be set: SEED, WIDTHS, Ä"):
            settings.apply_settings(notebook, {name: "1"})


def test_a_setting_is_python_or_else_text():
    parse = settings.parse_setting
    assert parse("PROFILE=full") == ("PROFILE", "'full'")
    assert parse("DATASET=cifar-100") == ("DATASET", "'cifar-100'")
    assert parse("ON=True") == ("ON", "True")
    assert parse("SIZES=[1, 2]") == ("SIZES", "[1, 2]")
    assert parse("PATH=/some/place") == ("PATH", "'/some/place'")
    assert parse("TEXT='a = b'") == ("TEXT", "'a = b'")
    for wrong in ("SEED", "SEED=", "1=2", "=3"):
        with pytest.raises(settings.SettingError, match="expected NAME=VALUE"):
            parse(wrong)


def test_a_failing_cell_is_named_shown_and_does_not_stop_the_other_lessons(tmp_path):
    source = "def f(x):\n    return 1 / x  # a line that is longer than this terminal, which has sixty columns\nf(0)"
    write_lesson(tmp_path, "00_wrong", "print('before')", source, "print('after')")
    write_lesson(tmp_path, "01_allowed", "1 / 0", "print('reached')", tags={0: ["raises-exception"]})
    status, text = run(tmp_path, env=os.environ | {"FORCE_COLOR": "", "COLUMNS": "60"})
    assert status == 1
    assert "00_wrong.ipynb, cell 2 of 3" in text
    assert f"\n{source}\n" in text
    assert "----> 2     return 1 / x" in text and "ZeroDivisionError: division by zero" in text
    assert "\x1b" not in text
    assert re.search(r"00_wrong +1/3 .* failed", text) and re.search(r"01_allowed +2 .* ok", text)
    assert outputs(tmp_path, "00_wrong") == ["before\n", "", ""]
    assert outputs(tmp_path, "01_allowed")[1] == "reached\n"
    assert "ZeroDivisionError" in (tmp_path / "out" / "00_wrong.html").read_text(encoding="utf-8")


def test_a_slow_cell_and_a_dead_kernel_are_failures_like_others(tmp_path):
    child = f"{SLEEPING}; open('child', 'w').write(str(child.pid))"
    write_lesson(tmp_path, "00_dead", f"import os, time\n{child}\ntime.sleep(0.5)", "os._exit(3)")
    write_lesson(tmp_path, "01_slow", "import time; time.sleep(60)", timeout=1)
    write_lesson(tmp_path, "02_fine", "print('fine')")
    status, text = run(tmp_path)
    assert status == 1
    assert "00_dead.ipynb, cell 2 of 2:\n\nos._exit(3)\n\nthe kernel died (exit status 3)" in text
    assert "01_slow.ipynb, cell 1 of 1:" in text and "longer than the 1 seconds it is given" in text
    assert re.search(r"02_fine .* ok", text)
    status, text = run(tmp_path, "01", "--timeout", "2")
    assert status == 1 and "longer than the 2 seconds it is given" in text
    left = int((tmp_path / "child").read_text())
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent differently")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_and_keeps_what_was_run(tmp_path, ending):
    write_lesson(
        tmp_path,
        "00_long",
        "print('kept')",
        f"{SLEEPING}\nopen('started', 'w').close()\nwhile True: pass",
    )
    process = start(tmp_path, "lessons", "--output", str(tmp_path / "out"))
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 2  # the kernel and its child
    process.send_signal(ending)
    try:
        text, _ = process.communicate(timeout=30)
    finally:
        if process.poll() is None:  # else its own children are its own affair, and checked below
            for one in [*family, process]:
                one.kill()
    assert process.returncode not in (0, None) and "Traceback" not in text, text
    assert "Executed notebooks and pages" in text
    assert not psutil.wait_procs(family, timeout=5)[1]
    assert outputs(tmp_path, "00_long")[0] == "kept\n"


def test_what_cannot_be_run_is_said_before_anything_runs(tmp_path, monkeypatch):
    with pytest.raises(runner.LessonError, match="no lessons in"):
        runner.find([], tmp_path)
    for name in ("00_start", "02_first", "02_second"):
        write_lesson(tmp_path, name, "open('ran', 'w').close()")
    names = [
        [path.stem for path in runner.find(wanted, tmp_path)]
        for wanted in (["2"], [str(tmp_path / "02_second.ipynb"), "00_st"], [])
    ]
    assert names == [["02_first", "02_second"], ["00_start", "02_second"], ["00_start", "02_first", "02_second"]]

    monkeypatch.setitem(runner.run_lessons.__kwdefaults__, "folder", tmp_path)

    def complaint(*arguments):
        result = click.testing.CliRunner().invoke(__main__.main, ["lessons", *arguments])
        assert result.exit_code != 0 and isinstance(result.exception, SystemExit)
        return result.output

    assert "'03'; there are:\n  00_start\n  02_first\n" in complaint("03")
    assert "is not one of the lessons" in complaint("elsewhere/02_first.ipynb")
    assert "00_start: SEED cannot be set" in complaint("--set", "SEED=1")
    assert "set more than once: SEED" in complaint("--set", "SEED=1", "--set", "SEED=2")
    for folder in (tmp_path, progress.MY):
        assert "would be overwritten" in complaint("--output", str(folder))
    (tmp_path / "file").write_text("")
    assert "Choose another folder with --output" in complaint("--output", str(tmp_path / "file"))
    (tmp_path / "02_second.ipynb").write_text('{"cells": [')
    assert "02_second.ipynb cannot be read as a notebook" in complaint()
    assert not (tmp_path / "ran").exists()


def test_output_in_many_pieces_and_rewritten_lines_is_kept_as_it_looks_at_the_end(tmp_path):
    """A line of megabytes must not take longer than it took to write."""
    write_lesson(
        tmp_path,
        "00_talk",
        "import sys\nfor i in range(3): print('a', i, flush=True); print('!', file=sys.stderr, flush=True)",
        "for i in range(4): print(f'\\repoch {i}', end='', flush=True)\nprint()",
        "print('x' * 3_000_000)",
        f"from IPython.display import Image; import base64\nImage(base64.b64decode({PNG!r}), alt='a \"red\" point')",
    )
    status, text = run(tmp_path)
    assert status == 0, text
    cells = nbformat.read(tmp_path / "out" / "00_talk.ipynb", as_version=4).cells
    assert sorted((o.name, o.text) for o in cells[0].outputs) == [
        ("stderr", "!\n!\n!\n"),
        ("stdout", "a 0\na 1\na 2\n"),
    ]
    assert [o.text for o in cells[1].outputs] == ["epoch 3\n"]
    assert [len(o.text) for o in cells[2].outputs] == [3_000_001]
    page = (tmp_path / "out" / "00_talk.html").read_text(encoding="utf-8")
    assert """<img alt='a "red" point' src="data:image/png;base64,""" in page
