"""What encoders gain over the baseline by branch of WordNet."""

from cogworks.report import by_concept
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ByConceptSpec


def _needs(roles: Roles) -> Found:
    spec = by_concept.spec(roles)
    if spec is not None:
        yield Exhibit("branches", spec)


def _make(spec: ByConceptSpec) -> Made:
    from cogworks.report.concept_gains import measure
    from cogworks.report.drawing.branches import branches_figure

    return branches_figure(measure(spec))


EXHIBIT = Kind(
    "by_concept",
    "Gain by branch of WordNet",
    ByConceptSpec,
    _needs,
    _make,
    caption=(
        "Top-1 minus that of the baseline on the unseen concepts of each branch (in brackets: how "
        "many), with 95% intervals for other concepts like these. The best encoders, sorted by the "
        "first. A branch with more concepts of a hard level looks harder than it is."
    ),
)
