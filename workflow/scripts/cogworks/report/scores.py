"""All probe scores in one long table: one row per metric, seed and number of shots."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.report.complete import check_complete
from cogworks.report.ordering import in_order
from cogworks.report.specs import ScoreFiles

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


def read_scores(files: ScoreFiles) -> pd.DataFrame:
    """Return the scores of these tables: what `collect` returns, after `over_repeats`."""
    return over_repeats(collect(files.paths), files.repeats)


def over_repeats(scores: pd.DataFrame, repeats: Mapping[str, str]) -> pd.DataFrame:
    """Return scores with encoders that differ in their seed alone as one, under one of their names.

    Where there are several, each is one seed of the whole, 0 for the first, with the means over the
    seeds of its probe: so a deviation is that over training runs, and an interval one for other
    seeds of the training. A run of which a probe diverged has no mean.

    Args:
        scores: what `collect` returns.
        repeats: by encoder the name that stands for it, of encoders that differ in nothing else.
    """
    names = scores["encoder"].map(lambda name: repeats.get(name, name))
    runs = scores["encoder"].groupby(names, sort=False).unique()
    several = names.isin([name for name, members in runs.items() if len(members) > 1])
    alone = scores.assign(encoder=names)[~several]
    keys = [*CELL, "metric", "run"]
    rows = scores.assign(encoder=names, run=scores["encoder"])[several]
    means = [
        group.iloc[0].to_dict()
        | {
            "seed": list(runs[group["encoder"].iloc[0]]).index(group["run"].iloc[0]),
            "value": group["value"].mean(skipna=False),
            "diverged": group["diverged"].any(),
            "unconverged": group["unconverged"].any(),
            "class_right": _mean_right(group),
            "place": group.index[0],
        }
        for _, group in rows.groupby(keys, sort=False)
    ]
    if not means:
        return alone
    merged = pd.DataFrame(means).set_index("place")[list(scores)].astype(scores.dtypes)
    return pd.concat([alone, merged]).sort_index(kind="stable").reset_index(drop=True)


def _mean_right(rows: pd.DataFrame) -> Any:
    """Return how many images of each class are right on average; None where that is not known."""
    known = rows["class_right"].dropna()
    return np.mean(np.stack(known), axis=0) if len(known) else None


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
