"""Which encoders of a run cannot be told from the best one of a column: they are bold with it.

Compared are pairs, on the same images with the same seeds, each by itself: among many encoders,
some are told from the best by chance.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from cogworks.report.by_class import Found, Key, gained
from cogworks.report.intervals import Bounds
from cogworks.report.specs import Named, SetColumn
from cogworks.report.table import TIED

NOTE = (
    " Bold: the best, and each encoder of this run whose difference to it on the same images has a "
    "95% interval that holds zero."
)
# The interval of what the first cells' mean gains over that of the second.
Compare = Callable[[Found, Sequence[Key], Sequence[Key]], Bounds]


def tied(
    found: Found,
    cells: Iterable[Sequence[Key]],
    values: Iterable[float],
    compare: Compare = gained,
) -> list[bool]:
    """Say of each encoder whether its number is the best, or cannot be told from it.

    Args:
        found: the results of these cells.
        cells: of which cells each number is the mean.
        values: as for `with_the_best`.
        compare: how two of them are compared.
    """
    own = list(cells)
    return with_the_best(values, lambda best, other: compare(found, own[best], own[other]))


def with_the_best(values: Iterable[float], difference: Callable[[int, int], Bounds]) -> list[bool]:
    """Say of each number whether it is the best, or cannot be told from it.

    One whose difference has no interval can be told.

    Args:
        values: the numbers, NaN for none; the highest is the best.
        difference: returns the interval of one less another, by their positions.
    """
    numbers = np.array(list(values), dtype="float64")
    if np.isnan(numbers).all():
        return [False] * len(numbers)
    best = int(np.nanargmax(numbers))

    def is_tied(place: int) -> bool:
        low, high = difference(best, place)
        return low <= 0 <= high

    known = ~np.isnan(numbers)
    return [n == best or bool(known[n] and is_tied(n)) for n in range(len(numbers))]


def by_column(
    found: Found,
    encoders: Sequence[Named],
    columns: Iterable[SetColumn],
    frame: Mapping[str, pd.Series],
) -> dict[str, list[bool]]:
    """Return `tied` of encoders on data sets, as columns of a table's frame.

    Args:
        found: as for `tied`.
        encoders: the rows.
        columns: the data sets.
        frame: the numbers of each data set.
    """
    return {
        column.name + TIED: tied(found, cells(encoders, [column]), frame[column.name])
        for column in columns
    }


def cells(encoders: Iterable[Named], columns: Sequence[SetColumn]) -> list[list[Key]]:
    """Return for each encoder its cells on data sets: all training images, own test images."""
    return [[(e.name, c.name, c.name, c.protocol, "all") for c in columns] for e in encoders]
