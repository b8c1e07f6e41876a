"""The order of rows: names as they first come, shots by number with `all` last."""

import math
from collections.abc import Sequence

import pandas as pd


def shots_number(shots: str) -> float:
    """Return a number to sort shots by: `all` is infinite."""
    return math.inf if shots == "all" else float(shots)


def sorted_shots(values: Sequence[str]) -> list[str]:
    """Return the distinct numbers of shots, smallest first and `all` last."""
    return sorted(dict.fromkeys(values), key=shots_number)


def in_order(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows sorted by `columns`: names by first appearance, shots and seeds by number."""
    keys = pd.DataFrame(index=frame.index)
    for column in columns:
        if column == "shots":
            keys[column] = frame[column].map(shots_number)
        elif column == "seed":
            keys[column] = frame[column]
        else:
            keys[column] = pd.factorize(frame[column])[0]
    return frame.loc[keys.sort_values(list(columns), kind="stable").index].reset_index(drop=True)
