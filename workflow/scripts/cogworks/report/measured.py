"""Measures of features on the training task and on the transfer sets (thesis, section 4.4.2).

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from cogworks.report.specs import FeaturesSpec, Group, SetColumn

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

TRANSFER = "transfer"


def features(
    roles: "Roles", *metrics: str, with_seen: bool, encoders: Collection[str] | None = None
) -> FeaturesSpec | None:
    """Return the spec of what shows measures averaged over the transfer sets.

    Args:
        roles: the part of the report.
        metrics: None is returned where one of them is not measured.
        with_seen: whether to show it on the seen data set, too.
        encoders: those to show, which stand for those that differ from them in their seed alone;
            None for all whose features are measured.
    """
    measures = [
        measure
        for measure in roles.measures
        if encoders is None or roles.firsts[measure.encoder_name] in encoders
    ]
    known = {measure.dataset for measure in measures}
    groups = [Group(name=TRANSFER, datasets=[c.name for c in transfer(roles)])]
    if with_seen and roles.seen in known:
        groups.insert(0, Group(name=roles.label(roles.seen or ""), datasets=[str(roles.seen)]))
    shown = {dataset for group in groups for dataset in group.datasets}
    found = [measure for measure in measures if measure.dataset in shown]
    if not {*metrics} <= roles.metrics or not groups[-1].datasets:
        return None
    names = list(dict.fromkeys(measure.encoder_name for measure in found))
    return FeaturesSpec(
        measures=[measure.table for measure in found],
        baseline=roles.firsts.get(roles.section.baseline or ""),
        encoders=roles.encoders(names),
        repeats=roles.repeats(names),
        groups=groups,
    )


def transfer(roles: "Roles") -> list[SetColumn]:
    """Return the transfer sets on which features are measured."""
    known = {measure.dataset for measure in roles.measures}
    return [column for column in roles.columns(roles.transfer) if column.name in known]
