"""How far every claim and tweak card is from failing, over seeds, roundings and machines: measured, kept, and shown.

A lesson's text has to hold on the machine of the person who reads it, where sums are rounded otherwise than here. One
run says little of that. So each lesson is run with several seeds, without oneDNN, and with first weights that differ in
the sixth digit; `benchmarks/results/claims.json` keeps the figures that claims and cards speak of.
"""

import dataclasses
import json
import math
import os
import pathlib
import platform
import re
from collections.abc import Iterable, Mapping, Sequence

import filelock
import nbformat
import numpy as np
import rich.console
import rich.markup
import rich.table

from mlc_tf import PROJECT
from mlc_tf.course import claims, run
from mlc_tf.course.settings import apply_settings
from mlc_tf.course.source import Tweak, derive, read_source, tags_of, tweaks

RECORD = PROJECT / "benchmarks" / "results" / "claims.json"
SPREADS = 3.0  # what is so many standard deviations from failing is said of any machine and seed
RUNS = 5  # with fewer, a standard deviation says little
NUDGE = """
import mlc_tf, keras
def _nudged(draw):
    return lambda self, *arguments, **options: draw(self, *arguments, **options) * (1 + 1e-6)
for _kind in ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal", "Orthogonal"):
    _kind = getattr(keras.initializers, _kind)
    _kind.__call__ = _nudged(_kind.__call__)
"""
ROUNDINGS = {"as it is": ({}, ""), "without oneDNN": ({"TF_ENABLE_ONEDNN_OPTS": "0"}, ""), "nudged": ({}, NUDGE)}


@dataclasses.dataclass(frozen=True)
class Margin:
    """The margin of a part over runs: `held` in so many of the `runs`, its mean and its standard deviation.

    `mean` and `spread` are NaN for what can only hold or not.
    """

    text: str
    runs: int
    held: int
    mean: float = math.nan
    spread: float = math.nan

    @property
    def in_spreads(self) -> float:
        """How many standard deviations it is from failing; infinite where it holds and nothing varies."""
        if not self.runs or self.held < self.runs:
            return -math.inf
        return self.mean / self.spread if self.spread > 0 else math.inf

    @property
    def is_clear(self) -> bool:
        """Whether it may be said of any machine and seed."""
        return self.in_spreads >= SPREADS


def margins(expect: str, runs: Iterable[Mapping[str, float]]) -> list[Margin]:
    """The margin of each part of an expectation, over those runs that have its figures."""
    found, runs = [], list(runs)
    for part in claims.parts(expect):
        measured = [one for one in runs if all(figure in one for figure in part.figures)]
        held = sum(part.holds(one) for one in measured)
        if not part.margin or len(measured) < 2:
            found.append(Margin(part.text, len(measured), held))
        else:
            values = [part.margin_of(one) for one in measured]
            found.append(Margin(part.text, len(measured), held, float(np.mean(values)), float(np.std(values, ddof=1))))
    return found


def measure(
    names: Sequence[str], seeds: Sequence[int], rounding: str = "as it is", *, console: rich.console.Console
) -> None:
    """Run lessons with their tweak cards, once for each seed, and keep the figures of each run.

    Raises `run.LessonError` for a name that no lesson has, and for a cell that does not run.
    """
    paths = run.find(names, run.NOTEBOOKS / "src", ".py")
    for seed in seeds:
        for path in paths:
            console.print(f"{path.stem}, seed {seed}, {rounding}", highlight=False)
            keep(path.stem, _figures(path, seed, rounding, console), seed, rounding, record=RECORD)


def keep(
    lesson: str,
    figures: Mapping[str, Mapping[str, float]],
    seed: int = 0,
    rounding: str = "as it is",
    *,
    record: pathlib.Path,
) -> None:
    """Keep the figures of a run, in place of an older one of the same lesson, seed, rounding and machine."""
    key = {"lesson": lesson, "seed": seed, "rounding": rounding, "machine": machine()}
    record.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(record.with_suffix(".lock")):  # two may measure side by side
        runs = [one for one in read(record) if any(one[name] != value for name, value in key.items())]
        runs.append({**key, "figures": figures})
        runs.sort(key=lambda one: [str(one[name]) for name in key])
        run.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n", record)


def read(record: pathlib.Path = RECORD) -> list[dict]:
    """The runs that are kept; none when there is no record."""
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else []


def by_place(source: nbformat.NotebookNode, figures: Mapping[str, dict]) -> dict[str, dict[str, float]]:
    """The figures of a run, which it gives by cell, by their place in the lesson."""
    return {place: figures[cell.id] for place, cell in _places(source).items()}


def of_lesson(path: pathlib.Path, runs: Sequence[dict]) -> dict[str, list[Margin]]:
    """The margins of all claims and tweak cards of a lesson's source over the recorded runs, by their place in it."""
    of_it = [one["figures"] for one in runs if one["lesson"] == path.stem]
    return {
        place: margins(cell.metadata["expect"], [one[place] for one in of_it if place in one])
        for place, cell in _places(read_source(path)).items()
    }


def table(names: Sequence[str], runs: Sequence[dict]) -> rich.table.Table:
    """A row for each part of each claim and tweak card."""
    rows = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    rows.add_column("claim or tweak card", overflow="fold")
    for column in ("held", "margin", "spread", "in spreads"):
        rows.add_column(column, justify="right")
    for path in run.find(names, run.NOTEBOOKS / "src", ".py"):
        for place, of_parts in of_lesson(path, runs).items():
            rows.add_row(f"[bold]{path.stem[:2]} {rich.markup.escape(place)}[/bold]")
            for margin in of_parts:
                style = "" if margin.is_clear and margin.runs >= RUNS else "red"
                figures = [f"{margin.mean:.4g}", f"{margin.spread:.2g}", f"{margin.in_spreads:.1f}"]
                figures = ["", "", ""] if math.isnan(margin.mean) else figures
                held = f"{margin.held}/{margin.runs}"
                rows.add_row(f"  {rich.markup.escape(margin.text)}", held, *figures, style=style)
    return rows


def machine() -> str:
    """The processor, as far as it decides how sums are rounded."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    name = re.search(r"model name\s*: (.*)", text)
    features = [label for flag, label in (("avx512f", "AVX-512"), ("amx_tile", "AMX")) if flag in text.split()]
    return ", ".join([name[1] if name else platform.machine(), f"{os.cpu_count()} cores", *features])


def _places(source: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """The cells with an expectation, each by the heading above it, and by what it sets or a number."""
    heading, found = "", {}
    for cell in source.cells:
        title = re.search(r"^#+ +(.*)$", cell.source, flags=re.MULTILINE) if cell.cell_type == "markdown" else None
        heading = title[1] if title else heading
        if "expect" in cell.metadata:
            what = cell.metadata.get("set", "claim")
            place = f"{heading} · {what}"
            same = sum(one == place or one.startswith(f"{place} ") for one in found)
            found[f"{place} {same + 1}" if same else place] = cell
    return found


def _figures(path: pathlib.Path, seed: int, rounding: str, console) -> dict[str, dict[str, float]]:
    """The figures of one run of a lesson, solved, with its tweak cards, by place."""
    environment, prelude = ROUNDINGS[rounding]
    source = read_source(path)
    cards = [_counted_on(tweak, seed) for tweak in tweaks(source)]  # before the seed is set: a card changes the lesson
    if any("parameters" in tags_of(cell) and "SEED =" in cell.source for cell in source.cells):
        apply_settings(source, {"SEED": str(seed)})
    options = {"environment": environment, "tweaks": cards, "prelude": prelude, "timeout": 0}
    result = run.execute(derive(source, "solutions"), path.parent, console=console, **options)
    if result.failure:
        raise run.LessonError(result.failure)
    return by_place(source, result.figures)


def _counted_on(tweak: Tweak, seed: int) -> Tweak:
    """A tweak card that sets SEED, by as much above this run's seed."""
    for cell in tweak.cells if tweak.setting.startswith("SEED = ") else ():
        cell.source = cell.source.replace(tweak.setting, f"SEED = {seed + int(tweak.setting.removeprefix('SEED = '))}")
    return tweak
