"""The course of training: gradients and changes of weights (thesis, figures 4.6 (c) and (d))."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import TracesSpec

# Name and panel of the thesis's figure: what the training room calls its metrics.
PANELS = {
    ("training_gradients", "4.6 (c)"): ["gradient_similarity"],
    ("training_changes", "4.6 (d)"): ["weight_change", "prototype_change"],
}
NOTES = {
    "training_gradients": "Mean cosine of the gradients of different class weights.",
    "training_changes": (
        "How much class weights (ΔW) or prototypes (ΔU) change by a step, as a Frobenius norm."
    ),
}


def _needs(roles: Roles) -> Found:
    traced = {
        run.file("metrics.parquet")
        for run in roles.plan.runs.values()
        if run.section.traces.every_steps > 0
    }
    found = [
        row.model_copy(update={"metrics": [path for path in row.metrics if path in traced]})
        for row in roles.training
    ]
    runs = [row for row in found if row.metrics]
    if runs:
        for (name, number), metrics in PANELS.items():
            spec = TracesSpec(runs=runs, metrics=metrics)
            yield Exhibit(name, spec, number=number, note=NOTES[name])


def _make(spec: TracesSpec) -> Made:
    from cogworks.report.drawing.training_figures import read_metrics, trace_figure

    return trace_figure(read_metrics(spec), spec)


EXHIBIT = Kind(
    "training",
    "The course of training",
    TracesSpec,
    _needs,
    _make,
    caption=(
        "The course of training, as in figures 4.6 (c) and (d). Runs that differ in their seed "
        "alone are one line: their mean, with a band of one standard deviation (divisor N)."
    ),
)
