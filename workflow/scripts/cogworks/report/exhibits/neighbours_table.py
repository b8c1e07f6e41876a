"""The published models nearest to each encoder (thesis, tables B.1 to B.6)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import LINEAR_PROBE, LevelsSpec


def _needs(roles: Roles) -> Found:
    """Yield one where a score can be compared by its settings."""
    spec = roles.comparable(LINEAR_PROBE)
    if spec is not None:
        yield Exhibit("neighbours", spec)


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.published import linear_probe
    from cogworks.report.drawing.standing import neighbour_table
    from cogworks.report.summary import read_summary

    published = linear_probe(spec.paper.folder)
    return neighbour_table(read_summary(spec.scores), published, spec)


EXHIBIT = Kind(
    "published",
    "The nearest published models",
    LevelsSpec,
    _needs,
    _make,
    folded=True,
)
