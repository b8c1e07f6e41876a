"""Encoders: which network with which weights, and where its features lie.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan
    from cogworks.plan.runs import Run


class Features(NamedTuple):
    """The features of one data set's split: an array (N, D) and its index."""

    array: str
    table: str


@dataclass(frozen=True)
class Encoder:
    """One encoder, published or trained here."""

    plan: Plan = field(repr=False, compare=False)
    name: str

    @property
    def run(self) -> Run | None:
        """Return the training run that it comes from, if any."""
        name = self.plan.legacy["encoders"][self.name]["run"]
        return None if name is None else self.plan.runs[name]

    def features(self, dataset: str, split: str) -> Features:
        """Return where its features of a data set's split lie."""
        stem = f"results/features/{self.name}/{dataset}/{split}"
        return Features(f"{stem}.npy", f"{stem}.parquet")
