"""Images of every class, real and of the simplest and the richest clone (figures E.5 to E.9)."""

from cogworks.report.clone_pictures import pictures, simplest_and_richest
from cogworks.report.clone_rows import quoted
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ClassPicturesSpec

NUMBERS = ("E.5", "E.6", "E.7", "E.8", "E.9")


def _needs(roles: Roles) -> Found:
    """Yield the five where a data set has two clones of different prompts or guidance scales."""
    clones = simplest_and_richest(roles.drawn.values())
    if len(clones) < 2:
        return
    labels = [f"{quoted(c.section.prompt)}, guidance {c.section.guidance:g}" for c in clones]
    found = pictures(roles, clones, labels, classes=[], real="test")
    for page, number in enumerate(NUMBERS, start=1):
        spec = ClassPicturesSpec(**found, page=page, pages=len(NUMBERS))
        yield Exhibit(f"pictures_of_classes_{page}", spec, about="classes", number=number)


def _make(spec: ClassPicturesSpec) -> Made:
    from cogworks.report.drawing.pictures import class_figure

    return class_figure(spec)


EXHIBIT = Kind(
    "clones",
    "Images of every class",
    ClassPicturesSpec,
    _needs,
    _make,
    caption=(
        "Images of each class, drawn by a hash of their names: real test images, and those of two "
        "clones. As figures E.5 to E.9."
    ),
    wide=True,
    photographs=True,
)
