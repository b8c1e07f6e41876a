"""Top-1 of the linear classifiers of the seen concepts on their test sets (thesis, table 4.2)."""

from collections.abc import Mapping

from cogworks.report import eval_sets
from cogworks.report.components import singled_out
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import NO_PAPER, EvalSetsSpec, Paper

PAPER = Paper(names=["trex_imagenet_sets"])


def _needs(roles: Roles) -> Found:
    """Yield one where the protocol of the seen data set has further test sets."""
    for name, (dataset, protocol) in eval_sets.tables(roles).items():
        is_task = dataset == roles.seen and roles.published_name(dataset) == "in1k"
        if is_task and protocol == roles.protocols[dataset]:
            paper = PAPER if roles.section.published else NO_PAPER
            spec = eval_sets.spec(roles, name, paper=paper, choose=singled_out)
            if sum(entry.published is not None for entry in spec.test_sets) > 1:
                yield Exhibit("imagenet_sets", spec, number="4.2")


def _lacks(roles: Roles) -> Mapping[str, str]:
    """Name the test sets that there are, of which the thesis knows none."""
    seen = roles.seen or ""
    found = eval_sets.test_sets(roles, seen, roles.protocols.get(seen, ""))
    names = [name for entry in found for _, name in entry.members if name != seen]
    if not names:
        return {}
    return {"4.2": f"report.published_as for {' or '.join(names)}: v2, sketch, r or a"}


def _make(spec: EvalSetsSpec) -> Made:
    from cogworks.report.drawing.chapter_4_tables import imagenet_sets_table
    from cogworks.report.scores import read_scores

    return imagenet_sets_table(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "test_sets",
    "Test sets of the seen concepts",
    EvalSetsSpec,
    _needs,
    _make,
    lacks=_lacks,
)
