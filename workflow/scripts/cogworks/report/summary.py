"""Mean and standard deviation over seeds, the difference to a baseline, and their intervals.

Wherever the report writes ±, it is the standard deviation with divisor N, not N - 1, as in the
published tables: that of the seeds that were run. What follows for other seeds, concepts and images
is in the intervals.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.report.intervals import (
    UNKNOWN,
    Bounds,
    Counts,
    accuracy_interval,
    difference_interval,
)
from cogworks.report.scores import CELL, SIZES, collect
from cogworks.report.specs import ScoreFiles

GROUP = [*CELL, "metric"]
FITS = ["seeds", "diverged", "unconverged"]
BOUNDS = ["low", "high"]
RELATIVE_BOUNDS = ["relative_low", "relative_high"]
SUMMARY = ["mean", "std", *FITS, *BOUNDS, "relative", "relative_std", *RELATIVE_BOUNDS]
# How captions call these.
DEVIATION = "standard deviation (divisor N)"
INTERVAL = "95% interval for other concepts like these, other images of them and other seeds"

# By seed, how many images of each class are right; and how many there are.
Results = tuple[dict[int, Counts], Counts]


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


def _bounds(scores: pd.DataFrame, baseline: str | None) -> pd.DataFrame:
    """Return the bounds of the intervals of top-1 in percent, one row for each cell that has any.

    The columns are `GROUP` and the four bounds.
    """
    known = scores[(scores["metric"] == "top1") & scores["value"].notna()]
    results: dict[tuple[str, ...], Results] = {}
    for key, rows in known.groupby(CELL, sort=False):
        right = dict(zip(rows["seed"], rows["class_right"], strict=True))
        results[key] = right, np.asarray(rows["class_images"].iloc[0])
    records = []
    for key, own in results.items():
        other = None if key[0] == baseline else results.get((baseline or "", *key[1:]))
        right, images = own
        alone = accuracy_interval(np.stack(list(right.values()), axis=1), images)
        gained = UNKNOWN if other is None else _gained(own, other)
        records.append([*key, "top1", *(100 * bound for bound in (*alone, *gained))])
    bounds = [*BOUNDS, *RELATIVE_BOUNDS]
    frame = pd.DataFrame(records, columns=[*GROUP, *bounds])
    return frame.astype(scores.dtypes[GROUP].to_dict() | dict.fromkeys(bounds, "float64"))


def _gained(own: Results, other: Results) -> Bounds:
    """Return the interval of one cell's accuracy minus another's, over the seeds of both.

    There is none where they are not about the same images: classifiers of two training runs may
    know other classes of a test set.
    """
    seeds = [seed for seed in own[0] if seed in other[0]]
    if not seeds or not np.array_equal(own[1], other[1]):
        return UNKNOWN
    mine, theirs = (np.stack([side[0][s] for s in seeds], axis=1) for side in (own, other))
    return difference_interval(mine, theirs, own[1])


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
