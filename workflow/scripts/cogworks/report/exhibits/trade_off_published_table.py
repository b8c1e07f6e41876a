"""The training task against transfer, with the rows of tables 4.1 and D.1."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import Paper, TransferSpec

PAPER = Paper(names=["trex_projector", "trex_transfer"])


def _needs(roles: Roles) -> Found:
    if roles.compared and roles.section.published:
        yield Exhibit("trade_off_published", roles.trade_off(PAPER))


def _make(spec: TransferSpec) -> Made:
    from cogworks.report.drawing.transfer_tables import published_trade_off_table, trade_off_table
    from cogworks.report.scores import collect
    from cogworks.report.summary import summarise

    scores = collect(spec.scores.paths)
    summary = summarise(scores, baseline=None)
    own = trade_off_table(scores, spec)
    return published_trade_off_table(own, summary, spec, spec.paper.folder)


EXHIBIT = Kind(
    "transfer",
    "Training against transfer beside the thesis's",
    TransferSpec,
    _needs,
    _make,
    folded=True,
)
