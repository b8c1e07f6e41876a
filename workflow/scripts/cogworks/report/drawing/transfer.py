"""Training task against transfer: one number for each (thesis, sections 4.4 and 4.4.3)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cogworks.report.by_class import by_class, mean_bounds
from cogworks.report.specs import SetColumn, TransferSpec
from cogworks.report.summary import deviation, select
from cogworks.report.table import HIGH, LOW, STD


def training_versus_transfer(scores: pd.DataFrame, spec: TransferSpec) -> pd.DataFrame:
    """Return top-1 on the seen data set and mean log odds over the transfer sets, by encoder.

    The mean is taken over all transfer sets; an encoder that lacks one has none.

    Args:
        scores: the long table of `scores.collect`.
        spec: `encoders`, `seen` and `transfer`.

    Returns:
        One row an encoder, in the order of the spec: encoder, label, train, transfer and
        transfer_top1 (mean top-1 over the transfer sets), each with its deviation over the seeds
        that all its data sets have in `<key>_std`, and the bounds of its interval in `<key>_low`
        and `<key>_high`; and `hull`, whether it is on the convex hull, seen from above and from the
        right.
    """
    over: dict[str, tuple[Sequence[SetColumn], str]] = {
        "train": ([spec.seen], "top1"),
        "transfer": (spec.transfer, "log_odds"),
        "transfer_top1": (spec.transfer, "top1"),
    }
    tables = {key: _by_seed(scores, *entry) for key, entry in over.items()}
    results = by_class(scores)
    records = []
    for encoder in spec.encoders:
        record: dict[str, str | float] = {"encoder": encoder.name, "label": encoder.label}
        for key, (columns, metric) in over.items():
            record[key], record[key + STD] = _over_sets(tables[key], encoder.name)
            cells = [(encoder.name, c.name, c.name, c.protocol, "all") for c in columns]
            ends = mean_bounds(results, cells, log_odds=metric == "log_odds")
            record[key + LOW], record[key + HIGH] = ends
        records.append(record)
    frame = pd.DataFrame(records)
    numbers = [key for key in frame if key not in ("encoder", "label")]
    frame[numbers] = frame[numbers].astype("float64")
    points = frame[["train", "transfer"]].to_numpy()
    frame["hull"] = np.isin(np.arange(len(frame)), upper_right_hull(points))
    return frame


def upper_right_hull(points: np.ndarray) -> list[int]:
    """Return the indices of the points on the upper right part of the convex hull, left to right.

    That is the hull from the highest point to the one farthest right: no mixture of other points
    is better on both axes. Points that are not finite are left out (a perfect score has infinite
    log odds); of equal points the first counts.

    Args:
        points: `(N, 2)`.
    """
    known = [i for i in range(len(points)) if np.isfinite(points[i]).all()]
    hull: list[int] = []
    for index in sorted(known, key=lambda i: (points[i][0], points[i][1], -i)):
        new = points[index]
        # Whatever is farther left and not higher is not better on either axis.
        while hull and points[hull[-1]][1] <= new[1]:
            hull.pop()
        while len(hull) > 1 and _below(points[hull[-2]], points[hull[-1]], new):
            hull.pop()
        hull.append(index)
    return hull


def _below(left: np.ndarray, middle: np.ndarray, right: np.ndarray) -> bool:
    """Whether `middle` is below the line from `left` to `right`."""
    a, b = middle - left, right - left
    return bool(a[0] * b[1] - a[1] * b[0] > 0)


def _by_seed(scores: pd.DataFrame, columns: Sequence[SetColumn], metric: str) -> pd.DataFrame:
    """Return scores by (encoder, seed) and data set, NaN where there is none."""
    protocols = {column.name: column.protocol for column in columns}
    rows = select(scores, metric=metric)
    rows = rows[rows["protocol"] == rows["dataset"].map(protocols)]
    wide = rows.pivot(index=["encoder", "seed"], columns="dataset", values="value")
    return wide.reindex(columns=list(protocols)).astype("float64")


def _over_sets(table: pd.DataFrame, encoder: str) -> tuple[float, float]:
    """Return mean and deviation over seeds of the mean over all sets; NaN if one has no score."""
    if encoder not in table.index:
        return np.nan, np.nan
    own = table.loc[encoder]
    return own.mean().mean(skipna=False), deviation(own.mean(axis=1, skipna=False))
