"""Resnik's similarity: the information that two synsets share."""

from typing import TYPE_CHECKING

from cogworks.concepts.similarities import by_information

if TYPE_CHECKING:
    from cogworks.concepts.subsumers import Matrix


def formula(shared: "Matrix", row: "Matrix", column: "Matrix") -> "Matrix":
    """Return IC(subsumer), (R, C)."""
    return shared


SIMILARITY = by_information(formula)
