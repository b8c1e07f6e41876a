"""The size of the projector, by hidden layers and by their width (thesis, table 4.1)."""

from cogworks.report.components import Components, components
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import NO_PAPER, Paper, ProjectorRow, ProjectorSpec
from cogworks.report.transfer_sets import lacking, number_of

PAPER = Paper(names=["trex_projector"])


def _needs(roles: Roles) -> Found:
    """Yield one where the projector of Base+Mc+Pr was varied, or left out."""
    found = components(roles.plan, list(roles.groups(roles.compared)))
    if found is None or len(found.layers) + len(found.widths) + bool(found.base_mc) < 3:
        return
    paper = PAPER if roles.section.published else NO_PAPER
    plane = roles.trade_off(paper, encoders=found.encoders)
    depth, width = found.default
    spec = ProjectorSpec(
        **dict(plane),
        layers=_layers(found),
        widths=[_row(str(value), name) for value, name in found.widths.items()],
        default=(2 + list(found.layers).index(depth), list(found.widths).index(width)),
    )
    yield Exhibit("projector", spec, number=number_of(plane.transfer, "4.1"))


def _layers(found: Components) -> list[ProjectorRow]:
    return [
        _row("Base", found.base),
        _row("Base+Mc", found.base_mc),
        *(_row(f"L = {depth}", name) for depth, name in found.layers.items()),
    ]


def _row(label: str, encoder: str | None) -> ProjectorRow:
    return ProjectorRow(label=label, encoder=encoder)


def _make(spec: ProjectorSpec) -> Made:
    from cogworks.report.drawing.projector_table import projector_table
    from cogworks.report.drawing.transfer import training_versus_transfer
    from cogworks.report.scores import read_scores
    from cogworks.report.summary import summarise

    scores = read_scores(spec.scores)
    plane = training_versus_transfer(scores, spec)
    return projector_table(plane, summarise(scores, baseline=None), spec)


EXHIBIT = Kind(
    "transfer",
    "Size of the projector",
    ProjectorSpec,
    _needs,
    _make,
    lacks=lacking("4.1", _needs),
)
