"""Mean and standard deviation over seeds, and the difference to a baseline encoder."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.report.scores import CELL, SIZES

GROUP = [*CELL, "metric"]
SUMMARY = ["mean", "std", "seeds", "diverged", "low", "high", "relative", "relative_std"]


def summarise(scores: pd.DataFrame, *, baseline: str | None) -> pd.DataFrame:
    """Return one row for each cell and metric, over its seeds.

    Args:
        scores: the long table of `scores.collect`.
        baseline: encoder to subtract, seed by seed; None leaves `relative` empty.

    Returns:
        `mean` and `std` (sample standard deviation, NaN for one seed) over the `seeds` fits that
        did not diverge; `diverged`, how many others did; `low` and `high`, the mean bounds of the
        95% interval over test images; `relative` and `relative_std`, the same of the difference to
        the baseline with the same seed. Percent, and points of percent, but for `log_odds`. Order
        as in `scores`.

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
            low=("low", "mean"),
            high=("high", "mean"),
            relative=("relative", "mean"),
            relative_std=("relative", "std"),
            **{column: (column, "first") for column in SIZES},
        )
    return result.reset_index()[[*GROUP, *SUMMARY, *SIZES]]


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


def diverged_note(rows: pd.DataFrame, labels: Mapping[str, str], *, place: str = "dataset") -> str:
    """Return a sentence on the cells of which seeds diverged, after a space; or an empty text.

    Their means are over the other seeds, and would look better than they are without a word.

    Args:
        rows: rows of a summary.
        labels: the names to show for encoders and data sets.
        place: column that tells the cells apart: `dataset` or `test_set`.
    """
    parts = []
    for _, row in rows[(rows["diverged"] > 0) & (rows["metric"] == "top1")].iterrows():
        names = [labels.get(row[key], row[key]) for key in ("encoder", place)]
        shots = "" if row["shots"] == "all" else f" with {row['shots']} shots"
        count = int(row["diverged"])
        parts.append(f"{names[0]} on {names[1]}{shots} ({count} of {count + int(row['seeds'])})")
    if not parts:
        return ""
    return f" Seeds whose probe diverged, left out of the mean: {', '.join(parts)}."


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
