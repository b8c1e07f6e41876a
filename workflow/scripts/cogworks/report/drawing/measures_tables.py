"""Top-1 of each measure: k-NN, a few images of each class, all of them."""

from collections.abc import Iterator

import pandas as pd

from cogworks.report import ties
from cogworks.report.by_class import Found, Key, by_class, mean_bounds, mean_gained
from cogworks.report.intervals import Bounds
from cogworks.report.specs import EncoderRow, MeasuresSpec, SetGroup
from cogworks.report.summary import INTERVAL, select
from cogworks.report.table import BLOCK, GROUP, HIGH, LOW, OWN, TIED, Column, Table, text_column


def measures_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: MeasuresSpec) -> Table:
    """Return top-1 in percent: a row for each encoder and group of data sets, a column a measure.

    Args:
        scores: the long table of `scores.collect`.
        summary: the table of `summary.summarise`.
        spec: what to show.
    """
    return Table(
        title="Top-1 accuracy by measure (%)",
        columns=_columns(spec, signed=False),
        frame=_frame(scores, summary, spec, spec.encoders, "mean"),
        note=f"Mean over seeds, and the {INTERVAL}. {_chance(summary, spec)}{ties.NOTE}",
    )


def relative_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: MeasuresSpec) -> Table:
    """Return the same minus the baseline's, in points; arguments as for `measures_table`."""
    baseline = next(e.label for e in spec.encoders if e.name == spec.baseline)
    others = [e for e in spec.encoders if e.name != spec.baseline]
    return Table(
        title=f"Top-1 by measure, minus that of {baseline} (points)",
        columns=_columns(spec, signed=True),
        frame=_frame(scores, summary, spec, others, "relative"),
        note=f"Difference on the same images, seed by seed, and the {INTERVAL}.{ties.NOTE}",
    )


def _columns(spec: MeasuresSpec, *, signed: bool) -> list[Column]:
    numbers = [Column(m.key, m.label, signed=signed, over=m.protocol) for m in spec.measures]
    return [text_column("encoder", "encoder"), *numbers]


def _frame(
    scores: pd.DataFrame,
    summary: pd.DataFrame,
    spec: MeasuresSpec,
    encoders: list[EncoderRow],
    number: str,
) -> pd.DataFrame:
    """Return the table's frame; `number` is the column of the summary to show."""
    found = by_class(scores)
    values = select(summary, shots=None).set_index(["encoder", "dataset", "protocol", "shots"])
    parts = []
    for group in spec.groups:
        part = pd.DataFrame({"encoder": [encoder.label for encoder in encoders]})
        for measure in spec.measures:
            cells = [list(_cells(e.name, group, measure.protocol, measure.shots)) for e in encoders]
            base = list(_cells(spec.baseline, group, measure.protocol, measure.shots))
            places = [[(e, d, p, s) for e, d, _, p, s in row] for row in cells]
            part[measure.key] = [values[number].reindex(row).mean(skipna=False) for row in places]
            ends = [_ends(found, row, base if number == "relative" else None) for row in cells]
            part[measure.key + LOW], part[measure.key + HIGH] = zip(*ends, strict=True)
            part[measure.key + TIED] = ties.tied(found, cells, part[measure.key], mean_gained)
        parts.append(part.assign(**{GROUP: group.label, BLOCK: group.label, OWN: True}))
    return pd.concat(parts, ignore_index=True)


def _cells(encoder: str, group: SetGroup, protocol: str, shots: str) -> Iterator[Key]:
    return ((encoder, name, name, protocol, shots) for name in group.datasets)


def _ends(found: Found, cells: list[Key], baseline: list[Key] | None) -> Bounds:
    return mean_bounds(found, cells) if baseline is None else mean_gained(found, cells, baseline)


def _chance(summary: pd.DataFrame, spec: MeasuresSpec) -> str:
    counts = select(summary, shots=None).groupby("dataset")["n_classes"].first()
    parts = [
        f"{group.label} {100 * (1 / counts[group.datasets]).mean():.3g}%" for group in spec.groups
    ]
    return f"Chance: {', '.join(parts)}."
