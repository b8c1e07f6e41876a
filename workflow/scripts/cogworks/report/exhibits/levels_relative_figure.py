"""Top-1 by level less that of the baseline (thesis, figures 3.4 (b) to (e) and A.1 (b) to (e))."""

from cogworks.report.exhibit import Found, Kind, Made, Roles
from cogworks.report.level_axes import level_axes
from cogworks.report.specs import LevelsSpec


def _needs(roles: Roles) -> Found:
    for axis in level_axes(roles):
        yield axis.exhibit("levels_relative", panels="(b) to (e)")


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.level_figures import relative_figure
    from cogworks.report.summary import read_summary

    return relative_figure(read_summary(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind(
    "levels",
    "Top-1 by level less that of the baseline",
    LevelsSpec,
    _needs,
    _make,
    caption=(
        "The same minus the accuracy of the baseline encoder (dashed), on the same images and "
        "seed by seed. Error bars: 95% intervals of the difference for other concepts, images "
        "and seeds. A falling line is an advantage that does not reach distant concepts. As "
        "figure 3.4 (b) to (e), or with blurred images of the seen concepts A.1 (b) to (e)."
    ),
)
