"""Tables B.1 to B.6 with the encoders of this run above the published models."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.reference import LEVELS
from cogworks.report.roles import CONCEPTS
from cogworks.report.specs import LINEAR_PROBE, LevelsSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each data set of the axis that the thesis has, not in other chapters' parts."""
    if roles.chapter not in (None, CONCEPTS):
        return
    for name in roles.published_axis:
        published = roles.published_name(name) or name
        spec = roles.by_level([name], LINEAR_PROBE)
        number = f"B.{LEVELS.index(published) + 1}"
        yield Exhibit(f"published_{published}", spec, about=name, number=number)


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.published import linear_probe
    from cogworks.report.drawing.published_tables import published_table
    from cogworks.report.summary import read_summary

    published = linear_probe(spec.paper.folder)
    return published_table(read_summary(spec.scores), published, spec)


EXHIBIT = Kind(
    "published",
    "Published models beside ours",
    LevelsSpec,
    _needs,
    _make,
    folded=True,
)
