"""Features with and without multi-crop and projector (thesis, figure 4.5)."""

from cogworks.report import measured, repeats
from cogworks.report.components import components
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ComponentsSpec
from cogworks.report.transfer_sets import lacking, number_of, told

METRICS = ("intra_class_distance", "sparsity")


def _needs(roles: Roles) -> Found:
    """Yield one where the features of Base, Base+Mc, Base+Pr and Base+Mc+Pr are measured."""
    names = roles.groups(measure.encoder_name for measure in roles.measures)
    found = components(roles.plan, list(names))
    if found is None or not (found.base and found.base_mc and found.base_pr):
        return
    corners = {
        "base": found.base,
        "base_mc": found.base_mc,
        "base_pr": found.base_pr,
        "base_mc_pr": found.base_mc_pr,
    }
    spec = measured.features(roles, *METRICS, with_seen=True, encoders=corners.values())
    if spec is None:
        return
    over = measured.transfer(roles)
    yield Exhibit(
        "components",
        ComponentsSpec(**dict(spec), corners=corners),
        number=number_of(over, "4.5"),
        note=told(over) + repeats.told(spec.repeats, spec.encoders),
    )


def _make(spec: ComponentsSpec) -> Made:
    from cogworks.report.drawing.components_figure import components_figure
    from cogworks.report.drawing.features import read_measures

    return components_figure(read_measures(spec.measures), spec)


EXHIBIT = Kind(
    "features",
    "Features with and without multi-crop and projector",
    ComponentsSpec,
    _needs,
    _make,
    caption=(
        "Mean distance between features of the same class (top) and sparsity (bottom). Grey "
        "arrows are changes due to multi-crop, orange ones changes due to the projector. Error "
        "bars, of several runs: standard deviation (divisor N) over them. As figure 4.5."
    ),
    wide=True,
    lacks=lacking("4.5", _needs, measured.transfer),
)
