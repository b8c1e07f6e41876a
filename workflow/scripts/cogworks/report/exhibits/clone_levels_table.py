"""Top-1 by level of encoders that were trained on real and drawn images (table 5.4)."""

from cogworks.report.clone_rows import absent, columns, has_clones, in1k, of_table, on_all, ordered
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CloneTransferSpec, DataRow, Paper

NUMBER = "5.4"
BASELINES = ("PyTorch", "RSB-A1", "DINO")


def _needs(roles: Roles) -> Found:
    """Yield one where encoders that were trained on clones are scored on the levels."""
    if not roles.levels:
        return
    seen = in1k(roles)
    sets = columns(roles, [*([seen] if seen in roles.evaluated else []), *roles.levels])
    entries = of_table(ordered(roles, on_all(roles, sets)), NUMBER)
    if not has_clones(entries):
        return
    baselines = absent(roles, entries, BASELINES)
    spec = CloneTransferSpec(
        scores=roles.score_files(roles.cells([entry.name for entry in entries], sets)),
        paper=Paper(names=["sd_cog"] if baselines else []),
        published=baselines,
        rows=[DataRow(**entry.row) for entry in entries],
        columns=sets,
    )
    yield Exhibit("clone_levels", spec, number=NUMBER)


def _make(spec: CloneTransferSpec) -> Made:
    from cogworks.report.drawing.clone_score_tables import level_table
    from cogworks.report.scores import collect

    return level_table(collect(spec.scores.paths), spec)


EXHIBIT = Kind("levels", "Top-1 by level and training set", CloneTransferSpec, _needs, _make)
