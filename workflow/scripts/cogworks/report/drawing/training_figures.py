"""How training runs went: loss, validation, and the traces of figures 4.6 (c) and (d)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from cogworks.core.files import read_parquet
from cogworks.report.drawing import style
from cogworks.report.specs import TrainingSpec

# Metric of the training room: heading, and whether its axis is logarithmic.
CURVES = {
    "loss": ("training loss", False),
    "val_top1": ("validation top-1 (%)", False),
}
TRACES = {
    "gradient_similarity": ("gradient similarity of classes", False),
    "weight_change": ("change of class weights a step", True),
    "prototype_change": ("change of prototypes a step", True),
}
# Recorded step by step, a trace is a cloud: points are averaged in this many pieces of a run.
PIECES = 60


def read_metrics(spec: TrainingSpec) -> dict[str, pd.DataFrame]:
    """Return the metrics of the runs by name."""
    columns = ["epoch", "metric", "value"]
    return {run.name: read_parquet(run.metrics, columns=columns) for run in spec.runs}


def training_figure(
    metrics: Mapping[str, pd.DataFrame], spec: TrainingSpec, headings: Mapping[str, Any]
) -> Figure:
    """Return a panel for each metric that some run has: by epoch, one line per run.

    Args:
        metrics: by run, the table of the training room: epoch, metric, value.
        spec: the runs.
        headings: `CURVES` or `TRACES`.
    """
    shown = [m for m in headings if any(m in set(t.metric) for t in metrics.values())]
    fig, [panels] = style.figure(1, max(len(shown), 1), width=3.8, height=3.0)
    looks = style.looks([run.name for run in spec.runs])
    with style.drawing():
        for axes, metric in zip(panels, shown, strict=False):
            title, logarithmic = headings[metric]
            for run in spec.runs:
                table = metrics[run.name]
                rows = thin(table[table["metric"] == metric])
                look = looks[run.name]
                marker = look.marker if len(rows) <= PIECES // 2 else None
                axes.plot(
                    rows["epoch"],
                    rows["value"],
                    color=look.colour,
                    marker=marker,
                    markersize=3.5,
                    label=style.named(run.label),
                )
            if logarithmic:
                style.logarithmic(axes)
            axes.set_xlim(left=0)
            axes.set_title(title)
            axes.set_xlabel("epoch")
        style.legend_below(fig, panels[0])
    return fig


def thin(rows: pd.DataFrame) -> pd.DataFrame:
    """Return epoch and value, averaged in `PIECES` pieces of equal length where there are more."""
    rows = rows[["epoch", "value"]].dropna()
    if len(rows) <= PIECES:
        return rows
    piece = (rows["epoch"] / rows["epoch"].max() * PIECES).clip(upper=PIECES - 1).astype(int)
    return rows.groupby(piece).mean()
