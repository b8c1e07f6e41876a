"""Top-1 on transfer sets of encoders that were trained on real and drawn images (table 5.3)."""

from cogworks.report.clone_rows import (
    absent,
    columns,
    has_clones,
    of_table,
    on_all,
    ordered,
    transfer_sets,
)
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CloneTransferSpec, DataRow, Paper

NUMBER = "5.3"
BASELINES = ("PyTorch", "RSB-A1")


def _needs(roles: Roles) -> Found:
    """Yield one where encoders that were trained on clones are scored on transfer sets."""
    sets = columns(roles, transfer_sets(roles))
    entries = of_table(ordered(roles, on_all(roles, sets)), NUMBER)
    if not has_clones(entries):
        return
    baselines = absent(roles, entries, BASELINES)
    spec = CloneTransferSpec(
        scores=roles.score_files(roles.cells([entry.name for entry in entries], sets)),
        paper=Paper(names=["sd_transfer"] if baselines else []),
        published=baselines,
        rows=[DataRow(**entry.row) for entry in entries],
        columns=sets,
    )
    yield Exhibit("clone_transfer", spec, number=NUMBER)


def _make(spec: CloneTransferSpec) -> Made:
    from cogworks.report.drawing.clone_score_tables import transfer_table
    from cogworks.report.scores import collect

    return transfer_table(collect(spec.scores.paths), spec)


EXHIBIT = Kind("transfer", "Transfer by training set", CloneTransferSpec, _needs, _make)
