"""The exhibits of a plan: which tables and figures a config gives, each with what it needs.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from dataclasses import dataclass
from functools import cached_property

from cogworks.core.codehash import rule_code
from cogworks.plan.plan import Plan
from cogworks.report.exhibit import AnyKind, Exhibit, ExhibitSpec, Medium
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.roles import Roles
from cogworks.report.specs import CollectSpec


@dataclass(frozen=True)
class Planned:
    """An exhibit of a plan.

    Attributes:
        kind_name: the name of its kind in the registry.
        kind: its kind.
        exhibit: what the config makes of the kind.
    """

    kind_name: str
    kind: AnyKind
    exhibit: Exhibit

    @property
    def name(self) -> str:
        """Return its name without suffix."""
        return self.exhibit.name

    @property
    def spec(self) -> ExhibitSpec:
        """Return what it depends on besides its code."""
        return self.exhibit.spec

    @property
    def medium(self) -> Medium:
        """Return whether it is a table or a figure: the end of its kind's name."""
        return "table" if self.kind_name.endswith("_table") else "figure"

    @property
    def code(self) -> str:
        """Return the digest of the code that makes it: of its own kind, no others."""
        return rule_code(f"make_{self.medium}", EXHIBITS.module(self.kind_name))

    @property
    def path(self) -> str:
        """Return its main file: Parquet or SVG; its other formats are beside it."""
        if self.medium == "table":
            return f"results/tables/{self.name}.parquet"
        return f"results/figures/{self.name}.svg"


@dataclass(frozen=True)
class Exhibits:
    """All exhibits of a plan, in the order of the registry."""

    plan: Plan

    @cached_property
    def roles(self) -> Roles:
        """Return the parts that data sets and encoders play."""
        return Roles(self.plan)

    @cached_property
    def planned(self) -> list[Planned]:
        """Return all of them."""
        kinds = [(name, EXHIBITS.load(name)) for name in EXHIBITS]
        return [Planned(name, k, found) for name, k in kinds for found in k.needs(self.roles)]

    @cached_property
    def tables(self) -> dict[str, Planned]:
        """Return the tables by name."""
        return self._of("table")

    @cached_property
    def figures(self) -> dict[str, Planned]:
        """Return the figures by name."""
        return self._of("figure")

    @property
    def scores(self) -> CollectSpec:
        """Return what the files with all scores depend on."""
        return CollectSpec(scores=self.roles.all_scores, baseline=self.roles.baseline)

    def _of(self, medium: Medium) -> dict[str, Planned]:
        return {found.name: found for found in self.planned if found.medium == medium}
