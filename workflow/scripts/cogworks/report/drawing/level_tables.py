"""Top-1 by level, absolute and relative to the baseline encoder (thesis, section 3.4.2)."""

from collections.abc import Iterable, Sequence

import pandas as pd

from cogworks.report import ties
from cogworks.report.by_class import by_class
from cogworks.report.specs import LevelsSpec, Named, SetColumn
from cogworks.report.summary import DEVIATION, INTERVAL, fit_note, select
from cogworks.report.table import CLASSES, HIGH, LOW, OWN, STD, Column, Table, text_column


def level_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return top-1 by data set of the axis, one row an encoder.

    Args:
        scores: the long table of `scores.collect`.
        summary: the table of `summary.summarise`.
        spec: what to show.
    """
    columns = [Column(entry.name, entry.label) for entry in spec.columns]
    return Table(
        title="Top-1 accuracy by level (%)",
        columns=[text_column("encoder", "encoder"), *columns],
        frame=_frame(scores, summary, spec, ("mean", "std", "low", "high")),
        note=f"{_protocols(spec)} Mean ± {DEVIATION} over {_seeds(summary, spec)} seeds, and "
        f"the {INTERVAL}. All encoders share concepts and images: their differences have narrower "
        f"intervals than these. {_chance(summary, spec)}{ties.NOTE}{_fits(summary, spec)}",
    )


def relative_table(scores: pd.DataFrame, summary: pd.DataFrame, spec: LevelsSpec) -> Table:
    """Return the difference of each encoder's top-1 to the baseline's, in points of percent.

    Differences are paired: on the same images, seed by seed. Arguments as for `level_table`.
    """
    baseline = next(e.label for e in spec.encoders if e.name == spec.baseline)
    columns = [Column(entry.name, entry.label, signed=True) for entry in spec.columns]
    others = [e for e in spec.encoders if e.name != spec.baseline]
    return Table(
        title=f"Top-1 minus that of {baseline} (points)",
        columns=[text_column("encoder", "encoder"), *columns],
        frame=_frame(
            scores,
            summary,
            spec.model_copy(update={"encoders": others}),
            ("relative", "relative_std", "relative_low", "relative_high"),
        ),
        note=f"Difference on the same images, seed by seed: mean ± {DEVIATION} over seeds, "
        f"and the {INTERVAL}. Levels differ in difficulty by "
        "themselves, so the advantage over a baseline says more than the accuracy."
        f"{_sizes(summary, spec)}{ties.NOTE}" + _fits(summary, spec),
    )


def level_rows(
    summary: pd.DataFrame, encoders: Iterable[Named], columns: Iterable[SetColumn]
) -> pd.DataFrame:
    """Return the rows of the summary that are shown: top-1, all shots, own test images."""
    rows = select(summary)
    wanted = {(entry.name, entry.protocol) for entry in columns}
    pairs = pd.Series(list(zip(rows["dataset"], rows["protocol"], strict=True)), index=rows.index)
    return rows[pairs.isin(wanted) & rows["encoder"].isin([entry.name for entry in encoders])]


def _frame(
    scores: pd.DataFrame, summary: pd.DataFrame, spec: LevelsSpec, keys: Sequence[str]
) -> pd.DataFrame:
    """Return the table's frame; `keys` are the summary's number, deviation and bounds to show."""
    rows = level_rows(summary, spec.encoders, spec.columns).set_index(["dataset", "encoder"])
    frame = pd.DataFrame({"encoder": [entry.label for entry in spec.encoders]})
    classes = _classes(summary, spec)
    for column in spec.columns:
        places = pd.MultiIndex.from_product([[column.name], [e.name for e in spec.encoders]])
        for key, end in zip(keys, ("", STD, LOW, HIGH), strict=True):
            frame[column.name + end] = rows[key].reindex(places).to_numpy()
        frame[column.name + CLASSES] = classes.get(column.name)
    tied = ties.by_column(by_class(scores), spec.encoders, spec.columns, frame)
    return frame.assign(**tied, **{OWN: True})


def _protocols(spec: LevelsSpec) -> str:
    names = dict.fromkeys(entry.protocol for entry in spec.columns)
    return f"Probe: {', '.join(names)}."


def _fits(summary: pd.DataFrame, spec: LevelsSpec) -> str:
    return fit_note(level_rows(summary, spec.encoders, spec.columns), _labels(spec))


def _labels(spec: LevelsSpec) -> dict[str, str]:
    return {entry.name: entry.label for entry in [*spec.encoders, *spec.columns]}


def _seeds(summary: pd.DataFrame, spec: LevelsSpec) -> str:
    seeds = level_rows(summary, spec.encoders, spec.columns)["seeds"]
    low, high = int(seeds.min()), int(seeds.max())
    return str(low) if low == high else f"{low} to {high}"


def _chance(summary: pd.DataFrame, spec: LevelsSpec) -> str:
    counts, labels = _classes(summary, spec), _labels(spec)
    chance = {f"{100 / count:.3g}%" for count in counts}
    if len(chance) == 1:
        return f"Chance is {chance.pop()}."
    parts = [f"{labels[name]} {100 / count:.3g}%" for name, count in counts.items()]
    return f"Chance: {', '.join(parts)}."


def _sizes(summary: pd.DataFrame, spec: LevelsSpec) -> str:
    """Return after a space how many classes data sets have, empty where all have as many."""
    counts, labels = _classes(summary, spec), _labels(spec)
    if counts.nunique() == 1:
        return ""
    parts = [f"{labels[name]} {count:,}" for name, count in counts.items()]
    return f" Classes: {', '.join(parts)}: columns that differ in them are different tasks."


def _classes(summary: pd.DataFrame, spec: LevelsSpec) -> pd.Series:
    """Return how many classes each data set has."""
    rows = level_rows(summary, spec.encoders, spec.columns)
    return rows.groupby("dataset", sort=False)["n_classes"].first()
