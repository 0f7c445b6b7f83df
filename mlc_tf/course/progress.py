"""How far a person is: what the checks said of the exercises, kept in `my/progress.jsonl`.

A line for each change of a verdict, and nothing else: `{"exercise": "density", "verdict": "tried"}`.
"""

import contextlib
import json
import os
import pathlib

from mlc_tf import PROJECT

MY = PROJECT / "my"  # where a person's own copies of the lessons are, which `copies` lays there
VERDICTS = ("solved", "tried", "open")


def verdicts() -> dict[str, str]:
    """The last verdict on each exercise that was tried, by its name. A line that a crash has cut off is left out."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for line in (MY / "progress.jsonl").read_bytes().splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                if entry["verdict"] in VERDICTS:
                    found[entry["exercise"]] = entry["verdict"]
    return found


def record(exercise: str, verdict: str) -> None:
    """Keep what a check said, if it is new and was said in a person's own copy: a run without a person keeps nothing.

    Args:
        exercise: the name of the exercise.
        verdict: one of `VERDICTS`; an exercise that was never checked is open.

    Raises:
        OSError: it cannot be written.
    """
    if os.environ.get("MLC_TF_HEADLESS") or not pathlib.Path.cwd().is_relative_to(MY.resolve()):
        return
    if verdicts().get(exercise, "open") == verdict:
        return
    line = json.dumps({"exercise": exercise, "verdict": verdict}).encode()
    with open(MY / "progress.jsonl", "ab") as file:
        # The first line break ends what a crash has cut off. In one piece: two notebooks may write at the same time.
        file.write((b"\n" if file.tell() else b"") + line)
