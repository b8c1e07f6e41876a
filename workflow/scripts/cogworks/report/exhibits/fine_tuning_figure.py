"""Linear probes less fine-tuning (thesis, figure 3.6)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.fine_tuned import comparison
from cogworks.report.specs import FineTuningSpec


def _needs(roles: Roles) -> Found:
    spec = comparison(roles)
    if spec:
        yield Exhibit("fine_tuning", spec, number="3.6")


def _make(spec: FineTuningSpec) -> Made:
    from cogworks.report.drawing.fine_tuning import fine_tuning_figure
    from cogworks.report.scores import read_scores

    return fine_tuning_figure(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "fine_tuning",
    "Frozen features against fine-tuning",
    FineTuningSpec,
    _needs,
    _make,
    caption=(
        "Top-1 of linear probes on frozen features minus that of the encoder fine-tuned on "
        "the same data set, on the same images. Error bars: 95% intervals for other concepts like "
        "these, other images of them and other seeds of the probes; of the fine-tuned encoder, one "
        "run. As figure 3.6."
    ),
)
