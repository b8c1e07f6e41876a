"""Top-1 by level as lines, absolute and relative to a baseline (thesis, figure 3.4)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.level_tables import level_rows
from cogworks.report.specs import EncoderRow, LevelsSpec
from cogworks.report.summary import BOUNDS, RELATIVE_BOUNDS

# More encoders than this are divided into panels, and need a taller one together.
MAX_TOGETHER = 12


def absolute_figure(summary: pd.DataFrame, spec: LevelsSpec) -> Figure:
    """Return top-1 by data set of the axis: one line per encoder, error bars of 95% intervals.

    The dotted line is chance; among many encoders it and the zero are left out. Arguments as for
    `level_tables.level_table`.
    """
    rows = level_rows(summary, spec.encoders, spec.columns)
    height = max(style.HEIGHT, style.NAME_HEIGHT * len(spec.encoders) + style.TICKS_HEIGHT)
    fig, [[axes]] = style.figure(height=height)
    with style.drawing():
        _draw(axes, rows, spec, spec.encoders, "mean", BOUNDS)
        if len(spec.encoders) <= MAX_TOGETHER:
            _draw_chance(axes, [_chance(rows, column.name) for column in spec.columns])
            axes.set_ylim(bottom=0)
        axes.set_ylabel("top-1 accuracy (%)")
        _finish(axes, rows, spec, spec.encoders, "mean", height=height)
    return fig


def relative_figure(summary: pd.DataFrame, spec: LevelsSpec) -> Figure:
    """Return top-1 minus the baseline's by data set of the axis, with 95% intervals, paired.

    Up to twelve encoders share one panel; more are divided by category, as in the thesis.
    """
    rows = level_rows(summary, spec.encoders, spec.columns)
    groups = _groups(spec)
    fig, panels = style.figure(-(-len(groups) // 2), min(len(groups), 2), share_y=True)
    flat = [axes for row in panels for axes in row]
    baseline = next(e for e in spec.encoders if e.name == spec.baseline)
    with style.drawing():
        for axes, (title, encoders) in zip(flat, groups, strict=False):
            _draw(axes, rows, spec, [baseline, *encoders], "relative", RELATIVE_BOUNDS)
            axes.set_title(title)
            axes.set_ylabel(f"top-1 minus {baseline.label} (points)")
        for axes, (_, encoders) in zip(flat, groups, strict=False):
            _finish(axes, rows, spec, [baseline, *encoders], "relative")
        for axes in flat[len(groups) :]:
            axes.remove()
    return fig


def _groups(spec: LevelsSpec) -> list[tuple[str, list[EncoderRow]]]:
    """Return the panels of the relative figure: title and encoders."""
    others = [e for e in spec.encoders if e.name != spec.baseline]
    if len(others) <= MAX_TOGETHER:
        return [("", others)]
    groups: dict[str, list[EncoderRow]] = {}
    for encoder in others:
        groups.setdefault(encoder.category or "other", []).append(encoder)
    return list(groups.items())


def _draw(
    axes: Axes,
    rows: pd.DataFrame,
    spec: LevelsSpec,
    encoders: list[EncoderRow],
    value: str,
    bounds: list[str],
) -> None:
    looks = style.looks([e.name for e in spec.encoders], baseline=spec.baseline)
    for encoder in encoders:
        look = looks[encoder.name]
        means, low, high = (_series(rows, spec, encoder.name, key) for key in (value, *bounds))
        style.curve(
            axes,
            range(len(means)),
            means,
            np.maximum([means - low, high - means], 0),
            look,
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
    height: float = style.HEIGHT,
) -> None:
    """Name the axis and the lines, once all that decides the limits is drawn."""
    columns = spec.columns
    axes.set_xticks(range(len(columns)), [column.label for column in columns])
    axes.set_xlim(-0.25, len(columns) - 0.75)
    looks = style.looks([e.name for e in spec.encoders], baseline=spec.baseline)
    ends = []
    for encoder in encoders:
        means = _series(rows, spec, encoder.name, value)
        known = means[~np.isnan(means)]
        if len(known):
            ends.append((float(known[-1]), encoder.label, looks[encoder.name].colour))
    style.label_ends(axes, ends, x=len(columns) - 1, height=height)


def _series(rows: pd.DataFrame, spec: LevelsSpec, encoder: str, key: str) -> np.ndarray:
    """Return a column of an encoder's rows along the axis, NaN where it has no score."""
    own = rows[rows["encoder"] == encoder].set_index("dataset")
    return own[key].reindex([column.name for column in spec.columns]).to_numpy("float64")


def _chance(rows: pd.DataFrame, dataset: str) -> float:
    return float(100 / rows.loc[rows["dataset"] == dataset, "n_classes"].max())
