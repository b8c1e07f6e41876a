"""Top-1 against the number of training images per class (thesis, figure 3.5)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.ordering import sorted_shots
from cogworks.report.specs import LevelsSpec
from cogworks.report.summary import select

PANEL_WIDTH = 3.1
PANEL_HEIGHT = 2.7


def few_shot_figure(summary: pd.DataFrame, spec: LevelsSpec) -> Figure:
    """Return a panel per data set: top-1 above, its difference to the baseline below.

    Args:
        summary: the table of `summary.summarise`.
        spec: `baseline`, `encoders` and `columns`.
    """
    columns = spec.columns
    fig, panels = style.figure(
        2, len(columns), width=PANEL_WIDTH, height=PANEL_HEIGHT, share_x="col", share_y="row"
    )
    names = {e.name: e.label for e in spec.encoders}
    with style.drawing():
        for index, column in enumerate(columns):
            rows = select(summary, shots=None, protocol=column.protocol)
            rows = rows[(rows["dataset"] == column.name) & rows["encoder"].isin(names)]
            shots = sorted_shots(rows["shots"])
            for axes, value in ((panels[0][index], "mean"), (panels[1][index], "relative")):
                _draw(axes, rows, spec, shots, value)
            panels[0][index].set_title(column.label)
            panels[1][index].set_xlabel("training images per class")
        panels[0][0].set_ylabel("top-1 accuracy (%)")
        panels[1][0].set_ylabel(f"minus {names[spec.baseline]} (points)")
        style.legend_below(fig, panels[0][0])
    return fig


def _draw(axes: Axes, rows: pd.DataFrame, spec: LevelsSpec, shots: list[str], value: str) -> None:
    """Draw one panel; the numbers of shots stand at even steps, `all` set apart by a gap."""
    looks = style.looks([e.name for e in spec.encoders], baseline=spec.baseline)
    deviation = "std" if value == "mean" else "relative_std"
    places = [i + 0.4 * (name == "all" and i > 0) for i, name in enumerate(shots)]
    for encoder in spec.encoders:
        own = rows[rows["encoder"] == encoder.name].set_index("shots").reindex(shots)
        look = looks[encoder.name]
        means, stds = (own[key].to_numpy("float64") for key in (value, deviation))
        options: dict[str, Any] = {
            "color": look.colour,
            "markeredgecolor": style.PAPER,
            "markeredgewidth": 0.5,
        }
        cut = len(shots) - (shots[-1] == "all") if shots else 0
        axes.plot(
            places[:cut],
            means[:cut],
            marker=look.marker,
            linestyle=look.line,
            label=style.named(encoder.label),
            **options,
        )
        axes.plot(places[cut:], means[cut:], marker=look.marker, linestyle="", **options)
        low, high = means - np.nan_to_num(stds), means + np.nan_to_num(stds)
        axes.fill_between(places[:cut], low[:cut], high[:cut], color=look.colour, alpha=0.15, lw=0)
    axes.set_xticks(places, shots)
