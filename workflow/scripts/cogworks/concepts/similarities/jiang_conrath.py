"""Jiang and Conrath's similarity: the inverse of the information that two synsets do not share."""

from typing import TYPE_CHECKING

from cogworks.concepts.similarities import by_information

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Matrix


def formula(shared: "Matrix", row: "Matrix", column: "Matrix") -> "Matrix":
    """Return 1 / (IC(row) + IC(column) - 2 IC(subsumer)), (R, C)."""
    import numpy as np

    distance = row + column - 2.0 * shared
    with np.errstate(divide="ignore"):
        # A distance of 0 is an infinite similarity: same information, same subsumer.
        return np.where((row == 0) | (column == 0), 0.0, 1.0 / distance)


SIMILARITY = by_information(formula)
