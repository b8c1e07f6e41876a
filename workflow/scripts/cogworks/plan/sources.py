"""Sources that are listed once for all who read them: those whose images come in no order.

To list some classes of such a source takes as long as to list all of them. So the list of its
classes, and the manifests of all data sets that read it, come from one index. Each such source has
one, also if only one job asks: else a second data set would make the first one stale.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cogworks.images.specs import SourceSpec
from cogworks.plan.folders import named_after

if TYPE_CHECKING:
    from cogworks.plan.datasets import Dataset
    from cogworks.plan.plan import Plan


@dataclass(frozen=True, eq=False)
class Listed:
    """A source that is listed once.

    Attributes:
        dataset: the first data set that reads it.
    """

    dataset: Dataset = field(repr=False)

    @property
    def spec(self) -> SourceSpec:
        """Return what its index depends on."""
        return SourceSpec(source=self.dataset.source)

    @property
    def name(self) -> str:
        """Return a name of its own: that of its first place, and some of its digest."""
        return named_after(self.dataset.source.places[0], self.spec.text)

    @property
    def index(self) -> str:
        """Return the index of its images, see `images.source_index`."""
        return f"results/sources/{self.name}/images.parquet"


def listed_sources(plan: Plan) -> dict[str, Listed]:
    """Return the sources by their texts."""
    found: dict[str, Listed] = {}
    for dataset in plan.datasets.values():
        if dataset.given.mixed:
            found.setdefault(dataset.source.text, Listed(dataset))
    return found
