"""How training runs went: loss, validation, and the traces of figures 4.6 (c) and (d)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.core.files import read_parquet
from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import looks_of
from cogworks.report.specs import TracesSpec, TrainingSpec

# Metric of the training room: heading, and whether its axis is logarithmic.
CURVES = {
    "loss": ("training loss", False),
    "val_top1": ("validation top-1 (%)", False),
}
# The same for what is recorded step by step, and what its lines are called besides their runs.
TRACES = {
    "gradient_similarity": ("gradient similarity of classes", False, ""),
    "weight_change": ("change by a step", True, "ΔW"),
    "prototype_change": ("change by a step", True, "ΔU"),
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
        headings: `CURVES`.
    """
    shown = [m for m in headings if any(m in set(t.metric) for t in metrics.values())]
    fig, [panels] = style.figure(1, max(len(shown), 1), width=3.8, height=3.0)
    looks = looks_of(spec.runs)
    with style.drawing():
        for axes, metric in zip(panels, shown, strict=False):
            title, logarithmic = headings[metric]
            for run in spec.runs:
                _line(axes, metrics[run.name], metric, looks[run.name], run.label)
            _finish(axes, title, logarithmic=logarithmic)
        style.legend_below(fig, panels[0])
    return fig


def trace_figure(metrics: Mapping[str, pd.DataFrame], spec: TracesSpec) -> Figure:
    """Return one panel of `TRACES`: by epoch, a line for each run and metric that it has.

    Arguments as for `training_figure`.
    """
    fig, [[axes]] = style.figure(width=4.4, height=3.2)
    looks = looks_of(spec.runs)
    title, logarithmic, _ = TRACES[spec.metrics[0]]
    with style.drawing():
        for run in spec.runs:
            for metric in spec.metrics:
                label = " ".join(filter(None, [TRACES[metric][2], run.label]))
                _line(axes, metrics[run.name], metric, looks[run.name], label)
        _finish(axes, title, logarithmic=logarithmic)
        style.legend_below(fig, axes)
    return fig


def _line(axes: Axes, table: pd.DataFrame, metric: str, look: style.Look, label: str) -> None:
    """Draw a metric of a run by epoch; nothing where it has none."""
    rows = thin(table[table["metric"] == metric])
    if rows.empty:
        return
    marker = look.marker if len(rows) <= PIECES // 2 else None
    axes.plot(
        rows["epoch"],
        rows["value"],
        color=look.colour,
        marker=marker,
        markersize=3.5,
        label=style.named(label),
        gid=look.gid,
    )


def _finish(axes: Axes, title: str, *, logarithmic: bool) -> None:
    if logarithmic:
        style.logarithmic(axes)
    axes.set_xlim(left=0)
    axes.set_title(title)
    axes.set_xlabel("epoch")


def thin(rows: pd.DataFrame) -> pd.DataFrame:
    """Return epoch and value, averaged in `PIECES` pieces of equal length where there are more."""
    rows = rows[["epoch", "value"]].dropna()
    if len(rows) <= PIECES:
        return rows
    piece = (rows["epoch"] / rows["epoch"].max() * PIECES).clip(upper=PIECES - 1).astype(int)
    return rows.groupby(piece).mean()
