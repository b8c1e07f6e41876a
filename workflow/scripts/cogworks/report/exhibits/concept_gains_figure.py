"""What encoders gain over the baseline on each concept, by similarity to the seen ones."""

from cogworks.report import by_concept
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ByConceptSpec


def _needs(roles: Roles) -> Found:
    """Yield one where concepts have a similarity."""
    spec = by_concept.spec(roles)
    if spec is not None and spec.ranking is not None:
        yield Exhibit("concept_gains", spec)


def _make(spec: ByConceptSpec) -> Made:
    from cogworks.report.concept_gains import measure
    from cogworks.report.drawing.concept_gains_figure import concept_gains_figure

    return concept_gains_figure(measure(spec))


EXHIBIT = Kind(
    "by_concept",
    "Gain by similarity",
    ByConceptSpec,
    _needs,
    _make,
    caption=(
        "The same by similarity to the seen concepts: a dot for each unseen concept (of the best "
        "encoder, where they are not too many), and the mean of each level with its 95% interval. "
        "A dot is known to some ten points only. The further right, the further from the seen "
        "concepts."
    ),
)
