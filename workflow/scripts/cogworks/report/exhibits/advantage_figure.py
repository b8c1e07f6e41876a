"""The advantage over the baseline along similarity to the seen concepts, concept by concept."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import AdvantageSpec


def _needs(roles: Roles) -> Found:
    if roles.along_similarity is not None:
        yield Exhibit("advantage", roles.along_similarity)


def _make(spec: AdvantageSpec) -> Made:
    from cogworks.report.drawing.advantage import advantage_figure

    return advantage_figure(spec)


EXHIBIT = Kind(
    "levels",
    "Advantage by similarity",
    AdvantageSpec,
    _needs,
    _make,
    caption=(
        "Accuracy minus that of the baseline in the same tasks, a dot for each unseen concept: it "
        "is told, by nearest neighbours, from others at nearly its distance. Lines: straight line "
        "through all concepts, with a band of 95% intervals that resample concepts. Left: mean of "
        "the seen concepts. The further right, the further from these."
    ),
    wide=True,
)
