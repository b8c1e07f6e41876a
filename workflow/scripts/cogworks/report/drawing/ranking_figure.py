"""Accuracy by level for other rankings of the same concepts (thesis, figure 3.7)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.specs import RankingsSpec, SetColumn
from cogworks.report.summary import BOUNDS, select

# Panels side by side.
PANELS = 3
# Orange, as in the thesis; no ranking has it.
RANDOM = style.SERIES[5]


def rankings_figure(summary: pd.DataFrame, spec: RankingsSpec) -> Figure:
    """Return a panel per encoder: top-1 by level, a line per ranking; random groups as a band.

    Error bars are 95% intervals.

    Args:
        summary: the table of `summary.summarise`.
        spec: `encoders`; `seen` or None; `rankings`: label and the levels' `columns`; `random`:
            columns of random groups, drawn as their mean and deviation.
    """
    encoders = spec.encoders
    columns = min(len(encoders), PANELS)
    fig, grid = style.figure(
        -(-len(encoders) // columns), columns, width=3.6, height=3.0, share_y=True
    )
    flat = [axes for row in grid for axes in row]
    looks = style.looks([entry.label for entry in spec.rankings])
    first = [spec.seen] if spec.seen else []
    length = len(first) + max(len(entry.columns) for entry in spec.rankings)
    with style.drawing():
        for axes, encoder in zip(flat, encoders, strict=False):
            for entry in spec.rankings:
                found = _scores(summary, encoder.name, [*first, *entry.columns])
                means, errors, look = found[0], style.errors(*found), looks[entry.label]
                style.curve(
                    axes, range(len(means)), means, errors, look, label=style.named(entry.label)
                )
            if spec.random:
                _draw_random(axes, _scores(summary, encoder.name, spec.random)[0])
            ticks = [c.label for c in first] + [f"L{i + 1}" for i in range(length - len(first))]
            axes.set_xticks(range(length), ticks)
            axes.set_title(encoder.label)
        for row in grid:
            row[0].set_ylabel("top-1 accuracy (%)")
        style.legend_below(fig, flat[0])
        for axes in flat[len(encoders) :]:
            axes.remove()
    return fig


def _draw_random(axes: Axes, means: np.ndarray) -> None:
    """Draw the mean and deviation of random groups, and say so where some have no score."""
    known = means[~np.isnan(means)]
    if not len(known):
        return
    some = f" ({len(known)} of {len(means)})" if len(known) < len(means) else ""
    centre, spread = known.mean(), known.std()
    axes.axhline(centre, color=RANDOM, lw=style.LINE, label=f"random groups{some}")
    axes.axhspan(centre - spread, centre + spread, color=RANDOM, alpha=0.15, lw=0)


def _scores(summary: pd.DataFrame, encoder: str, columns: Sequence[SetColumn]) -> list[np.ndarray]:
    """Return top-1 on each column and the bounds of its interval, NaN where there is none."""
    rows = select(summary)
    rows = rows[rows["encoder"] == encoder].set_index(["dataset", "protocol"])
    places = [(column.name, column.protocol) for column in columns]
    found = rows.reindex(pd.MultiIndex.from_tuples(places))
    return [found[key].to_numpy("float64") for key in ("mean", *BOUNDS)]
