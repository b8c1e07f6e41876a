"""The errors of the section `report` that its types cannot show.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import itertools
from collections.abc import Collection, Iterator

from cogworks.config.report import Shown
from cogworks.core.errors import InputError
from cogworks.plan.plan import Plan
from cogworks.report.roles import Roles, listed, parts


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `report` that its types cannot show.

    The other sections must be in order: nothing can be expanded before.
    """
    found = list(_of_parts(plan))
    for roles in parts(plan):
        found += list(_chosen(roles)) or [*_sets(roles), *_names(roles)]
    if not found:
        checks = (_baseline, _labels, _advantage)
        lines = (line for roles in parts(plan) for check in checks for line in check(roles))
        found = [*dict.fromkeys(lines), *_named(plan)]
    yield from found


def _of_parts(plan: Plan) -> Iterator[str]:
    """Yield the keys that stand beside the parts and not in them, and names of parts that clash."""
    section = plan.config.report
    if section.parts is None:
        return
    for key, field in Shown.model_fields.items():
        if getattr(section, key) != field.default:
            yield (
                f"report.{key}: does nothing beside report.parts; give it in the parts that it "
                "is for, as report.parts.NAME." + key
            )
    for one, other in itertools.permutations(section.parts, 2):
        if other.startswith(f"{one}_"):
            yield (
                f"report.parts.{other}: the names of the exhibits of {one} may begin like this one "
                "too; rename one of the two"
            )


def _chosen(roles: Roles) -> Iterator[str]:
    """Yield the names that a part is restricted to and that stand for nothing."""
    plan, section = roles.plan, roles.section
    encoders = dict.fromkeys([*plan.encoder_families, *plan.encoders])
    for name in section.encoders or []:
        yield from _unknown(roles, "encoders", name, encoders, "an encoder")
    for name in section.evaluations or []:
        known = plan.config.evaluations
        yield from _unknown(roles, "evaluations", name, known, "an evaluation")


def _names(roles: Roles) -> Iterator[str]:
    """Yield the other names that stand for nothing, except those of evaluated data sets."""
    plan, section = roles.plan, roles.section
    yield from _unknown(roles, "protocol", section.protocol, plan.config.probes, "a protocol")
    for name in section.samples or []:
        yield from _unknown(roles, "samples", name, plan.image_sets, "a data set")
    for group, members in section.test_set_groups.items():
        for name in members:
            key = f"test_set_groups.{group}"
            yield from _unknown(roles, key, name, plan.image_sets, "a data set")


def _sets(roles: Roles) -> Iterator[str]:
    for key in ("seen", "levels", "few_shot", "transfer"):
        value = getattr(roles.section, key)
        for name in [value] if isinstance(value, str) else value or []:
            try:
                roles.expand(name)
            except InputError as error:
                yield f"{roles.key}.{key}: {error}"


def _unknown(
    roles: Roles, key: str, value: str | None, known: Collection[str], what: str
) -> Iterator[str]:
    if value is not None and value not in known:
        yield f"{roles.key}.{key}: {value!r} is not {what}; known: {listed(known)}"


def _baseline(roles: Roles) -> Iterator[str]:
    value = roles.section.baseline
    yield from _unknown(roles, "baseline", value, roles.plan.encoders, "an encoder")
    if value not in roles.plan.encoders:
        return
    for name in roles.axis:
        protocol = roles.protocols[name]
        if (value, name, protocol) not in roles.jobs:
            yield (
                f"{roles.key}.baseline: {value} has no scores on {name} with {protocol}, "
                "so nothing can be shown relative to it; evaluate it there or name another one"
            )


def _advantage(roles: Roles) -> Iterator[str]:
    key = f"{roles.key}.advantage"
    if roles.section.advantage is None:
        return
    if not roles.levels or roles.ranked is None:
        yield f"{key}: needs levels that are a cut of one ranking (classes.part: levels); remove it"
    elif len(roles.scored(roles.levels)) < 2:
        yield f"{key}: needs an encoder on the levels besides the baseline {roles.baseline}"


def _named(plan: Plan) -> Iterator[str]:
    """Yield the names that are given a text to show, or a published name, and that nothing has."""
    section = plan.config.report
    pools = [entry.pool.name for entry in plan.config.evaluations.values() if entry.pool]
    groups = [name for roles in parts(plan) for name in roles.section.test_set_groups]
    evaluated = [dataset for _, dataset, _ in plan.jobs]
    sets = dict.fromkeys([*plan.image_sets, *evaluated, *groups, *pools])
    shown = dict.fromkeys([*plan.encoders, *sets, *plan.runs])
    what = "an encoder, a data set, a group or a training run"
    for name in section.labels:
        if name not in shown:
            yield f"report.labels.{name}: {name!r} is not {what}; known: {listed(shown)}"
    for name in section.published_as:
        if name not in sets:
            yield (
                f"report.published_as.{name}: {name!r} is not a data set or a group of test sets; "
                f"known: {listed(sets)}"
            )


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
