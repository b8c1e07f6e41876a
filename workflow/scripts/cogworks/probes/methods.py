"""The tuned kinds of probes behind one interface."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch

from cogworks.probes.classifier import Classifier
from cogworks.probes.convex import Convex, Solver, Stacked
from cogworks.probes.sgd import Sgd
from cogworks.probes.splits import Rows, Split
from cogworks.probes.study import Outcome, Params
from cogworks.probes.table import FeatureTable


class Method(Protocol):
    """Trains configurations of hyper-parameters on one table of features."""

    @property
    def space(self) -> dict[str, tuple[float, float]]:
        """Low and high of each hyper-parameter."""

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


def method(spec: dict[str, Any], table: FeatureTable, device: torch.device) -> Method:
    """Return the method that a protocol's `kind` names."""
    if spec["kind"] == "sgd":
        return Sgd(table, spec, device)
    limits = (spec["tolerance"], spec["max_iterations"])
    solver: Solver = Stacked(table, *limits)
    if spec["kind"] == "sklearn":
        # It takes as long to import as torch, so only who asks for it waits for it.
        from cogworks.probes.by_sklearn import Sklearn

        solver = Sklearn(table, *limits)
    return Convex(table, spec, solver)


def normalizes(spec: dict[str, Any]) -> bool:
    """Say whether a protocol scales features to length 1."""
    chosen = spec.get("normalize", "auto")
    return spec["kind"] in ("sgd", "knn") if chosen == "auto" else bool(chosen == "l2")


def passes(spec: dict[str, Any], n_rows: int) -> int:
    """Return how many images a configuration is shown in all, for the progress of long work.

    L-BFGS goes through them as often as it needs; each counts once.
    """
    return n_rows * int(spec.get("epochs", 1))


def shots_of(entry: int | str) -> int | None:
    """Return an entry of `shots` as a number, None for `all`."""
    return None if entry == "all" else int(entry)
