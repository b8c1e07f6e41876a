"""Top-1 on the long-tailed iNaturalist 2018 and 2019 (thesis, table 4.3)."""

from cogworks.report.components import singled_out
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.reference import LONG_TAIL
from cogworks.report.specs import NO_PAPER, LevelsSpec, Paper

PAPER = Paper(names=["trex_long_tail"])


def _needs(roles: Roles) -> Found:
    names = [name for name in roles.evaluated if roles.published_name(name) in LONG_TAIL]
    if names:
        paper = PAPER if roles.section.published else NO_PAPER
        chosen = singled_out(roles, roles.scored(names))
        spec = roles.by_level(names, paper, names=chosen, apart=False)
        yield Exhibit("long_tail", spec, number="4.3")


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.chapter_4_tables import long_tail_table
    from cogworks.report.summary import read_both

    return long_tail_table(*read_both(spec.scores), spec)


EXHIBIT = Kind("transfer", "Transfer to long-tailed data sets", LevelsSpec, _needs, _make)
