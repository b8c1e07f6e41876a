"""Top-1 of each measure (k-NN, a few images of each class, all of them) and its advantage."""

from collections.abc import Iterator, Sequence

import pandas as pd

from cogworks.report import ties
from cogworks.report.by_class import Found, Key, by_class, gained, mean_bounds, mean_gained
from cogworks.report.intervals import Bounds
from cogworks.report.specs import Measurement, MeasuresSpec, SetGroup
from cogworks.report.summary import INTERVAL, select
from cogworks.report.table import BLOCK, GROUP, HIGH, LOW, OWN, TIED, Column, Table, text_column

TOP1, GAINED = "top1", "gained"


def measures_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: MeasuresSpec) -> Table:
    """Return top-1 and its difference to the baseline's: a row a measure and encoder.

    Args:
        scores: the long table of `scores.collect`.
        summary: the table of `summary.summarise`, relative to the baseline.
        spec: what to show.
    """
    baseline = next(e.label for e in spec.encoders if e.name == spec.baseline)
    found = by_class(scores)
    values = select(summary, shots=None).set_index(["encoder", "dataset", "protocol", "shots"])
    blocks = [
        _block(spec, found, values, group, measure)
        for group in spec.groups
        for measure in spec.measures
    ]
    return Table(
        title="Accuracy by measure",
        columns=[
            text_column("encoder", "encoder"),
            Column(TOP1, "top-1 (%)"),
            Column(GAINED, f"minus {baseline} (points)", signed=True, best=None),
        ],
        frame=pd.concat(blocks, ignore_index=True),
        note=f"Mean over seeds, and the {INTERVAL}; differences are on the same images, seed by "
        f"seed. {_chance(summary, spec)}{ties.NOTE}",
    )


def _block(
    spec: MeasuresSpec, found: Found, values: pd.DataFrame, group: SetGroup, measure: Measurement
) -> pd.DataFrame:
    """Return the rows of a measure on a group of data sets.

    `values` is the summary by encoder, data set, protocol and shots.
    """
    cells = {e.name: list(_cells(e.name, group, measure)) for e in spec.encoders}
    rows = []
    for encoder in spec.encoders:
        own = cells[encoder.name]
        known = values.reindex([(e, d, p, s) for e, d, _, p, s in own])
        low, high = mean_bounds(found, own)
        row = {TOP1: known["mean"].mean(skipna=False), TOP1 + LOW: low, TOP1 + HIGH: high}
        if encoder.name != spec.baseline:
            low, high = _gained(found, own, cells[spec.baseline])
            more = known["relative"].mean(skipna=False)
            row |= {GAINED: more, GAINED + LOW: low, GAINED + HIGH: high}
        rows.append({"encoder": encoder.label, **row})
    frame = pd.DataFrame(rows)
    name = f"{group.label}: {measure.label}"
    tied = ties.tied(found, list(cells.values()), frame[TOP1], _gained)
    return frame.assign(**{TOP1 + TIED: tied, GROUP: name, BLOCK: name, OWN: True})


def _gained(found: Found, keys: Sequence[Key], others: Sequence[Key]) -> Bounds:
    """Return the interval of a difference: that of one data set cannot leave 100 points."""
    return (gained if len(keys) == 1 else mean_gained)(found, keys, others)


def _cells(encoder: str, group: SetGroup, measure: Measurement) -> Iterator[Key]:
    return ((encoder, name, name, measure.protocol, measure.shots) for name in group.datasets)


def _chance(summary: pd.DataFrame, spec: MeasuresSpec) -> str:
    counts = select(summary, shots=None).groupby("dataset")["n_classes"].first()
    parts = [
        f"{group.label} {100 * (1 / counts[group.datasets]).mean():.3g}%" for group in spec.groups
    ]
    return f"Chance: {', '.join(parts)}."
