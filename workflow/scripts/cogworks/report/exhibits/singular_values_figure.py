"""Singular values of features (thesis, figure 4.6 (b))."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FeaturesSpec


def _needs(roles: Roles) -> Found:
    if roles.measures and "singular_values" in roles.plan.config.analysis.metrics:
        yield Exhibit("singular_values", roles.features, number="4.6 (b)")


def _make(spec: FeaturesSpec) -> Made:
    from cogworks.report.drawing.feature_figures import spectrum_figure
    from cogworks.report.drawing.features import read_measures

    return spectrum_figure(read_measures(spec.measures), spec)


EXHIBIT = Kind(
    "features",
    "Singular values of features",
    FeaturesSpec,
    _needs,
    _make,
    caption=(
        "Singular values of the feature matrix, divided by their sum and averaged over the "
        "data sets of a group. The flatter the line, the more evenly variance is spread over "
        "dimensions. As figure 4.6 (b)."
    ),
    wide=True,
)
