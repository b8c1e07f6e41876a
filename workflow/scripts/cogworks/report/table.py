"""A table to be read by people: rows of names and numbers, and how to show each column.

It is kept as Parquet with the description of its columns in the metadata, so that the report and
the terminal show the same table as the CSV, Markdown and LaTeX files beside it.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.files import read_metadata, read_parquet, write_parquet

STD = "_std"
LOW, HIGH = "_low", "_high"
GROUP = "group"
OWN = "own"
# Whether a row is highlighted.
HIGHLIGHT = "highlight"
# Whether a number is in one of the run's own rows, and its column.
Cell = tuple[bool, str]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: column of the frame; the deviation of a number is in `<key>_std`, and the bounds of its
            interval in `<key>_low` and `<key>_high`, where there are any.
        label: its head.
        digits: decimals of a number; None marks a column of text.
        best: which end is marked as best: `high`, `low`, or None.
        signed: whether a plus sign is written.
    """

    key: str
    label: str
    digits: int | None = 1
    best: str | None = "high"
    signed: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.digits is not None


@dataclass(frozen=True)
class Table:
    """A table: its frame may also hold `group` (a heading above rows), `own` (a row of this run)
    and `highlight` (a row that is set apart, such as a default).

    A `warning` says that own rows and others cannot be compared. It is part of every export.
    """

    title: str
    columns: Sequence[Column]
    frame: pd.DataFrame
    note: str = ""
    warning: str = field(default="")

    def number(self, row: Any, column: Column) -> float:
        """Return the number of a cell, NaN where it is empty."""
        return float(row[column.key])

    def std(self, row: Any, column: Column) -> float:
        """Return the deviation of a cell, NaN where there is none."""
        return float(row.get(column.key + STD, math.nan))

    def interval(self, row: Any, column: Column) -> tuple[float, float] | None:
        """Return the interval of a cell, None where there is none."""
        low, high = (float(row.get(column.key + end, math.nan)) for end in (LOW, HIGH))
        return None if math.isnan(low) else (low, high)

    def best(self) -> dict[Cell, float]:
        """Return the best number of each column that has one, as it is shown (rounded).

        With a `warning`, the run's own rows and the others are not compared: each have their own
        best.
        """
        found = {}
        sides = [self._side(row) for _, row in self.frame.iterrows()]
        for column in self.columns:
            if not (column.is_number and column.best):
                continue
            shown: dict[bool, list[float]] = {}
            for side, value in zip(sides, self.frame[column.key].astype("float64"), strict=True):
                if not math.isnan(value):
                    shown.setdefault(side, []).append(rounded(value, column))
            choose = max if column.best == "high" else min
            for side, values in shown.items():
                if len(values) > 1:
                    found[side, column.key] = choose(values)
        return found

    def is_best(self, row: Any, column: Column, best: dict[Cell, float]) -> bool:
        """Whether a cell, as it is shown, equals the best of its column."""
        key = (self._side(row), column.key)
        return key in best and rounded(self.number(row, column), column) == best[key]

    def _side(self, row: Any) -> bool:
        """Return which rows a row is compared with: all, or its own side where there are two."""
        return not self.warning or bool(row.get(OWN, True))


def text_column(key: str, label: str) -> Column:
    """Return a column of text."""
    return Column(key=key, label=label, digits=None, best=None)


def rounded(value: float, column: Column) -> float:
    """Return a number as it is shown.

    By way of its text: NumPy's `round` multiplies first, so that 61.15, which is a little below
    that decimal, becomes 61.2 there and 61.1 in the text.
    """
    return float(f"{value:.{column.digits}f}")


def format_number(value: float, column: Column) -> str:
    """Return a number as it is shown; an empty cell is an empty text."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    sign = "+" if column.signed else ""
    text = f"{value:{sign}.{column.digits}f}"
    # A rounded zero keeps no sign: +0.0 and -0.0 say the same.
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def write_table(table: Table, path: str | Path) -> None:
    """Write a table as Parquet, its columns described in the metadata."""
    metadata = {
        "title": table.title,
        "note": table.note,
        "warning": table.warning,
        "columns": [dataclasses.asdict(column) for column in table.columns],
    }
    write_parquet(table.frame, path, metadata=metadata)


def read_table(path: str | Path) -> Table:
    """Read what `write_table` wrote."""
    metadata = read_metadata(path)
    return Table(
        title=metadata["title"],
        note=metadata["note"],
        warning=metadata["warning"],
        columns=[Column(**column) for column in metadata["columns"]],
        frame=read_parquet(path),
    )
