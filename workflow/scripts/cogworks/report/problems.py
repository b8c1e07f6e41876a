"""The errors of the section `report` that its types cannot show.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Iterator

from cogworks.core.errors import InputError
from cogworks.plan.plan import Plan
from cogworks.report.roles import Roles, listed


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `report` that its types cannot show.

    The other sections must be in order: nothing can be expanded before.
    """
    roles = Roles(plan)
    found = [
        *_sets(roles),
        *_unknown("protocol", plan.config.report.protocol, plan.config.probes, "a protocol"),
        *_groups(roles),
    ]
    yield from found
    if not found:
        yield from _baseline(roles)
        yield from _labels(roles)
        yield from _named(roles)


def _sets(roles: Roles) -> Iterator[str]:
    for key in ("seen", "levels", "few_shot", "transfer"):
        value = getattr(roles.section, key)
        for name in [value] if isinstance(value, str) else value or []:
            try:
                roles.expand(name)
            except InputError as error:
                yield f"report.{key}: {error}"
    for name in roles.section.samples or []:
        yield from _unknown("samples", name, roles.plan.image_sets, "a data set")


def _unknown(key: str, value: str | None, known: Collection[str], what: str) -> Iterator[str]:
    if value is not None and value not in known:
        yield f"report.{key}: {value!r} is not {what}; known: {listed(known)}"


def _groups(roles: Roles) -> Iterator[str]:
    for group, members in roles.section.test_set_groups.items():
        for name in members:
            key = f"test_set_groups.{group}"
            yield from _unknown(key, name, roles.plan.image_sets, "a data set")


def _baseline(roles: Roles) -> Iterator[str]:
    value = roles.section.baseline
    yield from _unknown("baseline", value, roles.plan.encoders, "an encoder")
    if value not in roles.plan.encoders:
        return
    for name in roles.axis:
        protocol = roles.protocols[name]
        if (value, name, protocol) not in roles.plan.jobs:
            yield (
                f"report.baseline: {value} has no scores on {name} with {protocol}, "
                "so nothing can be shown relative to it; evaluate it there or name another one"
            )


def _named(roles: Roles) -> Iterator[str]:
    """Yield the names that are given a text to show, or a published name, and that nothing has."""
    plan, section = roles.plan, roles.section
    pools = [entry.pool.name for entry in plan.config.evaluations.values() if entry.pool]
    sets = [*plan.image_sets, *roles.evaluated, *section.test_set_groups, *pools]
    shown = dict.fromkeys([*plan.encoders, *sets, *plan.runs])
    for name in section.labels:
        what = "an encoder, a data set, a group or a training run"
        yield from _unknown(f"labels.{name}", name, shown, what)
    for name in section.published_as:
        what = "a data set or a group of test sets"
        yield from _unknown(f"published_as.{name}", name, dict.fromkeys(sets), what)


def _labels(roles: Roles) -> Iterator[str]:
    """Yield an error where two encoders, or two data sets, would look the same."""
    for what, names in (
        ("encoders", roles.scored(roles.evaluated)),
        ("data sets", roles.evaluated),
    ):
        owners: dict[str, str] = {}
        for name in names:
            text = roles.label(name)
            if text in owners:
                yield (
                    f"report.labels: the {what} {owners[text]} and {name} would both be called "
                    f"{text!r}; give one of them another label"
                )
            owners[text] = name
