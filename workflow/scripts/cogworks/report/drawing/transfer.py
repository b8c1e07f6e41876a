"""Training task against transfer: one number for each (thesis, sections 4.4 and 4.4.3)."""

import numpy as np
import pandas as pd

from cogworks.report.specs import SetColumn, TransferSpec
from cogworks.report.summary import deviation, select


def training_versus_transfer(scores: pd.DataFrame, spec: TransferSpec) -> pd.DataFrame:
    """Return top-1 on the seen data set and mean log odds over the transfer sets, by encoder.

    The mean is taken over all transfer sets; an encoder that lacks one has none.

    Args:
        scores: the long table of `scores.collect`.
        spec: `encoders`, `seen` and `transfer`.

    Returns:
        One row an encoder, in the order of the spec: encoder, label, train, train_std, transfer,
        transfer_std (deviations over the seeds that all transfer sets have), and `hull`, whether
        it is on the convex hull, seen from above and from the right.
    """
    records = []
    for encoder in spec.encoders:
        train = _values(scores, encoder.name, spec.seen, "top1")
        sets = [_values(scores, encoder.name, c, "log_odds") for c in spec.transfer]
        odds = pd.concat(sets, axis=1)
        complete = all(series.notna().any() for series in sets)
        records.append(
            {
                "encoder": encoder.name,
                "label": encoder.label,
                "train": train.mean(),
                "train_std": deviation(train),
                "transfer": odds.mean().mean() if complete else np.nan,
                "transfer_std": deviation(odds.mean(axis=1, skipna=False)) if complete else np.nan,
            }
        )
    frame = pd.DataFrame(records)
    numbers = ["train", "train_std", "transfer", "transfer_std"]
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


def _values(scores: pd.DataFrame, encoder: str, column: SetColumn, metric: str) -> pd.Series:
    """Return an encoder's scores on a data set by seed."""
    rows = select(scores, metric=metric, protocol=column.protocol)
    rows = rows[(rows["encoder"] == encoder) & (rows["dataset"] == column.name)]
    return rows.set_index("seed")["value"].rename(column.name)
