"""Top-1 by level less that of the baseline (thesis, section 3.4.2)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import LevelsSpec


def _needs(roles: Roles) -> Found:
    if roles.scored(roles.axis):
        yield Exhibit("levels_relative", roles.by_level(roles.axis))


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.level_tables import relative_table
    from cogworks.report.summary import read_both

    return relative_table(*read_both(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind("levels", "Top-1 by level less that of the baseline", LevelsSpec, _needs, _make)
