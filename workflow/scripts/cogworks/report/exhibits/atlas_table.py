"""The atlas: which concepts one encoder gains over another, with pictures."""

from cogworks.report import by_concept
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ByConceptSpec


def _needs(roles: Roles) -> Found:
    spec = by_concept.spec(roles)
    if spec is not None:
        yield Exhibit("atlas", spec)


def _make(spec: ByConceptSpec) -> Made:
    from cogworks.report.concept_gains import measure
    from cogworks.report.drawing.atlas_table import atlas_table

    return atlas_table(measure(spec))


EXHIBIT = Kind("by_concept", "Atlas of concepts", ByConceptSpec, _needs, _make)
