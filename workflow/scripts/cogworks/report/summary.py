"""Mean and standard deviation over seeds, and the difference to a baseline encoder."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.report.scores import CELL, SIZES, collect
from cogworks.report.specs import ScoreFiles

GROUP = [*CELL, "metric"]
FITS = ["seeds", "diverged", "unconverged"]
SUMMARY = ["mean", "std", *FITS, "low", "high", "relative", "relative_std"]


def summarise(scores: pd.DataFrame, *, baseline: str | None) -> pd.DataFrame:
    """Return one row for each cell and metric, over its seeds.

    Args:
        scores: the long table of `scores.collect`.
        baseline: encoder to subtract, seed by seed; None leaves `relative` empty.

    Returns:
        `mean` and `std` (sample standard deviation, NaN for one seed) over the `seeds` fits that
        did not diverge; `diverged`, how many others did, and `unconverged`, how many ended before
        their minimum; `low` and `high`, the mean bounds of the 95% interval over test images;
        `relative` and `relative_std`, the same of the difference to the baseline with the same
        seed. Percent, and percentage points, except for `log_odds`. Order as in `scores`.

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
            std=("value", "std"),
            seeds=("value", "count"),
            diverged=("diverged", "sum"),
            unconverged=("unconverged", "sum"),
            low=("low", "mean"),
            high=("high", "mean"),
            relative=("relative", "mean"),
            relative_std=("relative", "std"),
            **{column: (column, "first") for column in SIZES},
        )
    return result.reset_index()[[*GROUP, *SUMMARY, *SIZES]]


def read_summary(files: ScoreFiles, *, baseline: str | None = None) -> pd.DataFrame:
    """Return the summary of these score tables, see `summarise`.

    A `baseline` that has no scores among them leaves `relative` empty.
    """
    known = baseline is not None and baseline in files.names[0]
    return summarise(collect(files.paths), baseline=baseline if known else None)


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
