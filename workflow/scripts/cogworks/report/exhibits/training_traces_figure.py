"""The course of training: gradients and changes of weights (thesis, figures 4.6 (c) and (d))."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import TrainingSpec


def _needs(roles: Roles) -> Found:
    plan = roles.plan
    runs = [row for row in roles.training if plan.runs[row.name].section.traces.every_steps > 0]
    if runs:
        yield Exhibit("training_traces", TrainingSpec(runs=runs), number="4.6 (c), (d)")


def _make(spec: TrainingSpec) -> Made:
    from cogworks.report.drawing.training_figures import TRACES, read_metrics, training_figure

    return training_figure(read_metrics(spec), spec, TRACES)


EXHIBIT = Kind(
    "training",
    "The course of training",
    TrainingSpec,
    _needs,
    _make,
    caption=(
        "The course of training: mean cosine of the gradients of different class weights, and "
        "how much class weights or prototypes change by a step. As figures 4.6 (c) and (d)."
    ),
    wide=True,
)
