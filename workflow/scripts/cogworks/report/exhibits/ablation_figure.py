"""Training and transfer along one number of the recipe (thesis, figures 4.4, 5.4 and 5.5)."""

from cogworks.report import repeats
from cogworks.report.ablations import AXES, ablations
from cogworks.report.clone_lacks import of_number
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import AblationSpec, Series
from cogworks.report.transfer_sets import lacking, number_of, told


def _needs(roles: Roles) -> Found:
    """Yield one for each number in which some encoders differ and agree in all the rest."""
    for name, series in ablations(roles.plan, list(roles.groups(roles.compared))).items():
        axis = AXES[name]
        spec = AblationSpec(
            **dict(roles.trade_off(encoders=_encoders(series))),
            property=name,
            measures=list(axis.measures),
            series=series,
        )
        number = number_of(spec.transfer, axis.number) if axis.key else axis.number
        label = f"ablation_{name.replace(' ', '_')}"
        note = told(spec.transfer) + repeats.told(spec.scores.repeats, spec.encoders)
        yield Exhibit(label, spec, about=name, number=number, note=note)


def _encoders(series: list[Series]) -> set[str]:
    points = [point.encoder for entry in series for point in entry.points]
    return {*points, *(entry.reference for entry in series if entry.reference)}


def _of_crops(roles: Roles) -> Found:
    """Yield figure 4.4, whether it has its number or not."""
    return (found for found in _needs(roles) if AXES[found.about].number == "4.4")


def _make(spec: AblationSpec) -> Made:
    from cogworks.report.drawing.ablation_figure import ablation_figure
    from cogworks.report.drawing.transfer import training_versus_transfer
    from cogworks.report.scores import read_scores

    return ablation_figure(training_versus_transfer(read_scores(spec.scores), spec), spec)


EXHIBIT = Kind(
    "transfer",
    "Training and transfer along one number",
    AblationSpec,
    _needs,
    _make,
    caption=(
        "Runs that differ in this one number. Error bars: 95% intervals for other concepts like "
        "these, other images of them and other seeds: of the training, where there are several "
        "runs, else of the probes."
    ),
    wide=True,
    lacks=lambda roles: {
        **lacking("4.4", _of_crops)(roles),
        "5.4": of_number(roles, "size"),
        "5.5": of_number(roles, "guidance", "steps"),
    },
)
