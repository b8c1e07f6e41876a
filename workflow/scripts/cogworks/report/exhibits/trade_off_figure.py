"""The training task against transfer, with the convex hull (thesis, figure 4.7)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import Paper, TransferSpec


def _needs(roles: Roles) -> Found:
    if roles.compared:
        paper = Paper(names=["trex_transfer"] if roles.section.published else [])
        yield Exhibit("trade_off", roles.trade_off(paper), number="4.7")


def _make(spec: TransferSpec) -> Made:
    from cogworks.report.drawing.trade_off_figure import trade_off_figure
    from cogworks.report.drawing.transfer import training_versus_transfer
    from cogworks.report.drawing.transfer_tables import published_plane, transfer_mismatch
    from cogworks.report.scores import collect
    from cogworks.report.summary import summarise

    scores = collect(spec.scores.paths)
    published = None
    if spec.paper.names and not transfer_mismatch(summarise(scores, baseline=None), spec):
        published = published_plane(spec.paper.folder)
    return trade_off_figure(training_versus_transfer(scores, spec), spec, published=published)


EXHIBIT = Kind(
    "transfer",
    "Training against transfer",
    TransferSpec,
    _needs,
    _make,
    caption=(
        "Accuracy on the training task against the mean log odds over the transfer sets. "
        "Stars are on the convex hull: no mixture of other encoders is better on both axes. "
        "As figure 4.7."
    ),
)
