"""How training runs went: loss, validation, and the traces of figures 4.6 (c) and (d)."""

from collections.abc import Mapping, Sequence
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


# By row of the spec, the tables of the training room of its runs: epoch, metric, value.
Metrics = Mapping[str, Sequence[pd.DataFrame]]


def read_metrics(spec: TrainingSpec) -> dict[str, list[pd.DataFrame]]:
    """Return the metrics of the runs by the names of their rows."""
    columns = ["epoch", "metric", "value"]
    return {
        run.name: [read_parquet(path, columns=columns) for path in run.metrics] for run in spec.runs
    }


def training_figure(metrics: Metrics, spec: TrainingSpec, headings: Mapping[str, Any]) -> Figure:
    """Return a panel for each metric that some run has: by epoch, one line per run.

    Runs that differ in their seed alone are one line with a band: their mean and deviation.

    Args:
        metrics: what `read_metrics` returns.
        spec: the runs.
        headings: `CURVES`.
    """
    found = {metric for tables in metrics.values() for table in tables for metric in table.metric}
    shown = [metric for metric in headings if metric in found]
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


def trace_figure(metrics: Metrics, spec: TracesSpec) -> Figure:
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


def _line(
    axes: Axes, tables: Sequence[pd.DataFrame], metric: str, look: style.Look, label: str
) -> None:
    """Draw a metric of the runs of a row by epoch; nothing where they have none."""
    rows = pd.concat(
        [thin(table[table["metric"] == metric]) for table in tables], ignore_index=True
    )
    if rows.empty:
        return
    by_epoch = rows.groupby("epoch")["value"]
    means, spread = by_epoch.mean(), by_epoch.std(ddof=0)
    marker = look.marker if len(means) <= PIECES // 2 else None
    axes.plot(
        means.index,
        means,
        color=look.colour,
        marker=marker,
        markersize=3.5,
        label=style.named(label),
        gid=look.gid,
    )
    if len(tables) > 1:
        style.band(axes, means.index, means - spread, means + spread, look)


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
