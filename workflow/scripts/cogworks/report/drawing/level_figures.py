"""Top-1 by level as lines, absolute and relative to a baseline (thesis, figures 3.4 and A.1)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import (
    COLOURS,
    draw_faint,
    looks,
    mean_scores,
    name_categories,
    panels,
    standing_out,
)
from cogworks.report.drawing.level_tables import level_rows
from cogworks.report.reference import CATEGORIES, MAX_TOGETHER
from cogworks.report.specs import EncoderRow, LevelsSpec
from cogworks.report.summary import BOUNDS, RELATIVE_BOUNDS

# The panels of figure 3.4 by category; (a) is the absolute one.
LETTERS = dict(zip((CATEGORIES[name] for name in COLOURS), "bcde", strict=True))
# Inches of a panel with many encoders.
WIDE = 6.8
TALL = 4.6


def absolute_figure(summary: pd.DataFrame, spec: LevelsSpec) -> Figure:
    """Return top-1 by data set of the axis: one line per encoder, error bars of 95% intervals.

    The dotted line is chance; among many encoders it, the error bars and the zero are left out,
    and some stand out, see `encoders.standing_out`. Arguments as for `level_tables.level_table`.
    """
    rows = level_rows(summary, spec.encoders, spec.columns)
    few = not _are_many(spec.encoders)
    height = _height(spec.encoders)
    fig, [[axes]] = style.figure(width=style.WIDTH if few else WIDE, height=height)
    with style.drawing():
        _draw(axes, rows, spec, spec.encoders, "mean", BOUNDS if few else ["mean", "mean"])
        if few:
            _draw_chance(axes, [_chance(rows, column.name) for column in spec.columns])
            axes.set_ylim(bottom=0)
        axes.set_ylabel("top-1 accuracy (%)")
        _finish(axes, rows, spec, spec.encoders, "mean", height=height)
        if not few:
            name_categories(fig, axes, spec.encoders, baseline=spec.baseline)
    return fig


def relative_figure(summary: pd.DataFrame, spec: LevelsSpec) -> Figure:
    """Return top-1 minus the baseline's by data set of the axis, with 95% intervals, paired.

    Up to twelve encoders share one panel; more are divided by category, as in the thesis.
    """
    rows = level_rows(summary, spec.encoders, spec.columns)
    divided = panels(spec.encoders, baseline=spec.baseline)
    height = max(_height(encoders) for _, encoders in divided)
    columns = min(len(divided), 2)
    width = WIDE if any(_are_many(encoders) for _, encoders in divided) else style.WIDTH
    count = -(-len(divided) // columns)
    fig, grid = style.figure(count, columns, width=width, height=height, share_y=True)
    flat = [axes for row in grid for axes in row]
    baseline = next(e for e in spec.encoders if e.name == spec.baseline)
    with style.drawing():
        for axes, (title, encoders) in zip(flat, divided, strict=False):
            _draw(axes, rows, spec, encoders, "relative", RELATIVE_BOUNDS)
            axes.set_title(f"({LETTERS[title]}) {title}" if title in LETTERS else title)
        for row in grid:
            row[0].set_ylabel(f"top-1 minus {baseline.label} (points)")
        for axes, (_, encoders) in zip(flat, divided, strict=False):
            _finish(axes, rows, spec, encoders, "relative", height=height)
        for axes in flat[len(divided) :]:
            axes.remove()
    return fig


def _height(encoders: list[EncoderRow]) -> float:
    """Return the height in inches of a panel, with room between the lines where they are many."""
    return TALL if _are_many(encoders) else style.HEIGHT


def _are_many(encoders: list[EncoderRow]) -> bool:
    """Say whether not all of the encoders can have names at the ends of their lines."""
    return len(encoders) > MAX_TOGETHER + 1


def _draw(
    axes: Axes,
    rows: pd.DataFrame,
    spec: LevelsSpec,
    encoders: list[EncoderRow],
    value: str,
    bounds: list[str],
) -> None:
    found = looks(spec.encoders, baseline=spec.baseline)
    named = standing_out(encoders, mean_scores(rows), baseline=spec.baseline)
    for encoder in (encoder for encoder in encoders if encoder not in named):
        means = _series(rows, spec, encoder.name, value)
        draw_faint(axes, range(len(means)), means, encoder, found[encoder.name])
    for encoder in named:
        means, low, high = (_series(rows, spec, encoder.name, key) for key in (value, *bounds))
        style.curve(
            axes,
            range(len(means)),
            means,
            style.errors(means, low, high),
            found[encoder.name],
            markeredgecolor=style.PAPER,
            markeredgewidth=0.6,
            label=style.named(encoder.label),
            zorder=2 if encoder.name == spec.baseline else 3,
        )


def _draw_chance(axes: Axes, chance: list[float]) -> None:
    axes.plot(chance, color=style.MUTED, linestyle=":", linewidth=1)
    axes.annotate(
        "chance",
        (len(chance) - 1, chance[-1]),
        (0, 3),
        textcoords="offset points",
        ha="right",
        color=style.MUTED,
        fontsize=8,
    )


def _finish(
    axes: Axes,
    rows: pd.DataFrame,
    spec: LevelsSpec,
    encoders: list[EncoderRow],
    value: str,
    *,
    height: float,
) -> None:
    """Name the axis and the lines, once all that decides the limits is drawn."""
    columns = spec.columns
    axes.set_xticks(range(len(columns)), [column.label for column in columns])
    axes.set_xlim(-0.25, len(columns) - 0.75)
    found = looks(spec.encoders, baseline=spec.baseline)
    ends = []
    for encoder in standing_out(encoders, mean_scores(rows), baseline=spec.baseline):
        means = _series(rows, spec, encoder.name, value)
        known = means[~np.isnan(means)]
        if len(known):
            ends.append((float(known[-1]), encoder.label, found[encoder.name]))
    style.label_ends(axes, ends, x=len(columns) - 1, height=height)


def _series(rows: pd.DataFrame, spec: LevelsSpec, encoder: str, key: str) -> np.ndarray:
    """Return a column of an encoder's rows along the axis, NaN where it has no score."""
    own = rows[rows["encoder"] == encoder].set_index("dataset")
    return own[key].reindex([column.name for column in spec.columns]).to_numpy("float64")


def _chance(rows: pd.DataFrame, dataset: str) -> float:
    return float(100 / rows.loc[rows["dataset"] == dataset, "n_classes"].max())
