"""Frozen features against fine-tuning on each data set of the axis (section 3.5.1, figure 3.6)."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from cogworks.report.by_class import Key, by_class, gained_on_one
from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import looks_of
from cogworks.report.scores import CELL
from cogworks.report.specs import FineTuningSpec, TunedEncoder
from cogworks.report.summary import DEVIATION, INTERVAL, NUMBERS, summarise
from cogworks.report.table import HIGH, LOW, OWN, STD, Column, Table, text_column

FROZEN, TUNED, RELATIVE = "linear probe", "fine-tuned", "difference"


def fine_tuning_table(scores: pd.DataFrame, spec: FineTuningSpec) -> Table:
    """Return top-1 of probe and fine-tuned encoder, and their difference, by data set.

    Args:
        scores: the long table of `scores.collect`.
        spec: what to compare.
    """
    rows = []
    for encoder in spec.encoders:
        values = _values(scores, spec, encoder)
        for what in (FROZEN, TUNED, RELATIVE):
            cells = {n + end: found[what + end] for n, found in values.items() for end in NUMBERS}
            rows.append({"encoder": encoder.label, "trained": what, **cells, OWN: True})
    columns = [Column(c.name, c.label, best=None) for c in spec.columns]
    return Table(
        title="Frozen features against fine-tuning: top-1 (%)",
        columns=[text_column("encoder", "encoder"), text_column("trained", ""), *columns],
        frame=pd.DataFrame(rows),
        note=f"Mean ± {DEVIATION} over the probe's seeds, and the {INTERVAL}; a fine-tuned encoder "
        "is one run, whose seed is not in the intervals. The difference is on the same images.",
    )


def fine_tuning_figure(scores: pd.DataFrame, spec: FineTuningSpec) -> Figure:
    """Return top-1 of the probes relative to the fine-tuned encoders, which are the zero line.

    Error bars are 95% intervals of the difference, paired.
    """
    fig, [[axes]] = style.figure()
    labels = [column.label for column in spec.columns]
    looks = looks_of(spec.encoders)
    ends = [(0.0, TUNED, style.Look(style.MUTED, ""))]
    with style.drawing():
        axes.axhline(0, color=style.MUTED, linewidth=1)
        for encoder in spec.encoders:
            look = looks[encoder.name]
            values = _values(scores, spec, encoder).values()
            means, low, high = (
                np.array([found[RELATIVE + end] for found in values]) for end in ("", LOW, HIGH)
            )
            style.curve(axes, range(len(means)), means, style.errors(means, low, high), look)
            known = means[~np.isnan(means)]
            if len(known):
                ends.append((float(known[-1]), encoder.label, look))
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlim(-0.25, len(labels) - 0.75)
        axes.set_ylabel("probe minus fine-tuned (points)")
        style.label_ends(axes, ends, x=len(labels) - 1)
    return fig


def _values(
    scores: pd.DataFrame, spec: FineTuningSpec, encoder: TunedEncoder
) -> dict[str, dict[str, float]]:
    """Return by data set the numbers of probe, fine-tuned encoder and difference; NaN for none."""
    summary, results = summarise(scores, baseline=None), by_class(scores)
    found = {}
    for column in spec.columns:
        frozen = (encoder.name, column.name, column.name, column.protocol, "all")
        numbers = _cell(summary, frozen, FROZEN)
        relative = dict.fromkeys(NUMBERS, math.nan)
        tuned = dict.fromkeys((TUNED + end for end in NUMBERS), math.nan)
        if column.name in encoder.tuned:
            job = encoder.tuned[column.name]
            key = (job.encoder, column.name, column.name, job.protocol, "all")
            tuned = _cell(summary, key, TUNED)
            relative[""] = numbers[FROZEN] - tuned[TUNED]
            relative[STD] = numbers[FROZEN + STD]
            if frozen in results and key in results:
                relative[LOW], relative[HIGH] = gained_on_one(results[frozen], results[key])
        found[column.name] = numbers | tuned | {RELATIVE + e: v for e, v in relative.items()}
    return found


def _cell(summary: pd.DataFrame, key: Key, what: str) -> dict[str, float]:
    """Return the numbers of top-1 of a cell under the keys of what it is; NaN for none."""
    rows = summary[summary["metric"] == "top1"].set_index(CELL)
    row = rows.loc[key] if key in rows.index else {}
    return {what + end: float(row.get(name, math.nan)) for end, name in NUMBERS.items()}
