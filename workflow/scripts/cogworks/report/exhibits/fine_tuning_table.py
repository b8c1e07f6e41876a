"""Frozen features against fine-tuning (thesis, section 3.5.1)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.fine_tuned import comparison
from cogworks.report.specs import FineTuningSpec


def _needs(roles: Roles) -> Found:
    spec = comparison(roles)
    if spec:
        yield Exhibit("fine_tuning", spec)


def _make(spec: FineTuningSpec) -> Made:
    from cogworks.report.drawing.fine_tuning import fine_tuning_table
    from cogworks.report.scores import read_scores

    return fine_tuning_table(read_scores(spec.scores), spec)


EXHIBIT = Kind("fine_tuning", "Frozen features against fine-tuning", FineTuningSpec, _needs, _make)
