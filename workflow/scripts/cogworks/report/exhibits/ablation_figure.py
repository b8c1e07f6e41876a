"""Training and transfer along one number of the recipe (thesis, figures 4.4, 5.4 and 5.5)."""

from cogworks.report import recipes
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import AblationSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each number in which some encoders differ and agree in all the rest."""
    for name, series in recipes.ablations(roles.plan, roles.compared).items():
        spec = AblationSpec(**dict(roles.trade_off()), property=name, series=series)
        yield Exhibit(f"ablation_{name.replace(' ', '_')}", spec, about=name)


def _make(spec: AblationSpec) -> Made:
    from cogworks.report.drawing.ablation_figure import ablation_figure
    from cogworks.report.drawing.transfer import training_versus_transfer
    from cogworks.report.scores import collect

    return ablation_figure(training_versus_transfer(collect(spec.scores.paths), spec), spec)


EXHIBIT = Kind(
    "transfer",
    "Training and transfer along one number",
    AblationSpec,
    _needs,
    _make,
    caption=(
        "Runs that differ in this one number: the training task on the left, transfer on the right."
    ),
    wide=True,
)
