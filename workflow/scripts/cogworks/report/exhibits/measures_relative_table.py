"""Top-1 of every measure less that of the baseline."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import MeasuresSpec


def _needs(roles: Roles) -> Found:
    found = roles.by_measure
    if found is not None and len(found.encoders) > 1:
        yield Exhibit("measures_relative", found)


def _make(spec: MeasuresSpec) -> Made:
    from cogworks.report.drawing.measures_tables import relative_table
    from cogworks.report.summary import read_both

    return relative_table(*read_both(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind(
    "few_shot", "Top-1 by measure less that of the baseline", MeasuresSpec, _needs, _make
)
