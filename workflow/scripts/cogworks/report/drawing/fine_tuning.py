"""Frozen features against fine-tuning on each data set of the axis (section 3.5.1, figure 3.6)."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import looks_of
from cogworks.report.drawing.level_tables import level_rows
from cogworks.report.specs import FineTuningSpec, TunedEncoder
from cogworks.report.summary import DEVIATION, select
from cogworks.report.table import OWN, STD, Column, Table, text_column

FROZEN, TUNED, RELATIVE = "linear probe", "fine-tuned", "difference"


def fine_tuning_table(summary: pd.DataFrame, spec: FineTuningSpec) -> Table:
    """Return top-1 of probe and fine-tuned encoder, and their difference, by data set.

    Args:
        summary: the table of `summary.summarise`.
        spec: what to compare.
    """
    rows = []
    for encoder in spec.encoders:
        values = _values(summary, spec, encoder)
        for what in (FROZEN, TUNED, RELATIVE):
            cells = {name: found[what] for name, found in values.items()}
            deviation = FROZEN if what == RELATIVE else what
            stds = {name + STD: found[deviation + STD] for name, found in values.items()}
            rows.append({"encoder": encoder.label, "trained": what, **cells, **stds, OWN: True})
    columns = [Column(c.name, c.label, best=None) for c in spec.columns]
    return Table(
        title="Frozen features against fine-tuning: top-1 (%)",
        columns=[text_column("encoder", "encoder"), text_column("trained", ""), *columns],
        frame=pd.DataFrame(rows),
        note=f"Mean ± {DEVIATION} over the probe's seeds; a fine-tuned encoder is one run.",
    )


def fine_tuning_figure(summary: pd.DataFrame, spec: FineTuningSpec) -> Figure:
    """Return top-1 of the probes relative to the fine-tuned encoders, which are the zero line."""
    fig, [[axes]] = style.figure()
    labels = [column.label for column in spec.columns]
    looks = looks_of(spec.encoders)
    ends = [(0.0, TUNED, style.Look(style.MUTED, ""))]
    with style.drawing():
        axes.axhline(0, color=style.MUTED, linewidth=1)
        for encoder in spec.encoders:
            look = looks[encoder.name]
            values = list(_values(summary, spec, encoder).values())
            means = np.array([found[RELATIVE] for found in values])
            stds = np.array([found[FROZEN + STD] for found in values])
            style.curve(axes, range(len(means)), means, stds, look)
            known = means[~np.isnan(means)]
            if len(known):
                ends.append((float(known[-1]), encoder.label, look))
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlim(-0.25, len(labels) - 0.75)
        axes.set_ylabel("probe minus fine-tuned (points)")
        style.label_ends(axes, ends, x=len(labels) - 1)
    return fig


def _values(
    summary: pd.DataFrame, spec: FineTuningSpec, encoder: TunedEncoder
) -> dict[str, dict[str, float]]:
    """Return, by data set, top-1 and deviation of probe and fine-tuned encoder; NaN for none."""
    frozen = level_rows(summary, [encoder], spec.columns).set_index("dataset")
    found = {}
    for column in spec.columns:
        name = column.name
        mean, std = _cell(frozen, name)
        tuned = (math.nan, math.nan)
        if name in encoder.tuned:
            job = encoder.tuned[name]
            rows = select(summary, protocol=job.protocol)
            rows = rows[rows["encoder"] == job.encoder].set_index("dataset")
            tuned = _cell(rows, name)
        found[name] = {
            FROZEN: mean,
            FROZEN + STD: std,
            TUNED: tuned[0],
            TUNED + STD: tuned[1],
            RELATIVE: mean - tuned[0],
        }
    return found


def _cell(rows: pd.DataFrame, name: str) -> tuple[float, float]:
    if name not in rows.index:
        return math.nan, math.nan
    return float(rows.loc[name, "mean"]), float(rows.loc[name, "std"])
