"""The encoders of a run as lines among the published models (thesis, tables B.1 to B.6)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import LevelsSpec, Paper

PAPER = Paper(names=["cog_linear_probe", "cog_models"])


def _needs(roles: Roles) -> Found:
    """Yield one where encoders that are none of the published can be compared by their settings."""
    spec = roles.comparable(PAPER, others=True)
    if spec is not None:
        yield Exhibit("place", spec)


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.place_figure import place_figure
    from cogworks.report.drawing.published import linear_probe, models
    from cogworks.report.summary import read_summary

    folder = spec.paper.folder
    summary = read_summary(spec.scores)
    return place_figure(summary, linear_probe(folder), models(folder), spec)


EXHIBIT = Kind(
    "published",
    "This run's encoders among the published models",
    LevelsSpec,
    _needs,
    _make,
    caption=(
        "Thick: the encoders of this run, with 95% intervals for other concepts, images and seeds. "
        "Thin: the published models of tables B.1 to B.6, in the colours of their categories; "
        "named are ResNet50 and those that end highest and lowest. Left: top-1 accuracy; right: "
        "the same less that of the published ResNet50."
    ),
    wide=True,
)
