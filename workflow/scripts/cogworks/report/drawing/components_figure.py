"""Features with and without multi-crop and projector, with arrows (thesis, figure 4.5)."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.features import MEASURES, averages
from cogworks.report.specs import ComponentsSpec
from cogworks.report.table import STD

ROWS = ("intra_class_distance", "sparsity")
# Corner: its name, and where it stands from left to right.
CORNERS = {
    "base": ("Base", 0),
    "base_pr": ("Base+Pr", 0),
    "base_mc": ("Base+Mc", 1),
    "base_mc_pr": ("Base+Mc+Pr", 1),
}
HEIGHT = 2.8
MULTI_CROP, PROJECTOR = style.MUTED, style.SERIES[5]
ARROWS = (
    ("base", "base_mc", MULTI_CROP),
    ("base_pr", "base_mc_pr", MULTI_CROP),
    ("base", "base_pr", PROJECTOR),
    ("base_mc", "base_mc_pr", PROJECTOR),
)


def components_figure(measures: pd.DataFrame, spec: ComponentsSpec) -> Figure:
    """Return a panel for each measure and group of data sets: four models, and what changes them.

    Args:
        measures: what `features.read_measures` returns.
        spec: the models, `encoders` and `groups`.
    """
    frame = averages(measures, spec)
    fig, panels = style.figure(len(ROWS), len(spec.groups), width=3.6, height=HEIGHT)
    with style.drawing():
        for row, metric in zip(panels, ROWS, strict=True):
            heading, factor, _ = MEASURES[metric]
            for axes, group in zip(row, spec.groups, strict=True):
                rows = frame[frame["group"] == group.name].set_index("encoder")
                means, stds = (
                    {corner: factor * rows[key][spec.corners[corner]] for corner in CORNERS}
                    for key in (metric, metric + STD)
                )
                _draw(axes, means, stds)
            row[0].set_ylabel(heading)
        for axes, group in zip(panels[0], spec.groups, strict=True):
            axes.set_title(group.name)
    return fig


def _draw(axes: Axes, means: Mapping[str, float], stds: Mapping[str, float]) -> None:
    for start, end, colour in ARROWS:
        tail, head = ((CORNERS[corner][1], means[corner]) for corner in (start, end))
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.6, "shrinkA": 5, "shrinkB": 5}
        axes.annotate("", head, tail, arrowprops=arrow)
    for corner, value in means.items():
        look: dict[str, Any] = {"markersize": 5, "elinewidth": 0.8, "capsize": 4}
        place = CORNERS[corner][1]
        axes.errorbar(place, value, stds[corner], fmt="o", color=style.INK, **look)
    axes.set_xticks([0, 1], ["one crop", "multi-crop"])
    axes.set_xlim(-0.8, 2.1)
    axes.margins(y=0.15)
    for side in (0, 1):
        _name(axes, {corner: means[corner] for corner in CORNERS if CORNERS[corner][1] == side})


def _name(axes: Axes, means: Mapping[str, float]) -> None:
    """Write the names of the corners on one side, moved apart where two would touch."""
    low, high = axes.get_ylim()
    known = [corner for corner in means if not math.isnan(means[corner])]
    order = sorted(known, key=lambda corner: means[corner])
    gap = style.NAME_HEIGHT / (HEIGHT - style.TICKS_HEIGHT)
    places = style.spread([(means[corner] - low) / (high - low) for corner in order], gap=gap)
    for corner, place in zip(order, places, strict=True):
        name, x = CORNERS[corner]
        axes.annotate(
            name,
            (x, low + place * (high - low)),
            (8 if x else -8, 0),
            textcoords="offset points",
            ha="left" if x else "right",
            va="center",
            fontsize=9,
        )
    axes.set_ylim(low, high)
