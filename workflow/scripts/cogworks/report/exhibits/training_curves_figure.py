"""Loss and validation accuracy of training runs."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import TrainingSpec


def _needs(roles: Roles) -> Found:
    runs = roles.training
    if runs:
        yield Exhibit("training_curves", TrainingSpec(runs=runs))


def _make(spec: TrainingSpec) -> Made:
    from cogworks.report.drawing.training_figures import CURVES, read_metrics, training_figure

    return training_figure(read_metrics(spec), spec, CURVES)


EXHIBIT = Kind(
    "training",
    "Loss and validation accuracy",
    TrainingSpec,
    _needs,
    _make,
    caption=(
        "Training loss and validation accuracy by epoch. Losses of different objectives are "
        "not comparable. Runs that differ in their seed alone are one line: their mean, with a "
        "band of one standard deviation (divisor N)."
    ),
    wide=True,
)
