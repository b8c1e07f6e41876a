"""Average coding length over the transfer sets (thesis, figure 4.6 (a))."""

from cogworks.report import measured, repeats
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FeaturesSpec
from cogworks.report.transfer_sets import lacking, number_of, told


def _needs(roles: Roles) -> Found:
    spec = measured.features(roles, "coding_length", with_seen=False)
    if spec is not None:
        over = measured.transfer(roles)
        note = told(over) + repeats.told(spec.repeats, spec.encoders)
        yield Exhibit("coding_length", spec, number=number_of(over, "4.6 (a)"), note=note)


def _make(spec: FeaturesSpec) -> Made:
    from cogworks.report.drawing.feature_figures import bar_figure
    from cogworks.report.drawing.features import read_measures

    return bar_figure(read_measures(spec.measures), spec, "coding_length")


EXHIBIT = Kind(
    "features",
    "Average coding length",
    FeaturesSpec,
    _needs,
    _make,
    caption=(
        "Average coding length per sample over the transfer sets. Error bars, of several runs: "
        "standard deviation (divisor N) over them. As figure 4.6 (a)."
    ),
    lacks=lacking("4.6", _needs, measured.transfer),
)
