"""Training runs: recipes resolved, sweeps expanded.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.training import plan as training_plan

if TYPE_CHECKING:
    from cogworks.plan.plan import ImageSet, Plan


@dataclass(frozen=True)
class Run:
    """One training run (thesis, chapter 4)."""

    plan: Plan = field(repr=False, compare=False)
    name: str

    @property
    def dataset(self) -> ImageSet:
        """Return the data set on whose training images it learns."""
        return self.plan.images(training_plan.runs(self.plan.legacy)[self.name]["dataset"])

    @property
    def folder(self) -> str:
        """Return the folder of its results."""
        return f"results/training/{self.name}"

    def file(self, name: str) -> str:
        """Return one of its results, such as `encoder.safetensors` or `metrics.parquet`."""
        return f"{self.folder}/{name}"
