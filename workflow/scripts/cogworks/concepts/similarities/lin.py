"""Lin's similarity: shared information over own information (thesis, eq. 3.1)."""

from typing import TYPE_CHECKING

from cogworks.concepts.similarities import by_information

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Matrix


def formula(shared: "Matrix", row: "Matrix", column: "Matrix") -> "Matrix":
    """Return 2 IC(subsumer) / (IC(row) + IC(column)), (R, C)."""
    import numpy as np

    total = row + column
    shared *= 2.0
    # Where both contents are 0, so is the shared one: nothing to divide.
    return np.divide(shared, total, out=shared, where=total > 0)


SIMILARITY = by_information(formula)
