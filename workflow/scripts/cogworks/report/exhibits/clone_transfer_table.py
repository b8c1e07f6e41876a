"""Top-1 on transfer sets of encoders that were trained on real and drawn images (table 5.3)."""

from cogworks.report.clone_lacks import of_transfer
from cogworks.report.clone_rows import by_training_set, columns, transfer_sets
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CloneTransferSpec

NUMBER = "5.3"
BASELINES = ("PyTorch", "RSB-A1")


def _needs(roles: Roles) -> Found:
    """Yield one where encoders that were trained on clones are scored on transfer sets."""
    sets = columns(roles, transfer_sets(roles))
    spec = by_training_set(roles, sets, number=NUMBER, baselines=BASELINES, paper="sd_transfer")
    if spec is not None:
        yield Exhibit("clone_transfer", spec, number=NUMBER)


def _make(spec: CloneTransferSpec) -> Made:
    from cogworks.report.drawing.clone_score_tables import transfer_table
    from cogworks.report.scores import read_scores

    return transfer_table(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "transfer",
    "Transfer by training set",
    CloneTransferSpec,
    _needs,
    _make,
    lacks=lambda roles: {NUMBER: of_transfer(roles)},
)
