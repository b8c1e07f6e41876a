"""Own cells of a table beside the thesis's own number for the same cell, and how near they are.

A table of scores holds, for its own rows, the published number of a column `key` in the column
`key` + `PUBLISHED`: NaN where the thesis has none, or where the two cannot be compared (see
`comparable`).
"""

import math
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from cogworks.report.specs import EncoderRow
from cogworks.report.table import OWN, PUBLISHED, Table, rounded


@dataclass(frozen=True)
class Reproduced:
    """A cell of the thesis that has been reproduced.

    Attributes:
        cell: what it is, such as `s-DINO, L5 in table D.1`.
        own, published: the two numbers, as they are shown.
    """

    cell: str
    own: float
    published: float

    @property
    def difference(self) -> float:
        """Return how far the two are apart, at least 0."""
        return abs(self.own - self.published)


def stand_ins(
    encoders: Iterable[EncoderRow], aliases: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the labels of the encoders that are those of the thesis, with its names for them.

    Args:
        encoders: the encoders shown.
        aliases: names in the table by other names in the thesis.
    """
    names = {e.label: e.published for e in encoders if e.published and not e.differs}
    return {label: (aliases or {}).get(name, name) for label, name in names.items()}


def beside(
    own: pd.DataFrame,
    theirs: pd.DataFrame,
    *,
    by: str,
    names: Mapping[str, str],
    columns: Collection[str],
) -> pd.DataFrame:
    """Return own rows with the thesis's numbers for the same cells.

    Args:
        own: own rows of a table.
        theirs: the thesis's rows of the same table.
        by: column of both that names the rows.
        names: what the thesis calls own rows; those that it has not are left out.
        columns: which columns can be compared.
    """
    published = theirs.set_index(by)
    rows = own[by].map(names)
    found = {
        f"{key}{PUBLISHED}": rows.map(published[key]).astype("float64")
        for key in columns
        if key in published
    }
    return own.assign(**found)


def cells(table: Table, name: str) -> Iterator[Reproduced]:
    """Yield the cells of a table that have been reproduced; `name` is the thesis's for it."""
    for _, row in table.frame.iterrows():
        texts: list[str] = []
        before = None
        for column in table.columns if row.get(OWN, True) else ():
            if not column.is_number:  # The nearest texts on the left tell the row.
                first = before is None or before.is_number
                texts = [*([] if first else texts), str(row[column.key])]
            elif column.key + PUBLISHED in table.frame:
                published = float(row[column.key + PUBLISHED])
                own = rounded(table.number(row, column), column)
                if math.isfinite(own) and math.isfinite(published):
                    model = " ".join(filter(None, texts))
                    yield Reproduced(f"{model}, {column.title} in {name}", own, published)
            before = column


def told(found: Collection[Reproduced], published: int) -> str:
    """Return a sentence on how much has been reproduced, and how well.

    Args:
        found: the cells that have been reproduced.
        published: how many there are in the thesis.
    """
    if not found:
        return (
            f"None of the {published:,} published cells is compared: no number of this run is of "
            "the same model on the same images with the same settings."
        )
    worst = max(found, key=lambda cell: cell.difference)
    median = statistics.median(cell.difference for cell in found)
    return (
        f"{len(found):,} of {published:,} published cells reproduced: median absolute difference "
        f"{median:.2f}, largest {worst.difference:.1f} "
        f"({worst.cell}: {worst.own:.1f}, published {worst.published:.1f})."
    )
