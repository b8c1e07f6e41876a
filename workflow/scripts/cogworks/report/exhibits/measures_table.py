"""Top-1 of every measure and its advantage, where there are several kinds of probes."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import MeasuresSpec


def _needs(roles: Roles) -> Found:
    if roles.by_measure is not None:
        yield Exhibit("measures", roles.by_measure)


def _make(spec: MeasuresSpec) -> Made:
    from cogworks.report.drawing.measures_table import measures_table
    from cogworks.report.summary import read_both

    return measures_table(*read_both(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind("few_shot", "Accuracy by measure", MeasuresSpec, _needs, _make)
