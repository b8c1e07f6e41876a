"""Top-1 by level as lines (thesis, figure 3.4 (a))."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import LevelsSpec


def _needs(roles: Roles) -> Found:
    if roles.scored(roles.axis):
        yield Exhibit("levels_absolute", roles.by_level(roles.axis), number="3.4 (a)")


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
        "concepts are farther and farther from the seen ones. Error bars: 95% "
        "intervals for other concepts, images and seeds, which all encoders share: compare them "
        "by their differences. Dotted: chance. As figure 3.4 (a) of the thesis."
    ),
)
