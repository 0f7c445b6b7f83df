"""The figures of the lessons, from plain arrays; each has a title, axis labels and a text for who cannot see it.

Colours are those of Okabe and Ito (2008) and the map "PuOr", which people with any colour vision can tell apart.
"""

import base64
import html
import io
import os
from collections.abc import Callable, Sequence

import IPython.display
import IPython.utils.capture
import ipywidgets
import matplotlib
import matplotlib.colors
import matplotlib.figure
import matplotlib.ticker
import numpy as np

BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#777777"
COLOURS = (BLUE, ORANGE, GREEN, PINK)
AROUND_ONE = "PuOr"  # orange below, white, purple above


def figure(width: float = 8.0, height: float = 3.2, columns: int = 1, rows: int = 1, **options):
    """A new figure and its axes, sizes in inches; `options` go to `subplots`. Show it with `show`."""
    canvas = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
    return canvas, canvas.subplots(rows, columns, **options)


def show(canvas: matplotlib.figure.Figure, alt: str) -> None:
    """Displays the figure with `alt`, what it shows in words, for screen readers and text-only pages."""
    picture = io.BytesIO()
    # Without the name of the matplotlib version: the same figure is the same bytes.
    canvas.savefig(picture, format="png", dpi=100, metadata={"Software": None})
    if os.environ.get("MLC_TF_HEADLESS"):
        shown = IPython.display.Image(picture.getvalue(), alt=alt)
    else:  # JupyterLab passes over the text of a PNG output, but not of an HTML one
        data = base64.b64encode(picture.getvalue()).decode()
        shown = IPython.display.HTML(f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">')
    IPython.display.display(shown)


def explore(draw: Callable[..., None], still: dict, **sliders: ipywidgets.Widget) -> None:
    """Call `draw` whenever a slider is moved (lessons 02, 04).

    Args:
        draw: shows a figure for the values of the sliders.
        still: the values of the figure that is there where sliders cannot be shown.
        sliders: a widget for each argument of `draw`.
    """
    if os.environ.get("MLC_TF_HEADLESS"):
        draw(**still)
        return
    with IPython.utils.capture.capture_output() as captured:
        draw(**still)
    bundle = {kind: data for output in captured.outputs for kind, data in output.data.items()}
    # A front end shows the first of these that it knows: the sliders, the figure, its name.
    bundle |= ipywidgets.interactive(draw, **sliders)._repr_mimebundle_()
    IPython.display.display(bundle, raw=True)


def scenes(pictures: np.ndarray, titles: Sequence[str], title: str, columns: int = 8) -> None:
    """A grid of pictures `(n, height, width, channels)` uint8, grey or in colour, each with its title."""
    rows = -(-len(pictures) // columns)
    canvas, axes = figure(1.15 * columns, 1.45 * rows + 0.4, columns, rows, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, words in zip(axes.flat, pictures, titles, strict=False):
        axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
        axis.set_title(words, fontsize=9)
    canvas.suptitle(title)
    show(canvas, f"{title}: a grid of {len(pictures)} small pictures, titled {'; '.join(titles)}.")


def label_matrices(matrices: dict[str, np.ndarray], label_names: dict[str, Sequence[str]]) -> None:
    """The first rows of label matrices `(n, K)`, side by side, a dark cell where a label is present."""
    canvas, axes = figure(9.0, 4.6, len(matrices), width_ratios=[y.shape[1] for y in matrices.values()])
    for axis, (name, y) in zip(np.atleast_1d(axes), matrices.items(), strict=True):
        axis.imshow(y, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axis.set_title(name)
        axis.set_ylabel("example")
        axis.set_xlabel("label")
        axis.set_xticks(range(y.shape[1]), label_names[name], rotation=90, fontsize=8)
    shapes = " and ".join(f"{name}, {len(y)} rows of {y.shape[1]} labels" for name, y in matrices.items())
    show(canvas, f"Label matrices drawn as grids, dark where a label is present: {shapes}.")


def label_counts(counts: np.ndarray, label_names: Sequence[str], examples: int, title: str) -> None:
    """Bars: how many of the `examples` have each label, the most frequent first. `counts`: `(K,)`."""
    order = np.argsort(-counts, kind="stable")
    canvas, axis = figure(8.0, 3.4)
    axis.bar(range(len(counts)), counts[order] / examples, color=BLUE)
    axis.set_ylabel("share of examples")
    if len(counts) <= 40:
        turned = {"rotation": 60, "ha": "right"} if max(map(len, label_names)) > 2 else {}
        axis.set_xticks(range(len(counts)), [label_names[i] for i in order], fontsize=9, **turned)
        axis.set_xlabel("label")
    else:  # no room for the names
        axis.set_xlabel("label, by rank")
    axis.set_title(title)
    most, least = order[0], order[-1]
    show(
        canvas,
        f"{title}: bars falling from {label_names[most]} ({counts[most] / examples:.0%} of the examples) "
        f"to {label_names[least]} ({counts[least] / examples:.1%}).",
    )


def lifts(values: np.ndarray, label_names: Sequence[str], title: str, quantity: str, rows: str, columns: str) -> None:
    """A picture of a K x K matrix of lifts, on a logarithmic scale around 1, which is white; NaN is grey.

    A lift of 0 is crossed, since no logarithmic scale reaches it. `rows` and `columns` say what the axes are.
    """
    canvas, axis = figure(7.4, 6.0)
    limit = 2.0 ** np.ceil(np.log2(max(2.0, np.nanmax(values))))
    image = axis.imshow(
        values.clip(1 / limit, limit),
        cmap=matplotlib.colormaps[AROUND_ONE].with_extremes(bad="#AAAAAA"),
        norm=matplotlib.colors.LogNorm(1 / limit, limit),
    )
    never = np.argwhere(values == 0)
    if len(never):
        axis.scatter(never[:, 1], never[:, 0], s=16, marker="x", color="white", linewidths=1, label="never")
        legend = {"facecolor": image.cmap(0.0), "labelcolor": "white", "framealpha": 1, "handletextpad": 0}
        canvas.legend(loc="lower right", bbox_to_anchor=(0.99, 0.1), **legend)
    axis.set_xticks(range(len(label_names)), label_names, rotation=90, fontsize=8)
    axis.set_yticks(range(len(label_names)), label_names, fontsize=8)
    axis.set_ylabel(rows)
    axis.set_xlabel(columns)
    axis.set_title(title)
    bar = canvas.colorbar(image, label=quantity, shrink=0.75, extend="min" if (values < 1 / limit).any() else "neither")
    powers = np.arange(-np.log2(limit), np.log2(limit) + 1)
    bar.set_ticks(2**powers, labels=[f"{2**p:.0f}" if p >= 0 else f"1/{2**-p:.0f}" for p in powers])
    bar.minorticks_off()
    others = np.where(np.eye(len(values), dtype=bool), -1, np.nan_to_num(values, nan=-1))
    i, j = np.unravel_index(np.argmax(others), values.shape)
    show(
        canvas,
        f"{title}: a {len(label_names)} by {len(label_names)} grid of colours, purple above 1 and orange below; the "
        f"largest value, {values[i, j]:.2f}, is in row {label_names[i]}, column {label_names[j]}; {len(never) // 2} "
        "pairs are crossed, which never meet.",
    )


def histograms(samples: dict[str, np.ndarray], title: str, quantity: str, truth: float | None = None) -> None:
    """Histograms of whole numbers, one below the other, with a dashed line at `truth`."""
    canvas, axes = figure(8.0, 0.8 + 1.5 * len(samples), rows=len(samples), squeeze=False, sharex=True, sharey=True)
    for (name, values), axis, colour in zip(samples.items(), axes[:, 0], COLOURS, strict=False):
        numbers, times = np.unique(values, return_counts=True)
        axis.bar(numbers, times / len(values), width=0.6, color=colour)  # each bar above its number
        if truth is not None:
            axis.axvline(truth, color="black", linestyle="--", label=f"its fair share, {truth:g}")
        axis.set_ylabel("share of splits")
        axis.set_title(name, fontsize=10)
    axis.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    axis.set_xlabel(quantity)
    canvas.suptitle(title)
    if truth is not None:
        axes[0, 0].legend()
    ranges = "; ".join(f"{name} from {values.min():.0f} to {values.max():.0f}" for name, values in samples.items())
    show(canvas, f"{title}: histograms of the {quantity}: {ranges}.")


def curves(
    lines: dict[str, tuple[Sequence[float], Sequence[float]]],
    title: str,
    across: str,
    up: str,
    mark: float | None = None,
    peak: str | None = None,
    logarithmic: bool = False,
    ticks: float | None = None,
    apart: float = 0.0,
) -> None:
    """Named lines `(x values, y values)` in one figure.

    `mark` draws a dashed upright line there, and a star is put on the highest point of the line called `peak`. The
    ticks across stand `ticks` apart. Lines that may hide each other are drawn `apart` higher, each than the one before.
    """
    canvas, axis = figure(8.0, 3.2)
    for number, (name, (x, y)) in enumerate(lines.items()):
        style = ("-", "--", "-.", ":")[number % 4]
        marker = "o" if len(x) <= 20 else None  # one epoch is a point, and no line
        raised = np.asarray(y) + apart * number
        axis.plot(x, raised, style, color=COLOURS[number % 4], linewidth=2, marker=marker, label=name)
        if ticks is not None:
            axis.xaxis.set_major_locator(matplotlib.ticker.MultipleLocator(ticks))
        elif all(float(value).is_integer() for value in x):
            axis.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    if mark is not None:
        axis.axvline(mark, color=GREY, linestyle="--", linewidth=1)
    ends = "; ".join(f"{name} goes from {y[0]:.3g} to {y[-1]:.3g}" for name, (x, y) in lines.items())
    if peak is not None:
        x, y = lines[peak]
        at = int(np.argmax(y))
        axis.plot(x[at], y[at], "*", color="black", markersize=13, zorder=3, label=f"highest {peak},\nat {x[at]:.2f}")
        ends += f"; the highest {peak}, {y[at]:.3g}, is at {x[at]:.2f}"
    if logarithmic:
        axis.set_yscale("log")
        low, high = axis.get_ylim()
        steps = (1, 2, 5) if high < 1000 * low else (1,)
        axis.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=steps))
        axis.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axis.set_xlabel(across)
    axis.set_ylabel(up)
    axis.set_title(title)
    axis.grid(alpha=0.3)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))  # beside the lines, not on them
    show(canvas, f"{title}: {up} over {across}; {ends}.")


def nearest_pairs(pictures: np.ndarray, nearest: np.ndarray, titles: Sequence[str], title: str) -> None:
    """Generated pictures `(n, height, width, channels)` uint8 in a row, and below each its `nearest` real one."""
    canvas, axes = figure(1.15 * len(pictures) + 0.3, 2.9, len(pictures), 2, squeeze=False)
    for column, words in enumerate(titles):
        for axis, picture in zip(axes[:, column], (pictures[column], nearest[column]), strict=True):
            axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
            axis.set_xticks([])
            axis.set_yticks([])
        axes[0, column].set_title(words, fontsize=9)
    axes[0, 0].set_ylabel("generated")
    axes[1, 0].set_ylabel("nearest real")
    canvas.suptitle(title)
    show(
        canvas,
        f"{title}: {len(pictures)} generated pictures, titled {'; '.join(titles)}, each above the real picture that "
        "is nearest to it.",
    )


def scores_by_label(scores: dict[str, np.ndarray], label_names: Sequence[str], title: str, quantity: str) -> None:
    """Points above each label, one for each of up to four named rows of scores `(K,)`.

    Points, and no bars: scores near 1 are told apart on an axis that does not begin at 0, where bars would mislead.
    """
    canvas, axis = figure(8.0, 3.2)
    for (name, values), colour, marker in zip(scores.items(), COLOURS, "osD^", strict=False):
        axis.plot(range(len(label_names)), values, marker, color=colour, label=name)
    axis.set_xticks(range(len(label_names)), label_names, rotation=0 if len(label_names) <= 12 else 90)
    axis.set_xlabel("label")
    axis.set_ylabel(quantity)
    axis.set_title(title)
    axis.grid(alpha=0.3)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    ranges = "; ".join(
        f"{name} from {np.min(values):.2f} (label {label_names[np.argmin(values)]}) to {np.max(values):.2f}"
        for name, values in scores.items()
    )
    show(canvas, f"{title}: {quantity} of each of {len(label_names)} labels, as points: {ranges}.")


def gains(panels: dict[str, dict[str, tuple[float, float]]], title: str, across: str) -> None:
    """Intervals `(mean, half width)` around a dashed line at 0: four panels, each with a row for each name.

    A filled marker stands where the interval leaves 0 out. Each panel has a scale of its own. Lessons 05 and 07.
    """
    most = max(len(rows) for rows in panels.values())
    canvas, axes = figure(8.0, max(4.6, 1.6 + 0.42 * most), 2, 2, sharey=True)
    for axis, (name, rows) in zip(axes.flat, panels.items(), strict=True):
        axis.axvline(0, color=GREY, linestyle="--")
        for row, (mean, half_width) in enumerate(rows.values()):
            clear = abs(mean) > half_width
            axis.errorbar(
                mean,
                row,
                xerr=half_width,
                color=ORANGE if clear else BLUE,
                marker="s" if clear else "o",
                markerfacecolor=None if clear else "white",
                capsize=4,
            )
        axis.set_yticks(range(len(rows)), list(rows))
        axis.set_title(name)
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylim(len(rows) - 0.5, -0.5)  # the first row on top
    canvas.supxlabel(across)
    canvas.suptitle(title)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{row} {mean:+.1f} ± {half_width:.1f}" for row, (mean, half_width) in rows.items())
        for name, rows in panels.items()
    )
    show(canvas, f"{title}: {across}, as points with intervals. {told}.")


def points(
    clouds: dict[str, np.ndarray], title: str, real: np.ndarray | None = None, reach: float | None = None
) -> None:
    """Clouds of points `(n, 2)` side by side, each under its name; `real` points lie below each of them in grey.

    With `reach` the axes go from `-reach` to `reach`, and the name says how many points lie outside.
    """
    canvas, axes = figure(max(3.6, 2.9 * len(clouds)), 3.4, len(clouds), squeeze=False, sharex=True, sharey=True)
    for axis, (name, cloud) in zip(axes[0], clouds.items(), strict=True):
        if real is not None:
            axis.scatter(*real.T, s=3, color="#BBBBBB", label="real")
        axis.scatter(*cloud.T, s=3, color=BLUE, label="generated" if real is not None else None)
        outside = 0 if reach is None else int(np.sum(np.abs(cloud).max(axis=1) > reach))
        axis.set_title(f"{name} ({outside} outside)" if outside else name, fontsize=10)
        if reach is not None:
            axis.set(xlim=(-reach, reach), ylim=(-reach, reach))
        axis.set_aspect("equal")
        axis.set_xlabel("first coordinate")
    axes[0, 0].set_ylabel("second coordinate")
    canvas.suptitle(title)
    places = "; ".join(
        f"{name}: {len(cloud)} points around ({cloud[:, 0].mean():.1f}, {cloud[:, 1].mean():.1f}), of spread "
        f"{cloud[:, 0].std():.2f} across and {cloud[:, 1].std():.2f} up"
        for name, cloud in clouds.items()
    )
    show(canvas, f"{title}: clouds of points in the plane. {places}.")
