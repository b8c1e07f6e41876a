"""Real data sets: where their images and classes come from.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.config import images as config

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


@dataclass(frozen=True)
class Dataset:
    """One data set, or one level of a family of them.

    Attributes:
        name: its expanded name, such as `cog_l1`.
        section: its section of the config, of a family with its own level.
        classes: which classes it has: `part: levels` is `level` here, with its number.
        family: the name in the config where it is one level of a family, else None.
    """

    plan: Plan = field(repr=False, compare=False)
    name: str
    section: config.Dataset
    classes: config.Classes
    family: str | None = None

    def manifest(self, split: str) -> str:
        """Return the manifest of a split: `train`, `val` or `test`."""
        return f"results/images/{self.name}/{split}.parquet"

    @property
    def class_choice(self) -> config.Classes | str:
        """Return what its classes are: equal where two data sets are declared to have the same.

        Classes that come with the images themselves (`part: source`) are those of one source only.
        """
        return self.name if self.classes.part == "source" else self.classes

    @property
    def class_table(self) -> str:
        """Return the table of its classes (label, wnid, name)."""
        return f"results/images/{self.name}/classes.parquet"


def expand(plan: Plan) -> Iterator[Dataset]:
    """Yield every data set of the config: of a family each level, not the family itself."""
    for name, section in plan.config.images.items():
        classes = section.classes
        if classes.part != "levels":
            yield Dataset(plan, name, section, classes)
            continue
        benchmark = plan.benchmarks.get(classes.benchmark or "")
        for level in range(1, (benchmark.section.levels.count if benchmark else 0) + 1):
            own = classes.model_copy(update={"part": "level", "level": level})
            yield Dataset(plan, f"{name}_l{level}", section, own, family=name)
