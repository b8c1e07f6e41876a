"""The thesis's published figures, from `resources/paper`."""

from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError


def read_paper(folder: str | Path, name: str, columns: list[str]) -> pd.DataFrame:
    """Read one CSV of the published figures; an empty cell is an empty text.

    Raises:
        InputError: the file is missing or lacks a column.
    """
    path = Path(folder, f"{name}.csv")
    try:
        frame = pd.read_csv(path, keep_default_na=False)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; it belongs to the repository") from error
    missing = [column for column in columns if column not in frame]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; it has {', '.join(frame)}")
    return frame


def linear_probe(folder: str | Path) -> pd.DataFrame:
    """Return tables B.1 to B.6 in their order.

    Columns: table, model, dataset, n_shot, top1_mean, top1_std.
    """
    names = ["table", "model", "dataset", "n_shot", "top1_mean", "top1_std"]
    return read_paper(folder, "cog_linear_probe", names)[names].astype({"n_shot": str})
