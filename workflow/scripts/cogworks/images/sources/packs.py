"""Parquet packs: encoded images in one column, their classes in another."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, name_some


@dataclass(frozen=True)
class PackColumns:
    """Which columns of a pack hold what (config `images.<name>.source`).

    Attributes:
        class_column: the class id.
        id_column: the image id, or None for the pack's name and the row.
        split_column: the official split, or None.
        train_splits, test_splits: values of that column that are training and test images.
    """

    class_column: str
    id_column: str | None = None
    split_column: str | None = None
    train_splits: Sequence[str] = (TRAIN,)
    test_splits: Sequence[str] = (TEST,)


def scan_packs(packs: Sequence[Path], columns: PackColumns, *, split: str) -> pd.DataFrame:
    """List the images of Parquet packs; the images themselves are not read.

    Args:
        packs: the files, with distinct names.
        columns: which column holds what.
        split: the split that all of them belong to, or empty.

    Raises:
        InputError: a column is missing, a class or id is empty, a split is never met.
    """
    names = Counter(pack.name for pack in packs)
    if twice := sorted(name for name, count in names.items() if count > 1):
        raise InputError(f"{name_some(twice)}: packs of one data set need distinct file names")
    frame = pd.concat([_scan_pack(pack, columns) for pack in packs], ignore_index=True)
    if columns.split_column is None:
        return frame.assign(split=split)
    return _by_split(frame, columns)


def _scan_pack(pack: Path, columns: PackColumns) -> pd.DataFrame:
    wanted = [columns.class_column, columns.id_column, columns.split_column]
    table = read_parquet(pack, columns=list(dict.fromkeys(name for name in wanted if name)))
    for name in table:
        if table[name].isna().any():
            row = int(table[name].isna().to_numpy().argmax())
            raise InputError(f"{pack}: column {name} is empty in row {row}")
    rows = pd.RangeIndex(len(table))
    ids = table[columns.id_column] if columns.id_column else pack.name + ":" + rows.astype(str)
    return pd.DataFrame(
        {
            "id": pd.Series(ids).astype(str),
            "path": str(pack),
            "container": "parquet",
            "locator": rows,
            "size": -1,
            "wnid": table[columns.class_column].astype(str),
            "split": table[columns.split_column].astype(str) if columns.split_column else UNSPLIT,
        }
    )


def _by_split(frame: pd.DataFrame, columns: PackColumns) -> pd.DataFrame:
    """Translate the pack's own names of splits; images of other splits are left out."""
    names = dict.fromkeys(columns.train_splits, TRAIN)
    names |= dict.fromkeys(columns.test_splits, TEST)
    found = sorted(set(frame["split"]))
    if absent := sorted(set(names) - set(found)):
        raise InputError(
            f"{frame['path'].iloc[0]}: no image with {columns.split_column} = {name_some(absent)}; "
            f"it has {name_some(found)} (source.train_splits, source.test_splits)"
        )
    frame = frame[frame["split"].isin(names)]
    return frame.assign(split=frame["split"].map(names))
