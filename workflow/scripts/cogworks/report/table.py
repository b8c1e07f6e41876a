"""A table to be read by people: rows of names and numbers, and how to show each column.

It is kept as Parquet with the description of its columns in the metadata, so that the report and
the terminal show the same table as the CSV, Markdown and LaTeX files beside it.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.files import read_metadata, read_parquet, write_parquet

STD = "_std"
LOW, HIGH = "_low", "_high"
# Ends the column that says whether an own number cannot be told from the best of own rows.
TIED = "_tied"
# Ends the column with how many classes a data set has.
CLASSES = "_classes"
# Ends the column with the thesis's number for the same cell; see `reproduced`.
PUBLISHED = "_published"
# Columns of a frame that say what a row is.
GROUP = "group"
OWN = "own"
HIGHLIGHT = "highlight"
BLOCK = "block"
REFERENCE = "reference"
# Whether a number is in one of the run's own rows, its block, and its column.
Cell = tuple[bool, str, str]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: column of the frame; the deviation of a number is in `<key>_std`, the bounds of its
            interval in `<key>_low` and `<key>_high`, and whether it cannot be told from the best
            of the own rows in `<key>_tied`, where there are any.
        label: its head.
        digits: decimals of a number; None marks a column of text.
        best: which end is marked as best: `high`, `low`, or None.
        signed: whether a plus sign is written.
        over: a heading above it and its neighbours that have the same one.
        second: whether the second best is marked, too.
    """

    key: str
    label: str
    digits: int | None = 1
    best: str | None = "high"
    signed: bool = False
    over: str = ""
    second: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.digits is not None

    @property
    def title(self) -> str:
        """Return its head in one line, with the heading above it."""
        return f"{self.over} {self.label}".strip()


@dataclass(frozen=True)
class Marks:
    """How a cell is set apart.

    Attributes:
        bold: it is the best of its column, or cannot be told from it.
        underlined: it is the second best.
        italic: it is in a reference row.
        above: it is better than all references.
    """

    bold: bool = False
    underlined: bool = False
    italic: bool = False
    above: bool = False


class _Ranks:
    """The numbers of a column among which the best is sought."""

    def __init__(self, column: Column, *, ranked: bool) -> None:
        self.column, self.ranked = column, ranked
        self.others: list[float] = []
        self.references: list[float] = []
        self.tied: set[float] = set()

    def add(self, value: float, *, reference: bool, tied: bool) -> None:
        (self.references if reference else self.others).append(value)
        if tied:
            self.tied.add(value)

    @cached_property
    def order(self) -> list[float]:
        """The numbers that can be the best, each once, best first; none where only one competes."""
        rivals = self.others + (self.references if self.ranked else [])
        order = sorted(set(rivals), reverse=self.column.best == "high")
        return order if len(rivals) > 1 else []

    def marks(self, value: float, *, reference: bool, tied: bool) -> Marks:
        """Return how one of the numbers is set apart.

        What is tied is so with the best of its own kind, which need not be the best of all.
        """
        competes = self.ranked or not reference
        above = not reference and self._beats(value)
        best = self.order[:1]
        bold = competes and (value in best or (tied and not self.tied.isdisjoint(best)))
        return Marks(
            bold=bold or (above and not self.ranked),
            underlined=competes and self.column.second and not bold and value in self.order[1:2],
            italic=reference,
            above=above,
        )

    def _beats(self, value: float) -> bool:
        if not self.references:
            return False
        if self.column.best == "high":
            return value > max(self.references)
        return value < min(self.references)


@dataclass(frozen=True)
class Table:
    """A table: its frame may also hold `group` (a heading above rows), `own` (a row of this run),
    `highlight` (a row that is set apart, such as a default), `block` (rows among which the best is
    sought) and `reference` (a row with which the others of its block are compared: it is italic,
    and what is better than all of them is coloured).

    Where references are not `ranked`, they cannot be the best, and what is better than they are is
    bold. A `warning` says that own rows and others cannot be compared, a `caveat` what holds for
    all numbers. Both are part of every export.
    """

    title: str
    columns: Sequence[Column]
    frame: pd.DataFrame
    note: str = ""
    warning: str = field(default="")
    ranked: bool = True
    caveat: str = ""

    @property
    def warnings(self) -> str:
        """Return what every export has to say."""
        return " ".join(filter(None, [self.warning, self.caveat]))

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

    def marks(self) -> list[dict[str, Marks]]:
        """Return how the cells are set apart, row by row, by the keys of columns.

        Numbers count as they are shown (rounded). The best of a block is marked where it has
        more than one, with the own rows that are tied with it. With a `warning`, the run's own rows
        and the others are not compared.
        """
        rows = [row for _, row in self.frame.iterrows()]
        ranks: dict[Cell, _Ranks] = {}
        for column in (c for c in self.columns if c.is_number and c.best):
            for row in rows:
                value = self.number(row, column)
                if not math.isnan(value):
                    found = ranks.setdefault(
                        self._cell(row, column), _Ranks(column, ranked=self.ranked)
                    )
                    about = {"reference": _is_reference(row), "tied": _is_tied(row, column)}
                    found.add(rounded(value, column), **about)
        return [
            {column.key: self._marks(row, column, ranks) for column in self.columns} for row in rows
        ]

    def _marks(self, row: Any, column: Column, ranks: dict[Cell, _Ranks]) -> Marks:
        reference = _is_reference(row)
        found = ranks.get(self._cell(row, column))
        if found is None or math.isnan(value := self.number(row, column)):
            return Marks(italic=reference)
        about = {"reference": reference, "tied": _is_tied(row, column)}
        return found.marks(rounded(value, column), **about)

    def _cell(self, row: Any, column: Column) -> Cell:
        """Return with what a cell is compared: with its column in its block and on its side."""
        side = not self.warning or bool(row.get(OWN, True))
        return side, str(row.get(BLOCK, "")), column.key


def _is_reference(row: Any) -> bool:
    return bool(row.get(REFERENCE, False))


def _is_tied(row: Any, column: Column) -> bool:
    """Say so of an own cell; others have no value there."""
    found = row.get(column.key + TIED)
    return found is not None and bool(found == 1)


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
        "ranked": table.ranked,
        "caveat": table.caveat,
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
        ranked=metadata["ranked"],
        caveat=metadata["caveat"],
        columns=[Column(**column) for column in metadata["columns"]],
        frame=read_parquet(path),
    )
