"""The classes of each clone whose images fit their text least (thesis, section 5.4)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ClonesSpec


def _needs(roles: Roles) -> Found:
    clones = roles.clones("similarity")
    if clones:
        yield Exhibit("clones_similarity", ClonesSpec(clones=clones))


def _make(spec: ClonesSpec) -> Made:
    from cogworks.report.drawing.clone_tables import meaning_table, read_tables

    return meaning_table(read_tables(spec), spec)


EXHIBIT = Kind("clones", "Classes whose images fit their text least", ClonesSpec, _needs, _make)
