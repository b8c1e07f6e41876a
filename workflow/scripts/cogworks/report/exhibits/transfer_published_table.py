"""Top-1 by data set, with the rows of tables D.1, 4.3, 5.3 and 5.4."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import Paper, TransferSpec

PAPER = Paper(names=["trex_transfer", "trex_long_tail", "sd_transfer", "sd_cog"])


def _needs(roles: Roles) -> Found:
    if roles.compared and roles.section.published:
        yield Exhibit("transfer_published", roles.trade_off(PAPER), number="D.1")


def _make(spec: TransferSpec) -> Made:
    from cogworks.report.drawing.transfer_tables import published_transfer_table, transfer_table
    from cogworks.report.scores import collect
    from cogworks.report.summary import summarise

    scores = collect(spec.scores.paths)
    summary = summarise(scores, baseline=None)
    own = transfer_table(scores, summary, spec)
    return published_transfer_table(own, summary, spec, spec.paper.folder)


EXHIBIT = Kind(
    "transfer",
    "Top-1 by data set beside the thesis's",
    TransferSpec,
    _needs,
    _make,
    folded=True,
)
