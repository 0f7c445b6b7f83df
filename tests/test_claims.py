"""What lessons say of their figures: taken apart, held against a run, and clear in the record of several runs."""

import io
import math

import nbformat
import pytest
import rich.console

from mlc_tf.course import claims, margins, run
from mlc_tf.course.source import Tweak

SOURCES = [pytest.param(path, id=path.stem) for path in sorted((run.NOTEBOOKS / "src").glob("*.py"))]


@pytest.mark.parametrize(
    ("expect", "figures", "margins_of_parts"),
    [
        ("a > b + 0.1", {"a": 0.5, "b": 0.3}, [0.1]),
        ("a['x'] < 2 * b", {"a['x']": 1.0, "b": 3.0}, [5.0]),
        ("0.2 < a < 0.5 <= b", {"a": 0.3, "b": 0.9}, [0.1, 0.2, 0.4]),
        ("-a >= 0 and abs(b) < 1", {"a": -2.0, "abs(b)": 0.25}, [2.0, 0.75]),
        ("a < 20 < 30 <= b", {"a": 19, "b": 31}, [1, 1]),
    ],
)
def test_the_margin_of_a_comparison_is_what_it_is_away_from_failing(expect, figures, margins_of_parts):
    parts = claims.parts(expect)
    assert {figure for part in parts for figure in part.figures} == figures.keys()
    assert [part.margin_of(figures) for part in parts] == pytest.approx(margins_of_parts)
    assert claims.broken(expect, figures) == []


def test_a_part_that_fails_is_named_with_its_figures():
    figures = {"a": 0.3, "b": 0.25}
    assert claims.broken("a > b and a > b + 0.1", figures) == ["a > b + 0.1  (a = 0.3, b = 0.25)"]
    assert claims.broken("a > b", {"a": 1.0, "b": 1.0}) and not claims.broken("a >= b", {"a": 1.0, "b": 1.0})


def test_margins_over_runs_are_in_units_of_their_spread():
    runs = [{"a": value, "b": 1.0, "c == 1": 1.0} for value in (1.4, 1.5, 1.6)]
    clear, close, either_or = margins.margins("a > b and a > b + 0.35 and c == 1", runs)
    assert (clear.held, clear.runs, clear.in_spreads) == (3, 3, pytest.approx(0.5 / 0.1))
    assert close.held == 3 and close.in_spreads == pytest.approx(0.15 / 0.1) and not close.is_clear
    assert either_or.held == 3 and either_or.in_spreads == math.inf
    (turned,) = margins.margins("a > b", [*runs, {"a": 0.9, "b": 1.0}])
    assert turned.held == 3 and not turned.is_clear
    (unmeasured,) = margins.margins("z > 1", runs)
    assert unmeasured.runs == 0 and not unmeasured.is_clear


def notebook(*cells):
    made = nbformat.v4.new_notebook()
    for number, (source, metadata) in enumerate(cells):
        new = nbformat.v4.new_markdown_cell if "tags" in metadata else nbformat.v4.new_code_cell
        made.cells.append(new(source, id=f"cell-{number}", metadata=metadata))
    return made


def test_a_run_holds_claims_and_tweak_cards_against_what_it_computes(tmp_path):
    toy = notebook(
        ("import numpy as np\nwidth = 2\nscores = {'a': width, 'b': 3}", {}),
        ("b wins", {"tags": ["claim"], "expect": "all(scores['a'] < scores[name] for name in ['b']) and width > 2.5"}),
        ("width = 7", {}),
        ("grow", {"tags": ["claim"], "expect": "np.all(np.array([1, 2]) * width > 6) and not any(n > 9 for n in [1])"}),
    )  # fmt: skip
    changed = nbformat.v4.new_code_cell("import numpy as np\nwidth = 4\nscores = {'a': width, 'b': 3}", id="cell-0")
    card = nbformat.v4.new_markdown_cell("a wins", id="card")
    tweaks = [Tweak(card, "width = 4", "scores['a'] > scores['b'] + 2", (changed,))]
    console = rich.console.Console(file=io.StringIO())
    result = run.execute(toy, tmp_path / "00_toy.ipynb", console=console, tweaks=tweaks)
    assert result.failure == ""
    assert result.figures["card"] == {"scores['a']": 4.0, "scores['b']": 3.0}
    assert result.unmet == [
        "with width = 4: scores['a'] > scores['b'] + 2  (scores['a'] = 4, scores['b'] = 3)",
        "width > 2.5  (width = 2)",  # the cells of the card were run again as they are
    ]
    # The smallest margin of all that are compared.
    every, no = claims.parts(toy.cells[3].metadata["expect"])
    assert (every.margin_of(result.figures["cell-3"]), no.margin_of(result.figures["cell-3"])) == (1.0, 8.0)


def test_figures_are_kept_for_each_seed_and_a_card_that_sets_the_seed_counts_on_from_it(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "00_toy.py").write_text(
        '# %% tags=["parameters"]\nSEED = 0\n\n# %%\nwidth = SEED + 2\n\n'
        '# %% [markdown] tags=["claim"] expect="width > 1.5"\n# # Wide\n\n'
        '# %% [markdown] tags=["tweak"] set="SEED = 1" expect="width > 2.5"\n# Wider\n'
    )
    monkeypatch.setattr(run, "NOTEBOOKS", tmp_path)
    record = tmp_path / "claims.json"
    monkeypatch.setattr(margins, "RECORD", record)
    margins.measure([], [0, 1], console=rich.console.Console(file=io.StringIO()))
    kept = {one["seed"]: one["figures"] for one in margins.read(record)}
    assert kept == {
        seed: {"Wide · claim": {"width": seed + 2.0}, "Wide · SEED = 1": {"width": seed + 3.0}} for seed in (0, 1)
    }


@pytest.mark.parametrize("path", SOURCES)
def test_what_a_lesson_asserts_is_clear_in_the_record_of_several_runs(path):
    """Not of one seed on one processor. See `python -m mlc_tf claims --help` for how the record is made."""
    found = margins.of_lesson(path, margins.read())
    named = [(f"{place}: {margin}", margin) for place, of_parts in found.items() for margin in of_parts]
    doubtful = [text for text, margin in named if not margin.is_clear]
    assert not doubtful, "\n".join(doubtful)
    fewest = min((margin.runs for _, margin in named), default=margins.RUNS)
    if fewest < margins.RUNS:
        pytest.skip(f"{fewest} of {margins.RUNS} runs: python -m mlc_tf claims {path.stem[:2]} --measure SEEDS")
