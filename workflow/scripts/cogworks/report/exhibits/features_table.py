"""Measures of features (thesis, figures 4.5, 4.6 (a) and 5.6)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FeaturesSpec


def _needs(roles: Roles) -> Found:
    if roles.metrics - {"singular_values"}:
        yield Exhibit("features", roles.features)


def _make(spec: FeaturesSpec) -> Made:
    from cogworks.report.drawing.features import feature_table, read_measures

    return feature_table(read_measures(spec.measures), spec)


EXHIBIT = Kind(
    "features",
    "Measures of features",
    FeaturesSpec,
    _needs,
    _make,
    folded=True,
)
