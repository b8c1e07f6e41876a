"""Test sets of the classes of IN-1K or IN-100, with the rows of tables 5.1 and 5.2."""

from cogworks.report import eval_sets
from cogworks.report.clone_rows import BLOCKS
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import EvalSetsSpec, Paper

PAPER = Paper(names=["sd_augmentation", "sd_imagenet_sets"])


def _needs(roles: Roles) -> Found:
    """Yield one for each protocol of classifiers that the encoders were trained with."""
    for name, (dataset, _) in eval_sets.tables(roles).items():
        known = roles.published_name(dataset) in BLOCKS
        if known and roles.section.published and eval_sets.is_own(roles, name):
            spec = eval_sets.spec(roles, name, paper=PAPER)
            yield Exhibit(f"test_sets_published_{name}", spec, about=name)


def _make(spec: EvalSetsSpec) -> Made:
    from cogworks.report.drawing.test_set_tables import compared_table, own_table
    from cogworks.report.scores import read_scores

    scores = read_scores(spec.scores)
    return compared_table(own_table(scores, spec), scores, spec)


EXHIBIT = Kind(
    "test_sets",
    "Test sets beside the thesis's",
    EvalSetsSpec,
    _needs,
    _make,
    folded=True,
)
