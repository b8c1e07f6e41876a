"""What the head of a part of the report says before anything is computed.

Which settings differ from the thesis's, and what the config does not give of the thesis's chapter.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Iterator

from cogworks.probes.kinds import KINDS
from cogworks.report import clone_rows, comparable, eval_sets
from cogworks.report.clauses import NAMED, told
from cogworks.report.roles import Roles
from cogworks.report.targets import Targets
from cogworks.report.thesis import Numbered


def notes(targets: Targets, roles: Roles) -> Iterator[str]:
    """Yield the sentences for one part, none where the thesis's figures are not wanted."""
    if not roles.section.published:
        return
    text = told("Not comparable with the thesis where settings differ", differences(roles))
    if text:
        yield text
    given = _given(targets, roles)
    chapters = [roles.chapter] if roles.chapter else {entry.chapter for entry in given}
    lacking: dict[str, list[str]] = {}
    for entry, planned in targets.numbered.items():
        if not planned and entry.chapter in chapters:
            lacking.setdefault(targets.lacks(entry), []).append(entry.name)
    if lacking:
        groups = [f"{', '.join(names)} (lacks {text})" for text, names in lacking.items()]
        more = f"; and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        text = "; ".join(groups[:NAMED])
        command = "snakemake --cores 1 exhibits"
        yield f"Not in this config: {text}{more}. The command {command} lists all."


def published_cells(targets: Targets, roles: Roles) -> int:
    """Return how many cells the thesis's tables have that this part gives."""
    return sum(entry.cells for entry in _given(targets, roles))


def differences(roles: Roles) -> Iterator[str]:
    """Yield every setting of a part that makes scores others than the thesis's, see `comparable`.

    Settings of data sets come first, since they concern all encoders.
    """
    for dataset in roles.evaluated:
        kind = roles.plan.config.probes[roles.protocols[dataset]].kind
        if not KINDS.load(kind).own:  # Those of a run's own classifier are in tables of test sets.
            yield from roles.differences(dataset)
    for name in eval_sets.tables(roles):
        spec = eval_sets.spec(roles, name)
        for entry in spec.test_sets:
            yield from eval_sets.differences(roles, entry, spec.protocol)
    for name in roles.scored(roles.evaluated):
        own = name not in roles.probed
        yield from comparable.of_encoder(roles.plan.encoders[name], own_classifier=own)
    yield from clone_rows.differences(roles)


def _given(targets: Targets, roles: Roles) -> Collection[Numbered]:
    """Return the tables and figures of the thesis that a part gives."""
    found = targets.numbered.items()
    return [entry for entry, planned in found if any(p.roles == roles for p in planned)]
