"""The exhibits of a plan: which tables and figures a config gives, each with what it needs.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from dataclasses import dataclass
from functools import cached_property

from cogworks.core.codehash import rule_code
from cogworks.plan.plan import Plan
from cogworks.report import procedural
from cogworks.report.exhibit import AnyKind, Exhibit, ExhibitSpec, Medium
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.roles import Roles, parts
from cogworks.report.specs import CollectSpec, ScoreFiles
from cogworks.report.thesis import Numbered, numbered


@dataclass(frozen=True)
class Planned:
    """An exhibit of a plan.

    Attributes:
        kind_name: the name of its kind in the registry.
        kind: its kind.
        roles: the part of the report where it stands.
        exhibit: what the config makes of the kind in this part.
    """

    kind_name: str
    kind: AnyKind
    roles: Roles
    exhibit: Exhibit

    @property
    def name(self) -> str:
        """Return its name without suffix: those of a named part begin with the part's name."""
        return self.roles.named(self.exhibit.name)

    @property
    def spec(self) -> ExhibitSpec:
        """Return what it depends on besides its code."""
        return self.exhibit.spec

    @property
    def medium(self) -> Medium:
        """Return whether it is a table or a figure: the end of its kind's name."""
        return "table" if self.kind_name.endswith("_table") else "figure"

    @cached_property
    def numbered(self) -> Numbered | None:
        """Return which table or figure of the thesis it is, if it is one.

        It is none in a part that is like another chapter.
        """
        number = self.exhibit.number
        found = numbered(self.medium, number) if number else None
        return found if found and self.roles.chapter in (None, found.chapter) else None

    @property
    def chapter(self) -> int | None:
        """Return the chapter of its part, else that of its number."""
        return self.roles.chapter or (self.numbered.chapter if self.numbered else None)

    @property
    def caption(self) -> str:
        """Return the text below a figure, as reStructuredText."""
        return " ".join(filter(None, [self.kind.caption, self.exhibit.note]))

    @property
    def caveat(self) -> str:
        """Return what must be said of its numbers wherever they go; empty for nothing."""
        return procedural.caveat(self.roles.plan, self.spec.files)

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

    @property
    def shown(self) -> str:
        """Return the file that the page holds: of photographs the PNG, which it can compress."""
        return self.path.removesuffix(".svg") + ".png" if self.kind.photographs else self.path


@dataclass(frozen=True)
class Exhibits:
    """All exhibits of a plan, part by part in the order of the registry."""

    plan: Plan

    @cached_property
    def parts(self) -> list[Roles]:
        """Return the roles that data sets and encoders play in each part of the report."""
        return parts(self.plan)

    @cached_property
    def planned(self) -> list[Planned]:
        """Return all of them, part by part."""
        kinds = [(name, EXHIBITS.load(name)) for name in EXHIBITS]
        return [
            Planned(name, kind, roles, found)
            for roles in self.parts
            for name, kind in kinds
            for found in kind.needs(roles)
        ]

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
        """Return what the files with all scores depend on.

        They are relative to a baseline only where all parts have the same one.
        """
        baselines = {roles.baseline for roles in self.parts}
        return CollectSpec(
            scores=ScoreFiles.of(list(self.plan.jobs)),
            baseline=baselines.pop() if len(baselines) == 1 else None,
        )

    def _of(self, medium: Medium) -> dict[str, Planned]:
        return {found.name: found for found in self.planned if found.medium == medium}
