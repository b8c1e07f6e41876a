"""Images of the seen concepts, as they are and with blurred faces (thesis, table A.1)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import NO_PAPER, BlurredSpec, Paper

PAPER = Paper(names=["in1k_blurred_counts"])


def _needs(roles: Roles) -> Found:
    names = {roles.seen, roles.blurred}
    if len(names) == 2 and names <= set(roles.plan.datasets):
        rows = [roles.images_row(name) for name in (roles.seen, roles.blurred) if name]
        paper = PAPER if roles.section.published else NO_PAPER
        yield Exhibit("blurred_images", BlurredSpec(datasets=rows, paper=paper), number="A.1")


def _make(spec: BlurredSpec) -> Made:
    from cogworks.report.drawing.image_tables import image_table

    return image_table(spec)


EXHIBIT = Kind("concepts", "Images of the seen concepts, blurred", BlurredSpec, _needs, _make)
