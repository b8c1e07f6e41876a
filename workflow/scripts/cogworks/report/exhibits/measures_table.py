"""Top-1 of every measure, where there are several kinds of probes."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import MeasuresSpec


def _needs(roles: Roles) -> Found:
    if roles.by_measure is not None:
        yield Exhibit("measures", roles.by_measure)


def _make(spec: MeasuresSpec) -> Made:
    from cogworks.report.drawing.measures_tables import measures_table
    from cogworks.report.summary import read_both

    return measures_table(*read_both(spec.scores), spec)


EXHIBIT = Kind("few_shot", "Top-1 by measure", MeasuresSpec, _needs, _make)
