"""The advantage over the baseline: by level, and its slope along similarity."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import AdvantageSpec


def _needs(roles: Roles) -> Found:
    if roles.along_similarity is not None:
        yield Exhibit("advantage", roles.along_similarity)


def _make(spec: AdvantageSpec) -> Made:
    from cogworks.report.drawing.advantage import advantage_table

    return advantage_table(spec)


EXHIBIT = Kind("levels", "Advantage by similarity", AdvantageSpec, _needs, _make)
