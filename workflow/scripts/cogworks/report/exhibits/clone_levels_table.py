"""Top-1 by level of encoders that were trained on real and drawn images (table 5.4)."""

from cogworks.report.clone_lacks import of_levels
from cogworks.report.clone_rows import by_training_set, columns, in1k
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CloneTransferSpec

NUMBER = "5.4"
BASELINES = ("PyTorch", "RSB-A1", "DINO")


def _needs(roles: Roles) -> Found:
    """Yield one where encoders that were trained on clones are scored on the levels."""
    if not roles.levels:
        return
    seen = in1k(roles)
    sets = columns(roles, [*([seen] if seen in roles.evaluated else []), *roles.levels])
    spec = by_training_set(roles, sets, number=NUMBER, baselines=BASELINES, paper="sd_cog")
    if spec is not None:
        yield Exhibit("clone_levels", spec, number=NUMBER)


def _make(spec: CloneTransferSpec) -> Made:
    from cogworks.report.drawing.clone_score_tables import level_table
    from cogworks.report.scores import read_scores

    return level_table(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "levels",
    "Top-1 by level and training set",
    CloneTransferSpec,
    _needs,
    _make,
    lacks=lambda roles: {NUMBER: of_levels(roles)},
)
