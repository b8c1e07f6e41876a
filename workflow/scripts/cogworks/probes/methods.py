"""What a tuned kind of probe does."""

from collections.abc import Sequence
from typing import Protocol

from cogworks.probes.classifier import Classifier
from cogworks.probes.outcomes import Outcome, Params
from cogworks.probes.specs import Shots
from cogworks.probes.splits import Rows, Split


class Method(Protocol):
    """Trains configurations of hyper-parameters on one table of features."""

    def companions(self, n_rows: int) -> int:
        """Return how many seeds are worth training together on this many rows each."""

    def search(
        self, seeds: Sequence[int], splits: Sequence[Split], asked: Sequence[Sequence[Params]]
    ) -> list[list[Outcome]]:
        """Return how each configuration does on the validation rows of its seed."""

    def fit(
        self, seeds: Sequence[int], rows: Sequence[Rows], params: Sequence[Params]
    ) -> list[Classifier | None]:
        """Return one classifier for each seed; None where it diverged."""


def shots_of(entry: Shots) -> int | None:
    """Return an entry of `shots` as a number, None for `all`."""
    return None if entry == "all" else entry
