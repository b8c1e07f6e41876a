"""Measures of features (thesis, figures 4.5, 4.6 (a) and 5.6)."""

from cogworks.report import repeats
from cogworks.report.clone_lacks import of_features
from cogworks.report.clone_rows import Trained, has_clones
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FeaturesSpec

# Of the encoders that learned from clones.
NUMBER = "5.6"


def _needs(roles: Roles) -> Found:
    """Yield one where features are measured; it is figure 5.6 where some learned from clones."""
    if roles.metrics - {"singular_values"}:
        encoders = [Trained(roles, measure.encoder_name) for measure in roles.measures]
        number = NUMBER if has_clones(encoders) else ""
        spec = roles.features
        note = repeats.told(spec.repeats, spec.encoders).strip()
        yield Exhibit("features", spec, number=number, note=note)


def _make(spec: FeaturesSpec) -> Made:
    from cogworks.report.drawing.feature_figures import feature_figure
    from cogworks.report.drawing.features import read_measures

    return feature_figure(read_measures(spec.measures), spec)


EXHIBIT = Kind(
    "features",
    "Measures of features",
    FeaturesSpec,
    _needs,
    _make,
    caption=(
        "Measures of the features themselves, by group of data sets. Error bars, of several runs: "
        "standard deviation (divisor N) over them. As figures 4.5, 4.6 (a) and 5.6."
    ),
    wide=True,
    lacks=lambda roles: {NUMBER: of_features(roles)},
)
