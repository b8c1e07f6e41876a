"""Tables of several test sets for the same classes (thesis, tables 4.2, 5.1 and 5.2).

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from cogworks.probes.kinds import KINDS
from cogworks.report import comparable
from cogworks.report.clone_rows import BLOCKS, claimed
from cogworks.report.reference import TEST_SETS
from cogworks.report.specs import NO_PAPER, EvalSet, EvalSetsSpec, Paper, SharedSet

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

VALIDATION = "val"
# Those that have a part of the classes: only what both sides have is predicted.
PARTIAL = ("r", "a")
# Matched frequency, threshold 0.7 and top images.
V2_SETS = 3
Shown = TypeVar("Shown", EvalSet, SharedSet)


def tables(roles: "Roles") -> dict[str, tuple[str, str]]:
    """Return the data set and the protocol of each table of test sets, by the table's name.

    There is one where a data set is tested on several test sets, or under a protocol of kind
    classifier: the encoder and its classifier as one model. The levels have tables of their own.
    """
    pairs = dict.fromkeys((d, p) for _, d, p in roles.jobs if d not in roles.levels)
    return {
        p if d == roles.seen else f"{p}_{d}": (d, p)
        for d, p in sorted(pairs, key=lambda pair: pair[0] != roles.seen)
        if KINDS.load(roles.plan.config.probes[p].kind).own or len(test_sets(roles, d, p)) > 1
    }


def is_own(roles: "Roles", name: str) -> bool:
    """Say whether the table called `name` is of encoders with their own classifiers."""
    _, protocol = tables(roles)[name]
    return KINDS.load(roles.plan.config.probes[protocol].kind).own


def spec(
    roles: "Roles",
    name: str,
    *,
    paper: Paper = NO_PAPER,
    choose: Callable[["Roles", Sequence[str]], list[str]] | None = None,
) -> EvalSetsSpec:
    """Return the spec of the table called `name`.

    Args:
        roles: the part of the report.
        name: one of `tables`.
        paper: published figures to show beside.
        choose: returns those of the encoders to show; None shows all.
    """
    dataset, protocol = tables(roles)[name]
    encoders = [e for e, *rest in roles.jobs if tuple(rest) == (dataset, protocol)]
    if choose is not None:
        encoders = choose(roles, encoders)
    return EvalSetsSpec(
        scores=roles.score_files({(encoder, dataset, protocol) for encoder in encoders}),
        paper=paper,
        protocol=protocol,
        dataset=roles.label(dataset),
        published=roles.published_name(dataset),
        encoders=roles.encoders(encoders, own_classifiers=is_own(roles, name)),
        test_sets=test_sets(roles, dataset, protocol),
    )


def test_sets(roles: "Roles", dataset: str, protocol: str) -> list[EvalSet]:
    """Return the columns of a table of test sets: the data set's own first, groups merged."""
    members: dict[str, list[list[str]]] = {}
    for (_, name, p), job in roles.jobs.items():
        if (name, p) == (dataset, protocol):
            for test_set in [dataset, *(found.name for found in job.test_sets)]:
                pairs = members.setdefault(_group(roles, test_set), [])
                if [dataset, test_set] not in pairs:
                    pairs.append([dataset, test_set])
    return [_set(roles, key, pairs, protocol) for key, pairs in members.items()]


def _set(roles: "Roles", key: str, members: list[list[str]], protocol: str) -> EvalSet:
    found = EvalSet(
        label=roles.label(key),
        published=VALIDATION if key == members[0][0] else _published(roles, key),
        members=members,
    )
    return found.model_copy(update={"differs": next(differences(roles, found, protocol), "")})


def differences(roles: "Roles", found: EvalSet, protocol: str) -> Iterator[str]:
    """Yield the settings by which the scores on test sets are others than in the thesis."""
    if found.published is None:
        return
    dataset, section = found.members[0][0], roles.plan.config.probes[protocol]
    published = roles.published_dataset(dataset) or "in1k"
    if KINDS.load(section.kind).own:
        yield from comparable.of_images(roles.plan, dataset, published)
    else:
        yield from comparable.of_scores(roles.plan, dataset, protocol, published)
    names = [name for _, name in found.members if name != dataset]
    for name in names:
        yield from comparable.of_images(roles.plan, name, found.published, test_of=published)
    if found.published in PARTIAL:
        yield from comparable.differing(f"probes.{protocol}", section, {"restrict_classes": True})
    if found.published == "v2" and len(names) != V2_SETS:
        yield f"{found.label} is the mean of {len(names)} test sets; the thesis: {V2_SETS}"


def called(roles: "Roles", found: EvalSet, dataset: str) -> str:
    """Return what chapter 5 calls a test set for the classes of a data set of the thesis."""
    known = claimed(roles, dataset) in BLOCKS
    return TEST_SETS[found.published] if known and found.published else found.label


def in_order(found: Iterable[Shown]) -> list[Shown]:
    """Return test sets in the thesis's order, those that it has not last."""
    order = list(TEST_SETS)
    return sorted(found, key=lambda s: order.index(s.published) if s.published else len(order))


def _published(roles: "Roles", name: str) -> str | None:
    found = roles.published_name(name)
    return found if found in TEST_SETS else None


def _group(roles: "Roles", test_set: str) -> str:
    groups = roles.section.test_set_groups
    return next((name for name, members in groups.items() if test_set in members), test_set)
