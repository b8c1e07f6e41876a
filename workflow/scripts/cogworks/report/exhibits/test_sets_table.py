"""Top-1 and top-5 on several test sets of the same classes (thesis, tables 4.2 and 5.2)."""

from cogworks.report import eval_sets
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import EvalSetsSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each data set and protocol with several test sets."""
    for name in eval_sets.tables(roles):
        yield Exhibit(f"test_sets_{name}", eval_sets.spec(roles, name), about=name)


def _make(spec: EvalSetsSpec) -> Made:
    from cogworks.report.drawing.test_set_tables import own_table
    from cogworks.report.scores import read_scores

    return own_table(read_scores(spec.scores), spec)


EXHIBIT = Kind("test_sets", "Test sets", EvalSetsSpec, _needs, _make)
