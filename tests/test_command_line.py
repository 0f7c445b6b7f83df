"""`python -m mlc_tf`: its help, the machine check and the data commands. (Running lessons: test_runner.py.)"""

import os
import pathlib
import runpy
import shlex
import subprocess
import sys

import click
import click.testing
import psutil
import pytest

from mlc_tf import __main__
from mlc_tf.course import machine
from mlc_tf.data import DataError, catalogue


def command(*arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(__main__.main, arguments, env={"COLUMNS": "200"}, terminal_width=80)


def test_help_imports_nothing_slow():
    code = (
        "import sys; from mlc_tf import __main__\n"
        "try: __main__.main(['lessons', '--help'])\n"
        "finally: print(sorted({'tensorflow', 'keras', 'sklearn', 'nbclient', 'numpy'} & set(sys.modules)))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0 and process.stdout.endswith("[]\n"), process.stdout + process.stderr


def test_every_command_and_option_explains_itself():
    commands = {"": __main__.main} | __main__.main.commands | __main__.data.commands
    work = {"lab", "reset", "update", "compare", "progress"}
    authors = {"notebooks", "claims"}
    assert set(commands) == {"", "lessons", "check", "data", "list", "fetch", "verify"} | work | authors
    for command_object in commands.values():
        assert command_object.help
        assert all(option.help for option in command_object.params if isinstance(option, click.Option))
    for arguments in ([], ["data"]):
        assert "..." not in command(*arguments, "--help").output.replace("[ARGS]...", "")  # no summary is cut


def test_check_has_a_line_for_each_need_and_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "MEMORY_NEEDED", 10**6)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLC_TF_DATA", str(tmp_path / "file" / "folder"))
    result = command("check")
    assert result.exit_code == 1
    lines = {line.split("  ")[0]: line for line in result.output.splitlines()}
    assert "GiB: use another machine" in lines["memory"]
    assert "is not a folder: remove it, or set MLC_TF_DATA" in lines["data folder"]
    # This environment is the pinned one.
    assert all(lines[name].endswith("OK") for name in ("Python", "tensorflow", "keras", "processors"))
    cores = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count()
    assert f"  {cores} CPU core" in lines["processors"]
    # In that folder are only the two data sets that come with the course.
    assert f"  2 here, {len(catalogue.CATALOGUE) - 2} more" in lines["data sets"]


def test_another_version_of_a_pinned_package_is_named(monkeypatch, tmp_path):
    (tmp_path / "requirements.txt").write_text("# tensorflow==1\ntensorflow==9.9.9 ; x\nkeras==8.8.8\n")
    monkeypatch.setattr(machine, "PROJECT", tmp_path)
    advice = {row.what: row.advice for row in machine.check()}
    assert (
        "9.9.9: " in advice["tensorflow"] and "-m pip install -r" in advice["tensorflow"] and "8.8.8" in advice["keras"]
    )


@pytest.mark.skipif(os.name == "nt", reason="a Windows terminal quotes otherwise")
def test_advice_is_a_command_that_can_be_copied_whatever_the_folder_is_called(monkeypatch):
    monkeypatch.setattr("mlc_tf.PROJECT", pathlib.Path("/home/Zoë/Jane's course"))
    monkeypatch.setattr(sys, "executable", "/opt/my env/python")
    words = shlex.split(runpy.run_path(machine.__file__)["INSTALL"])
    assert words[0] == "/opt/my env/python" and words[-1] == "/home/Zoë/Jane's course/requirements.txt"


class ToyEntry:
    name, kind, source, summary = "toy", "text", "download", "A toy data set"

    def state(self):
        return "not fetched"

    def fetch(self):
        return pathlib.Path("somewhere")

    def verify(self):
        raise DataError("expected 3 rows, found 2: fetch it again")


def test_data_is_listed_fetched_and_verified(monkeypatch):
    monkeypatch.setattr(catalogue, "CATALOGUE", {"toy": ToyEntry()})
    listed = command("data", "list")
    assert listed.exit_code == 0
    assert all(word in listed.output for word in ("toy", "text", "download", "not fetched", "A toy data set"))
    assert command("data", "fetch", "toy").output == "toy is in somewhere\n"
    verified = command("data", "verify", "toy")
    assert (verified.exit_code, verified.output) == (1, "Error: expected 3 rows, found 2: fetch it again\n")
    unknown = command("data", "fetch", "tou")
    assert unknown.exit_code == 1 and "there are: toy" in unknown.output
