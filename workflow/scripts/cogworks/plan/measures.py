"""Measures of features that need no classifier.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


@dataclass(frozen=True)
class Measure:
    """The measures of one encoder's features of one data set's split."""

    plan: Plan = field(repr=False, compare=False)
    encoder_name: str
    dataset: str
    split: str

    @property
    def table(self) -> str:
        """Return the table of its measures."""
        return f"results/analysis/{self.encoder_name}/{self.dataset}/{self.split}.parquet"
