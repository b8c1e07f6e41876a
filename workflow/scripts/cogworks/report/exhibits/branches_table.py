"""What encoders gain over the baseline by branch of WordNet, in numbers."""

from cogworks.report import by_concept
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ByConceptSpec


def _needs(roles: Roles) -> Found:
    spec = by_concept.spec(roles)
    if spec is not None:
        yield Exhibit("branches", spec)


def _make(spec: ByConceptSpec) -> Made:
    from cogworks.report.concept_gains import measure
    from cogworks.report.drawing.branches import branches_table

    return branches_table(measure(spec))


EXHIBIT = Kind("by_concept", "Gain by branch of WordNet", ByConceptSpec, _needs, _make, folded=True)
