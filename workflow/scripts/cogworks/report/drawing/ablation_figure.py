"""Training and transfer along one number of the recipe (thesis, figures 4.4, 5.4, 5.5)."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.specs import AblationSpec

PANELS = (("train", "{seen}, top-1 accuracy (%)"), ("transfer", "transfer, mean log odds"))
# Numbers that span more than this are drawn on a logarithmic axis.
WIDE = 16


def ablation_figure(plane: pd.DataFrame, spec: AblationSpec) -> Figure:
    """Return two panels: the training task and the transfer tasks, one line per series.

    Args:
        plane: what `transfer.training_versus_transfer` returns.
        spec: along what to draw, and the series.
    """
    rows = plane.set_index("encoder")
    fig, [panels] = style.figure(1, 2, width=4.0, height=3.2)
    names = [entry.label for entry in spec.series]
    looks = style.looks([str(number) for number in range(len(names))])
    with style.drawing():
        for axes, (key, title) in zip(panels, PANELS, strict=True):
            for number, entry in enumerate(spec.series):
                look = looks[str(number)]
                values = [point.value for point in entry.points]
                own = rows.reindex([point.encoder for point in entry.points])
                means, stds = (own[name].to_numpy("float64") for name in (key, f"{key}_std"))
                style.curve(axes, values, means, stds, look, label=style.named(entry.label))
            _ticks(axes, spec)
            axes.set_xlabel(spec.property)
            axes.set_ylabel(title.format(seen=spec.seen.label))
        style.legend_below(fig, panels[0])
    return fig


def _ticks(axes: Any, spec: AblationSpec) -> None:
    """Mark exactly the values that were tried."""
    values = sorted({point.value for entry in spec.series for point in entry.points})
    if values[0] > 0 and values[-1] / values[0] > WIDE:
        axes.set_xscale("log", base=2)
    axes.set_xticks(values, [f"{value:.12g}" for value in values])
    axes.minorticks_off()
    axes.margins(x=0.1)
