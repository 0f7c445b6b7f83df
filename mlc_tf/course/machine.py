"""Is this machine ready for the course? A line each, OK or what to do (lesson 00, `python -m mlc_tf check`)."""

import dataclasses
import importlib.metadata
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence

import psutil

from mlc_tf import PROJECT

MEMORY_NEEDED = 4  # GiB; every lesson stays below it at the quick profile
# To be copied into a terminal, whatever blanks and quotes the names of the folders hold.
INSTALL = (subprocess.list2cmdline if os.name == "nt" else shlex.join)(
    [sys.executable, "-m", "pip", "install", "-r", str(PROJECT / "requirements.txt")]
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One thing the lessons need: what was found, and what to do about it (empty when it is OK)."""

    what: str
    found: str
    advice: str = ""


def check() -> list[Row]:
    """Look at the machine. Imports TensorFlow, which takes some seconds."""
    python = Row("Python", platform.python_version())  # with another than the course's, mlc_tf cannot be imported
    return [python, _package("tensorflow"), _package("keras"), _processors(), _memory(), *_data()]


def table(rows: Sequence[Row]) -> str:
    """The rows as plain text."""
    width = max(len(row.what) for row in rows)
    found_width = max(len(row.found) for row in rows)
    return "\n".join(f"{row.what:{width}}  {row.found:{found_width}}  {row.advice or 'OK'}" for row in rows)


def print_check() -> None:
    """Print a line for each thing the lessons need (lesson 00)."""
    print(table(check()))


def _package(name: str) -> Row:
    pins = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.search(rf"^{name}==(\S+)", pins, flags=re.MULTILINE)[1]
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Row(name, "not installed", INSTALL)
    advice = "" if installed == pinned else f"the course is tested with {pinned}: {INSTALL}"
    return Row(name, installed, advice)


def _processors() -> Row:
    cores = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count()
    # In a process of its own first: made for another processor, it ends the process that imports it.
    trial = subprocess.run(
        [sys.executable, "-c", "import tensorflow"], capture_output=True, text=True, errors="replace"
    )
    if trial.returncode != 0:
        reason = (trial.stderr.strip().splitlines() or [f"exit status {trial.returncode}"])[-1]
        return Row("processors", f"{cores} CPU cores", f"TensorFlow does not start ({reason}): {INSTALL}")
    import tensorflow as tf

    gpus = len(tf.config.list_physical_devices("GPU"))
    found = f"{cores} CPU {'core' if cores == 1 else 'cores'}, {gpus or 'no'} {'GPU' if gpus == 1 else 'GPUs'}"
    return Row("processors", found)


def _memory() -> Row:
    memory = psutil.virtual_memory()
    total, available = memory.total / 2**30, memory.available / 2**30
    advice = ""
    if total < MEMORY_NEEDED:
        advice = f"a lesson may need {MEMORY_NEEDED} GiB: use another machine, or run one lesson at a time"
    elif available < MEMORY_NEEDED / 2:
        advice = "close other programs and notebooks: a lesson may need more than is free"
    return Row("memory", f"{total:.1f} GiB, {available:.1f} GiB free", advice)


def _data() -> list[Row]:
    from mlc_tf.data import catalogue, downloads

    folder = downloads.data_directory()
    found = str(folder.relative_to(PROJECT) if folder.is_relative_to(PROJECT) else folder)
    advice = ""
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir():
        advice = f"{nearest} is not a folder: remove it, or set MLC_TF_DATA to a folder"
    elif nearest != folder:
        found += " (not there yet)"
    if not advice and not os.access(nearest, os.W_OK):
        found += " (read only)"
        if nearest != folder:
            advice = "cannot be made: set MLC_TF_DATA to a folder that you can write to"
    ready = [entry.state() == "ready" for entry in catalogue.CATALOGUE.values()]
    states = f"{sum(ready)} here, {ready.count(False)} more to be had (python -m mlc_tf data list)"
    return [Row("data folder", found, advice), Row("data sets", states)]
