"""The training task against transfer, with the convex hull (thesis, figure 4.7)."""

from collections.abc import Iterator

from cogworks.report import repeats
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.recipes import properties
from cogworks.report.specs import NO_PAPER, Paper, PlaneSpec
from cogworks.report.transfer_sets import lacking, number_of, told

PAPER = Paper(names=["trex_transfer"])
# What the legend calls the losses of equations 4.1 and 4.2.
LOSSES = {"cosine": "cosine softmax", "ocm": "OCM"}


def _needs(roles: Roles) -> Found:
    if roles.compared:
        plane = roles.trade_off(PAPER if roles.section.published else NO_PAPER)
        spec = PlaneSpec(**dict(plane), families=dict(_families(roles)))
        number = number_of(plane.transfer, "4.7")
        note = told(plane.transfer) + repeats.told(plane.scores.repeats, plane.encoders)
        yield Exhibit("trade_off", spec, number=number, note=note)


def _families(roles: Roles) -> Iterator[tuple[str, str]]:
    """Yield the loss and the depth of the projector of each encoder of this run."""
    for name in roles.groups(roles.compared):
        entry = properties(roles.plan, name)
        if entry:
            depth = f"L = {entry['hidden layers']}" if entry["projector"] else "no projector"
            yield name, f"{LOSSES.get(entry['loss'], entry['loss'])}, {depth}"


def _make(spec: PlaneSpec) -> Made:
    from cogworks.report.drawing.trade_off_figure import trade_off_figure
    from cogworks.report.drawing.transfer import training_versus_transfer
    from cogworks.report.drawing.transfer_tables import published_plane, transfer_mismatch
    from cogworks.report.scores import read_scores
    from cogworks.report.summary import summarise

    scores = read_scores(spec.scores)
    published = None
    if spec.paper.names and not transfer_mismatch(summarise(scores, baseline=None), spec):
        published = published_plane(spec.paper.folder)
    return trade_off_figure(training_versus_transfer(scores, spec), spec, published=published)


EXHIBIT = Kind(
    "transfer",
    "Training against transfer",
    PlaneSpec,
    _needs,
    _make,
    caption=(
        "Accuracy on the training task against the mean log odds over the transfer sets. "
        "Error bars, of up to twelve encoders: 95% intervals for other concepts like these, other "
        "images of them and other seeds. Stars are on the convex hull of this run's encoders: no "
        "mixture of the others is better on both axes. Hollow: the thesis's models, with stars on "
        "a hull of their own, and those that it compares with, where they are comparable. "
        "As figure 4.7."
    ),
    lacks=lacking("4.7", _needs),
)
