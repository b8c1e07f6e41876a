"""The list of all exhibits: those of the thesis by number, then the others, each with its state.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

from cogworks.core.spec import Spec
from cogworks.core.words import counted
from cogworks.report.targets import Targets

OTHERS = "Others"


class Listed(Spec):
    """A line of the list."""

    heading: str
    """What it stands below."""
    name: str
    title: str
    files: list[str]
    """Empty where the config does not give it."""
    lacks: str = ""
    """What the config lacks then."""


class ListSpec(Spec):
    """The list."""

    rows: list[Listed]


def spec(targets: Targets) -> ListSpec:
    """Return all exhibits: of the thesis by chapter, given or not, then the config's others."""
    numbered = [
        Listed(
            heading=f"Chapter {entry.chapter}",
            name=entry.name,
            title=entry.title,
            files=[planned.path for planned in given],
            lacks="" if given else targets.lacks(entry),
        )
        for entry, given in targets.numbered.items()
    ]
    others = [
        Listed(
            heading=OTHERS,
            name=f"{planned.medium} {planned.name}",
            title=planned.kind.title,
            files=[planned.path],
        )
        for planned in targets.exhibits.planned
        if planned.numbered is None
    ]
    return ListSpec(rows=[*sorted(numbered, key=lambda row: row.heading), *others])


def lines(found: Sequence[Listed], to_run: Callable[[list[str]], int]) -> Iterator[str]:
    """Yield the list.

    Args:
        found: what `rows` returns.
        to_run: returns how many jobs would run to make some files.
    """
    for heading, members in itertools.groupby(found, key=lambda row: row.heading):
        rows = list(members)
        name, title = (max(len(getattr(r, key)) for r in rows) for key in ("name", "title"))
        yield heading
        for row in rows:
            yield f"  {row.name:{name}}  {row.title:{title}}  {_state(row, to_run)}"


def _state(row: Listed, to_run: Callable[[list[str]], int]) -> str:
    if not row.files:
        return f"not in this config, which lacks {row.lacks}"
    jobs = to_run(row.files)
    return f"planned: {counted(jobs, 'job')} to run" if jobs else "made"
