"""What was drawn for each clone (thesis, section 5.4)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ClonesSpec


def _needs(roles: Roles) -> Found:
    clones = roles.clones("quality")
    if clones:
        yield Exhibit("clones_quality", ClonesSpec(clones=clones))


def _make(spec: ClonesSpec) -> Made:
    from cogworks.report.drawing.clone_tables import clone_table, read_tables

    return clone_table(read_tables(spec), spec)


EXHIBIT = Kind("clones", "What was drawn for each clone", ClonesSpec, _needs, _make)
