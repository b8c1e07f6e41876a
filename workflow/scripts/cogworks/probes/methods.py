"""What a tuned kind of probe does, and what a protocol says of all kinds."""

from collections.abc import Sequence
from typing import Any, Protocol

from cogworks.probes.classifier import Classifier
from cogworks.probes.kinds import KINDS
from cogworks.probes.splits import Rows, Split
from cogworks.probes.study import Outcome, Params


class Method(Protocol):
    """Trains configurations of hyper-parameters on one table of features."""

    def companions(self, n_rows: int) -> int:
        """Return how many seeds are worth training together on so many rows each."""

    def search(
        self, seeds: Sequence[int], splits: Sequence[Split], asked: Sequence[Sequence[Params]]
    ) -> list[list[Outcome]]:
        """Return how each configuration does on the validation rows of its seed."""

    def fit(
        self, seeds: Sequence[int], rows: Sequence[Rows], params: Sequence[Params]
    ) -> list[Classifier | None]:
        """Return one classifier for each seed; None where it diverged."""


def normalizes(spec: dict[str, Any]) -> bool:
    """Say whether a protocol scales features to length 1."""
    chosen = spec.get("normalize", "auto")
    return KINDS.load(spec["kind"]).normalizes if chosen == "auto" else bool(chosen == "l2")


def passes(spec: dict[str, Any], n_rows: int) -> int:
    """Return how many images a configuration is shown in all, for the progress of long work.

    L-BFGS goes through them as often as it needs; each counts once.
    """
    return n_rows * int(spec.get("epochs", 1))


def shots_of(entry: int | str) -> int | None:
    """Return an entry of `shots` as a number, None for `all`."""
    return None if entry == "all" else int(entry)
