"""How long the lessons take, in a measure that a busy machine does not spoil: measured, kept, and compared.

Seconds say little where tests run side by side. What a lesson asks of a processor is measured in *units* instead: its
kernel's processor seconds, divided by those that the same kernel needs, right after the lesson, for a small training
that never changes. `benchmarks/results/lesson_times.json` keeps both, as measured when the notebook was made; the
seconds stand in the README's table.
"""

import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping

import nbformat

from mlc_tf import PROJECT
from mlc_tf.course import margins, run

RECORD = PROJECT / "benchmarks" / "results" / "lesson_times.json"
FACTOR = 1.6  # how much more than recorded a run may take: two runs differ by less, a lesson twice as slow by more
START = 1.0  # units by which the imports alone may differ, of which a short lesson consists
REMEDY = "Make its notebook again, on a quiet machine (python -m mlc_tf notebooks)."

# Pictures and texts, as the lessons have them. It comes last, so that the lesson before it is as people run it.
UNIT = """
def _unit():
    import time, keras, numpy as np
    started, of_processor = time.perf_counter(), time.process_time()
    draw = np.random.default_rng(0)
    layers, y = keras.layers, draw.integers(0, 2, (1_024, 10))
    networks = {
        "pictures": [layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(32, 3), layers.Flatten()],
        "texts": [layers.Embedding(1_000, 64), layers.GRU(64)],
    }
    inputs = {"pictures": np.float32(draw.random((1_024, 16, 16, 1))), "texts": draw.integers(0, 1_000, (1_024, 30))}
    for kind, network in networks.items():
        model = keras.Sequential([*network, layers.Dense(10)])
        model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
        model.fit(inputs[kind], y, 64, epochs=4, verbose=0)
    print([time.perf_counter() - started, time.process_time() - of_processor])
_unit()
"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a lesson takes: seconds, units (see above), and GiB at its peak."""

    seconds: float
    units: float
    gibibytes: float


def run_measured(path: pathlib.Path, notebook: nbformat.NotebookNode, **options) -> tuple[run.Result, Cost | None]:
    """`run.execute` with these options, and what it cost; None when it failed."""
    unit = nbformat.v4.new_code_cell(UNIT)
    notebook.cells.append(unit)
    result = run.execute(notebook, path, **options)
    notebook.cells.remove(unit)
    if result.failure:
        return result, None
    seconds, of_processor = json.loads(unit.outputs[-1].text)
    units = (result.processor_seconds - of_processor) / of_processor
    return result, Cost(result.seconds - seconds, units, result.peak_memory / 2**30)


def keep(name: str, cost: Cost, project: pathlib.Path) -> None:
    """Keep what a lesson takes: in the record, and in the table of the README. Where there is no record, none is kept.

    Raises `run.LessonError` when these cannot be written.
    """
    record, readme = project / RECORD.relative_to(PROJECT), project / "README.md"
    if record.exists():
        kept = {key: round(value, 2) for key, value in dataclasses.asdict(cost).items()}
        recorded = dict(sorted((read(record) | {name: kept | {"machine": margins.machine()}}).items()))
        run.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", record)
        run.write_text(in_table(readme.read_text(encoding="utf-8"), recorded), readme)


def read(record: pathlib.Path = RECORD) -> dict[str, dict]:
    """What is kept, by lesson; nothing when there is no record."""
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}


def in_table(readme: str, recorded: Mapping[str, dict]) -> str:
    """The README with the recorded seconds and memory in the rows of its table."""
    for name, cost in recorded.items():
        row = rf"(\(notebooks/{name}\.ipynb\) \|.*\|) \d+ s \| [\d.]+ GiB \|"
        readme = re.sub(row, rf"\1 {cost['seconds']:.0f} s | {cost['gibibytes']:.1f} GiB |", readme)
    return readme


def problem(name: str, cost: Cost, recorded: Mapping[str, dict]) -> str:
    """What is wrong with the record of a lesson that cost so much just now; empty when it agrees."""
    if name not in recorded:
        return f"{name}: how long it takes has not been recorded. {REMEDY}"
    units = recorded[name]["units"]
    if cost.units > units * FACTOR + START:
        return (
            f"{name}: it took {cost.units:.1f} units of work, {units:.1f} are recorded: expected at most {FACTOR} "
            f"times as many. If the lesson was changed to take longer: {REMEDY}"
        )
    return ""
