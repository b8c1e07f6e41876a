"""Singular values of features (thesis, figure 4.6 (b))."""

from cogworks.report import measured, repeats
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FeaturesSpec
from cogworks.report.transfer_sets import number_of, told

METRIC = "singular_values"


def _needs(roles: Roles) -> Found:
    """Yield one for the groups of the config, and one for the transfer sets."""
    if METRIC in roles.metrics:
        note = repeats.told(roles.features.repeats, roles.features.encoders).strip()
        yield Exhibit("singular_values", roles.features, note=note)
    spec = measured.features(roles, METRIC, with_seen=False)
    if spec is not None:
        over = measured.transfer(roles)
        number = number_of(over, "4.6 (b)")
        note = told(over) + repeats.told(spec.repeats, spec.encoders)
        yield Exhibit("singular_values_transfer", spec, number=number, note=note)


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
        "dimensions, of which the first 1000 are shown. Bands, of several runs: one standard "
        "deviation (divisor N) over them. As figure 4.6 (b)."
    ),
    wide=True,
)
