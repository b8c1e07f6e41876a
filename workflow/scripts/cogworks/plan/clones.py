"""Synthetic clones of data sets and the models that draw them.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.config import images
from cogworks.config import synthesis as config

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


@dataclass(frozen=True, eq=False)
class Generator:
    """One text-to-image model, brought by the user or trained by the workflow."""

    plan: Plan = field(repr=False)
    name: str
    section: config.Generator


@dataclass(frozen=True, eq=False)
class Clone:
    """One clone: a data set with training images only (thesis, chapter 5)."""

    plan: Plan = field(repr=False)
    name: str
    section: config.Clone

    def manifest(self, split: str) -> str:
        """Return its manifest: of whatever split is asked for, its training images."""
        return self.table("manifest")

    @property
    def class_choice(self) -> images.Classes | str:
        """Return what its classes are, see `Dataset.class_choice`."""
        if self.section.like is None:
            return images.Classes(file=self.section.classes)
        return self.plan.images(self.section.like).class_choice

    @property
    def class_table(self) -> str:
        """Return the table of its classes (label, wnid, name)."""
        return self.table("classes")

    def table(self, name: str) -> str:
        """Return one of its tables: classes, manifest, quality or similarity."""
        return f"results/synthesis/{self.name}/{name}.parquet"
