"""Top-1 by the number of training images per class (thesis, figure 3.5)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import LevelsSpec


def _needs(roles: Roles) -> Found:
    if roles.few_shot_sets:
        yield Exhibit("few_shot", roles.by_level(roles.few_shot_sets), number="3.5")


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.few_shot_figure import few_shot_figure
    from cogworks.report.summary import read_summary

    return few_shot_figure(read_summary(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind(
    "few_shot",
    "Top-1 by training images per class",
    LevelsSpec,
    _needs,
    _make,
    caption=(
        "Top-1 accuracy by number of training images per class; above absolute, below relative "
        "to the baseline. Bands: one standard deviation (divisor N) over seeds, which choose the "
        "images too. As figure 3.5."
    ),
    wide=True,
)
