"""The thesis's exhibits as targets: `table_B_6`, `figure_4_7`, `chapter_4` and `paper`.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from cogworks.report import thesis
from cogworks.report.exhibit import Medium
from cogworks.report.exhibits import EXHIBITS
from cogworks.report.planned import Exhibits, Planned
from cogworks.report.roles import Roles
from cogworks.report.thesis import CHAPTERS, Numbered

PAGE = "results/report.html"
# What may be the name of such a target; see `Targets.refusal`.
LIKE_A_TARGET = r"(?i:(table|figure|chapter)_\w+|[tf][a-z]*[ _]?[a-e\d][_.]\d+)"


@dataclass(frozen=True)
class Targets:
    """The targets that a config gives, and why it does not give the others."""

    exhibits: Exhibits

    @cached_property
    def numbered(self) -> dict[Numbered, list[Planned]]:
        """Return every table and figure of the thesis with the exhibits that are it.

        Several are panels of one figure, or the same one in several parts of the report.
        """
        found: dict[Numbered, list[Planned]] = {entry: [] for entry in thesis.EXHIBITS}
        for planned in self.exhibits.planned:
            if planned.numbered is not None:
                found[planned.numbered].append(planned)
        return found

    @cached_property
    def files(self) -> dict[str, list[str]]:
        """Return the files of each target that the config gives.

        A chapter is all exhibits of its parts, and its numbered ones in parts without a chapter.
        """
        given = {entry: planned for entry, planned in self.numbered.items() if planned}
        found = {entry.target: _paths(planned) for entry, planned in given.items()}
        for chapter in CHAPTERS:
            own = [p for p in self.exhibits.planned if p.chapter == chapter]
            if own:
                found[f"chapter_{chapter}"] = _paths(own)
        return found | {"paper": [*(path for p in given.values() for path in _paths(p)), PAGE]}

    @property
    def parts(self) -> dict[str, list[str]]:
        """Return the files of each part of the report by its title, empty for one alone."""
        found: dict[str, list[str]] = {roles.title: [] for roles in self.exhibits.parts}
        for planned in self.exhibits.planned:
            found[planned.roles.title].append(planned.path)
        return found

    def lacks(self, entry: Numbered) -> str:
        """Return what the config lacks for a table or figure of the thesis that it does not give.

        A kind of exhibit may know (`Kind.lacks`), else it is what such a one takes in general.
        """
        parts = [r for r in self.exhibits.parts if r.chapter in (None, entry.chapter)]
        if not parts:
            return f"a part in report.parts with chapter: {entry.chapter}"
        return self._lacking(parts[0], entry.medium).get(entry.number, entry.wants)

    @cached_property
    def _lacking(self) -> Callable[[Roles, Medium], dict[str, str]]:
        """Return `_lacking`, which this keeps: the kinds look at all of a part."""
        return cache(_lacking)

    def refusal(self, target: str) -> str:
        """Return why there is no such target, for one like `LIKE_A_TARGET` that is not given."""
        for entry in thesis.EXHIBITS:
            if entry.target == target:
                return (
                    f"{target}: {entry.name} ({entry.title}) is not in this config, which lacks "
                    f"{self.lacks(entry)}"
                )
        for chapter in CHAPTERS:
            if target == f"chapter_{chapter}":
                return f"{target}: this config lacks a part in report.parts with chapter: {chapter}"
        names = {entry.target.lower(): entry.target for entry in thesis.EXHIBITS}
        close = [names[name] for name in difflib.get_close_matches(target.lower(), names)]
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        return (
            f"{target}: the thesis has no such table, figure or chapter; {hint}"
            "`snakemake --cores 1 exhibits` lists them all"
        )


def _lacking(roles: Roles, medium: Medium) -> dict[str, str]:
    """Return what the kinds of tables or figures say that a part lacks, by number."""
    kinds = [EXHIBITS.load(name) for name in EXHIBITS if name.endswith(f"_{medium}")]
    found: dict[str, str] = {}
    for kind in kinds:
        told = kind.lacks(roles) if kind.lacks is not None else {}
        found = {number: text for number, text in told.items() if text} | found
    return found


def _paths(planned: list[Planned]) -> list[str]:
    return [entry.path for entry in planned]
