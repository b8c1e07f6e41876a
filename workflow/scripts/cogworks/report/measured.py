"""Measures of features on the training task and on the transfer sets (thesis, section 4.4.2).

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import TYPE_CHECKING

from cogworks.report.specs import FeaturesSpec, Group, SetColumn

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

TRANSFER = "transfer"


def features(roles: "Roles", metric: str, *, with_seen: bool) -> FeaturesSpec | None:
    """Return the spec of what shows a measure averaged over the transfer sets.

    Args:
        roles: the part of the report.
        metric: None is returned where it is not measured.
        with_seen: whether to show it on the seen data set, too.
    """
    measures = roles.measures
    known = {measure.dataset for measure in measures}
    groups = [Group(name=TRANSFER, datasets=[c.name for c in transfer(roles)])]
    if with_seen and roles.seen in known:
        groups.insert(0, Group(name=roles.label(roles.seen or ""), datasets=[str(roles.seen)]))
    shown = {dataset for group in groups for dataset in group.datasets}
    found = [measure for measure in measures if measure.dataset in shown]
    if metric not in roles.plan.config.analysis.metrics or not groups[-1].datasets:
        return None
    return FeaturesSpec(
        measures=[measure.table for measure in found],
        baseline=roles.section.baseline,
        encoders=roles.encoders(list(dict.fromkeys(measure.encoder_name for measure in found))),
        groups=groups,
    )


def transfer(roles: "Roles") -> list[SetColumn]:
    """Return the transfer sets on which features are measured."""
    known = {measure.dataset for measure in roles.measures}
    return [column for column in roles.columns(roles.transfer) if column.name in known]
