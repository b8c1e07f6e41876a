"""Benchmarks of concepts: from WordNet to levels.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.config import concepts as config

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


@dataclass(frozen=True)
class Benchmark:
    """One benchmark (thesis, section 3.3)."""

    plan: Plan = field(repr=False, compare=False)
    name: str
    section: config.Benchmark

    def table(self, name: str) -> str:
        """Return the path of one of its tables, such as `levels` or `ranking`."""
        return f"results/concepts/{self.name}/{name}.parquet"
