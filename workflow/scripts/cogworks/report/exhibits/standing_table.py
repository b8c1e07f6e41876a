"""Ranks of each encoder among the published models (thesis, tables B.1 to B.6)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import LINEAR_PROBE, LevelsSpec


def _needs(roles: Roles) -> Found:
    if roles.published_axis:
        yield Exhibit("standing", roles.by_level(roles.published_axis, LINEAR_PROBE))


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.published import linear_probe
    from cogworks.report.drawing.standing import standing_table, with_ties
    from cogworks.report.summary import read_both

    published = linear_probe(spec.paper.folder)
    scores, summary = read_both(spec.scores)
    table = standing_table(summary, published, spec)
    return table if table.frame.empty else with_ties(table, scores, spec)


EXHIBIT = Kind("published", "Ranks among the published models", LevelsSpec, _needs, _make)
