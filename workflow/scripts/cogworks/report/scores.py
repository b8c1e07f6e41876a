"""All probe scores in one long table: one row per metric, seed and number of shots."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.report.complete import check_complete
from cogworks.report.ordering import in_order

CELL = ["encoder", "dataset", "test_set", "protocol", "shots"]
METRICS = ["top1", "top5", "mean_class", "log_odds"]
SIZES = ["n_train", "n_test", "n_classes"]
# Of each class, how many test images are right and how many there are; in rows of top-1.
BY_CLASS = ["class_right", "class_images"]
COLUMNS = [*CELL, "seed", "metric", "value", "diverged", "unconverged", *SIZES]


def collect(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Return the scores of probe tables in long form, in the order of `paths`.

    Args:
        paths: tables of the probe room, one row for each test set, number of shots and seed.

    Returns:
        One row for each (encoder, dataset, test_set, protocol, shots, seed, metric). `value` is in
        percent except for `log_odds`. A diverged fit has the value NaN; an `unconverged` one ended
        before its minimum. The columns `BY_CLASS` hold arrays `(C,)` where the metric is `top1`,
        for the intervals of a summary.

    Raises:
        InputError: a table lacks a column or a seed, is empty, or holds a score a second time.
    """
    wanted = [*CELL, "seed", *METRICS, "diverged", "converged", *SIZES, *BY_CLASS]
    tables = []
    for path in paths:
        frame = read_parquet(path, columns=wanted)
        if frame.empty:
            raise InputError(f"{path}: the probe table has no rows; delete it and run again")
        _check_values(frame, path)
        tables.append((path, frame))
    check_complete(tables)
    if not tables:
        return pd.DataFrame({column: [] for column in [*COLUMNS, *BY_CLASS]})
    return pd.concat([_to_long(frame) for _, frame in tables], ignore_index=True)


def _check_values(frame: pd.DataFrame, path: str | Path) -> None:
    """Refuse a score that is missing although the fit did not diverge."""
    for column, name in (("top1", "top-1"), *zip(BY_CLASS, BY_CLASS, strict=True)):
        bad = frame[column].isna() & ~frame["diverged"].astype(bool)
        if bad.any():
            cell = frame.loc[bad, [*CELL, "seed"]].iloc[0].to_dict()
            raise InputError(
                f"{path}: no {name} for {cell}, which did not diverge; run the probe again"
            )


def _to_long(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a probe table with a row for each metric."""
    frame = in_order(frame.astype({"shots": str}), [*CELL[2:], "seed"])
    parts = []
    for metric in METRICS:
        part = frame[[*CELL, "seed"]].assign(metric=metric, value=frame[metric].astype("float64"))
        fits = {
            "diverged": frame["diverged"].astype(bool),
            "unconverged": frame["converged"].eq(False).fillna(False).astype(bool),
        }
        by_class: Any = frame[BY_CLASS] if metric == "top1" else dict.fromkeys(BY_CLASS)
        parts.append(part.assign(**fits, **frame[SIZES], **by_class))
    long = pd.concat(parts, keys=range(len(METRICS)))
    long = long.swaplevel().sort_index(kind="stable").reset_index(drop=True)
    return long.astype({"seed": "int64"})[[*COLUMNS, *BY_CLASS]]
