"""Top-1 by level as lines (thesis, figures 3.4 (a) and A.1 (a))."""

from cogworks.report.exhibit import Found, Kind, Made, Roles
from cogworks.report.level_axes import lacks, level_axes
from cogworks.report.specs import LevelsSpec


def _needs(roles: Roles) -> Found:
    for axis in level_axes(roles):
        yield axis.exhibit("levels_absolute", panels="(a)")


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.level_figures import absolute_figure
    from cogworks.report.summary import read_summary

    return absolute_figure(read_summary(spec.scores), spec)


EXHIBIT = Kind(
    "levels",
    "Top-1 by level",
    LevelsSpec,
    _needs,
    _make,
    caption=(
        "Top-1 accuracy on the test images of the seen concepts and of each level, whose "
        "concepts are farther and farther from the seen ones. Error bars, of few encoders: 95% "
        "intervals for other concepts, images and seeds, which all encoders share: compare them "
        "by their differences. Dotted: chance. Among many, the colour of a published model is that "
        "of its category, and the best are named: of each category, of this run and of all, and "
        "what the thesis selects for figure 3.5. As figure 3.4 (a) of the thesis, or with blurred "
        "images of the seen concepts A.1 (a)."
    ),
    lacks=lacks,
)
