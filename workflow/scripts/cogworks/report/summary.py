"""Mean and standard deviation over seeds, the difference to a baseline, and their intervals.

Wherever the report writes ±, it is the standard deviation with divisor N, not N - 1, as in the
published tables: that of the seeds that were run. What follows for other seeds, concepts and images
is in the intervals.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.report import repeats
from cogworks.report.by_class import bounds, by_class, gained
from cogworks.report.intervals import UNKNOWN
from cogworks.report.scores import CELL, SIZES, read_scores
from cogworks.report.specs import Named, ScoreFiles
from cogworks.report.table import HIGH, LOW, STD

GROUP = [*CELL, "metric"]
FITS = ["seeds", "diverged", "unconverged"]
BOUNDS = ["low", "high"]
RELATIVE_BOUNDS = ["relative_low", "relative_high"]
SUMMARY = ["mean", "std", *FITS, *BOUNDS, "relative", "relative_std", *RELATIVE_BOUNDS]
# A number of a table by the ends of its keys, see `table.Column`.
NUMBERS = {"": "mean", STD: "std", LOW: "low", HIGH: "high"}
# How captions call these.
DEVIATION = "standard deviation (divisor N)"
INTERVAL = "95% interval for other concepts like these, other images of them and other seeds"


def summarise(scores: pd.DataFrame, *, baseline: str | None) -> pd.DataFrame:
    """Return one row for each cell and metric, over its seeds.

    Args:
        scores: the long table of `scores.collect`.
        baseline: encoder to subtract, seed by seed; None leaves `relative` empty.

    Returns:
        `mean` and `std` (see `deviation`) over the `seeds` fits that did not diverge; `diverged`,
        how many others did, and `unconverged`, how many ended before their minimum; `low` and
        `high`, the bounds of `intervals.accuracy_interval` for top-1; `relative` and
        `relative_std`, mean and deviation of the difference to the baseline with the same seed;
        `relative_low` and `relative_high`, the bounds of `intervals.difference_interval` for top-1.
        Percent, and percentage points, except for `log_odds`. Order as in `scores`.

    Raises:
        InputError: `baseline` has no scores at all.
    """
    relative = _relative(scores, baseline)
    frame = scores.assign(relative=relative)
    # A perfect score has infinite log odds: its mean is infinite, its deviation unknown.
    with np.errstate(invalid="ignore"):
        grouped = frame.groupby(GROUP, sort=False, dropna=False)
        result = grouped.agg(
            mean=("value", "mean"),
            std=("value", deviation),
            seeds=("value", "count"),
            diverged=("diverged", "sum"),
            unconverged=("unconverged", "sum"),
            relative=("relative", "mean"),
            relative_std=("relative", deviation),
            **{column: (column, "first") for column in SIZES},
        )
    result = result.reset_index().merge(_bounds(scores, baseline), on=GROUP, how="left")
    return result[[*GROUP, *SUMMARY, *SIZES]]


def deviation(values: pd.Series) -> float:
    """Return the standard deviation of values that are known, with divisor N; NaN for one alone."""
    known = values.dropna()
    return float(known.std(ddof=0)) if len(known) > 1 else np.nan


def read_summary(files: ScoreFiles, *, baseline: str | None = None) -> pd.DataFrame:
    """Return the summary of these score tables, see `summarise`.

    A `baseline` that has no scores among them leaves `relative` empty.
    """
    return read_both(files, baseline=baseline)[1]


def read_both(
    files: ScoreFiles, *, baseline: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores of these tables, and their summary as `read_summary` does."""
    known = baseline is not None and baseline in files.names[0]
    scores = read_scores(files)
    return scores, summarise(scores, baseline=baseline if known else None)


def _relative(scores: pd.DataFrame, baseline: str | None) -> pd.Series:
    """Return each score minus the baseline's of the same cell and seed, NaN where it has none."""
    if baseline is None or scores.empty:
        return pd.Series(np.nan, index=scores.index)
    rows = scores[scores["encoder"] == baseline]
    if rows.empty:
        known = ", ".join(dict.fromkeys(scores["encoder"]))
        raise InputError(f"report.baseline: {baseline!r} has no scores; scored are {known}")
    keys = [key for key in [*GROUP, "seed"] if key != "encoder"]
    reference = rows.set_index(keys)["value"].rename("reference")
    joined = scores.join(reference, on=keys)
    with np.errstate(invalid="ignore"):
        return joined["value"] - joined["reference"]


def _bounds(scores: pd.DataFrame, baseline: str | None) -> pd.DataFrame:
    """Return the bounds of the intervals of top-1 in percent, one row for each cell that has any.

    The columns are `GROUP` and the four bounds.
    """
    found = by_class(scores)
    records = []
    for key in found:
        other = (baseline or "", *key[1:])
        relative = UNKNOWN if key[0] == baseline else gained(found, [key], [other])
        records.append([*key, "top1", *bounds(found, [key]), *relative])
    columns = [*BOUNDS, *RELATIVE_BOUNDS]
    frame = pd.DataFrame(records, columns=[*GROUP, *columns])
    return frame.astype(scores.dtypes[GROUP].to_dict() | dict.fromkeys(columns, "float64"))


def spread_note(files: ScoreFiles, rows: Iterable[Named]) -> str:
    """Return what ± and intervals are in a table of these scores, and which rows are several runs.

    `rows` are those of the table.
    """
    return f"Mean ± {DEVIATION} over seeds, and the {INTERVAL}.{repeats.told(files.repeats, rows)}"


def fit_note(rows: pd.DataFrame, labels: Mapping[str, str], *, place: str = "dataset") -> str:
    """Return what a reader must know of fits that went wrong, after a space; or an empty text.

    Means leave out the seeds that diverged, and would look better than they are without a word;
    so would those of fits that ended before their minimum look worse.

    Args:
        rows: rows of a summary.
        labels: the names to show for encoders and data sets.
        place: column that tells the cells apart: `dataset` or `test_set`.
    """
    top1 = rows[rows["metric"] == "top1"]
    total = top1["seeds"] + top1["diverged"]
    sentences = (
        ("diverged", "Seeds whose probe diverged, left out of the mean"),
        ("unconverged", "Seeds whose probe ended before its minimum"),
    )
    return "".join(
        f" {text}: {', '.join(_cells(top1.assign(total=total), key, labels, place))}."
        for key, text in sentences
        if top1[key].any()
    )


def _cells(rows: pd.DataFrame, key: str, labels: Mapping[str, str], place: str) -> Iterator[str]:
    """Yield the cells in which a kind of fit occurs, with how many there are of how many."""
    for _, row in rows[rows[key] > 0].iterrows():
        encoder, where = (labels.get(row[name], row[name]) for name in ("encoder", place))
        shots = "" if row["shots"] == "all" else f" with {row['shots']} shots"
        yield f"{encoder} on {where}{shots} ({int(row[key])} of {int(row['total'])})"


def select(
    summary: pd.DataFrame,
    *,
    metric: str = "top1",
    shots: str | None = "all",
    protocol: str | None = None,
    own_test: bool = True,
) -> pd.DataFrame:
    """Return the rows of a summary that match; None stands for any value.

    `own_test` keeps the scores on a data set's own test images, and leaves out further test sets.
    """
    keep = summary["metric"] == metric
    if shots is not None:
        keep &= summary["shots"] == shots
    if protocol is not None:
        keep &= summary["protocol"] == protocol
    if own_test:
        keep &= summary["test_set"] == summary["dataset"]
    return summary[keep]
