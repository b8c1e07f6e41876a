"""All probe scores in one long table: one row per metric, seed and number of shots."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.report.ordering import in_order

CELL = ["encoder", "dataset", "test_set", "protocol", "shots"]
METRICS = ["top1", "top5", "mean_class", "log_odds"]
SIZES = ["n_train", "n_test", "n_classes"]
COLUMNS = [*CELL, "seed", "metric", "value", "low", "high", "diverged", "unconverged", *SIZES]


def collect(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Return the scores of probe tables in long form, in the order of `paths`.

    Args:
        paths: tables of the probe room, one row for each test set, number of shots and seed.

    Returns:
        One row for each (encoder, dataset, test_set, protocol, shots, seed, metric). `value` is in
        percent except for `log_odds`; `low` and `high` bound the 95% interval over test images and
        are NaN where the probe has none. A diverged fit has the value NaN; an `unconverged` one
        ended before its minimum.

    Raises:
        InputError: a table lacks a column, is empty, or repeats a cell of another one.
    """
    wanted = [*CELL, "seed", *METRICS, "top1_low", "top1_high", "diverged", "converged", *SIZES]
    frames = []
    for path in paths:
        frame = read_parquet(path, columns=wanted)
        if frame.empty:
            raise InputError(f"{path}: the probe table has no rows; delete it and run again")
        _check_values(frame, path)
        frames.append(_to_long(frame))
    if not frames:
        return pd.DataFrame({column: [] for column in COLUMNS})
    result = pd.concat(frames, ignore_index=True)
    repeated = result.duplicated([*CELL, "seed", "metric"])
    if repeated.any():
        cell = result.loc[repeated, CELL].iloc[0].to_dict()
        raise InputError(f"two probe tables hold the same cell: {cell}")
    return result


def _check_values(frame: pd.DataFrame, path: str | Path) -> None:
    """Refuse a score that is missing although the fit did not diverge."""
    bad = frame["top1"].isna() & ~frame["diverged"].astype(bool)
    if bad.any():
        cell = frame.loc[bad, [*CELL, "seed"]].iloc[0].to_dict()
        raise InputError(f"{path}: no top-1 for {cell}, which did not diverge; run the probe again")


def _to_long(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a probe table with a row for each metric."""
    frame = in_order(frame.astype({"shots": str}), [*CELL[2:], "seed"])
    parts = []
    for metric in METRICS:
        part = frame[[*CELL, "seed"]].assign(metric=metric, value=frame[metric].astype("float64"))
        has_interval = metric == "top1"
        part["low"] = frame["top1_low"] if has_interval else np.nan
        part["high"] = frame["top1_high"] if has_interval else np.nan
        fits = {
            "diverged": frame["diverged"].astype(bool),
            "unconverged": frame["converged"].eq(False).fillna(False).astype(bool),
        }
        parts.append(part.assign(**fits, **frame[SIZES]))
    long = pd.concat(parts, keys=range(len(METRICS)))
    long = long.swaplevel().sort_index(kind="stable").reset_index(drop=True)
    return long.astype({"low": "float64", "high": "float64", "seed": "int64"})[COLUMNS]
