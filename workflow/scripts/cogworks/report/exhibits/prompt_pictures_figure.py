"""Images of single classes, real and drawn from each prompt (thesis, figures E.2 to E.4)."""

from cogworks.report.clone_pictures import NAMED, by_prompt, pictures
from cogworks.report.clone_rows import quoted
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import PicturesSpec

# So many prompts beside the real images in figure E.2; figure E.3 has the others.
FIRST = 2


def _needs(roles: Roles) -> Found:
    """Yield those of one class, and one of two classes, where clones differ in their prompt."""
    clones = by_prompt(roles.drawn.values())
    if len(clones) < 2:
        return
    labels = [quoted(clone.section.prompt) for clone in clones]
    dog, crabs = NAMED["Shih-Tzu"], NAMED["crabs"]
    first = pictures(roles, clones[:FIRST], labels, classes=dog, real="train")
    yield Exhibit("pictures_by_prompt_1", PicturesSpec(**first), about="prompt", number="E.2")
    if clones[FIRST:]:
        others = pictures(roles, clones[FIRST:], labels[FIRST:], classes=dog)
        yield Exhibit("pictures_by_prompt_2", PicturesSpec(**others), about="prompt", number="E.3")
    ends = [0, -1]
    pair = pictures(
        roles, [clones[n] for n in ends], [labels[n] for n in ends], classes=crabs, real="train"
    )
    yield Exhibit("pictures_of_two_classes", PicturesSpec(**pair), about="prompt", number="E.4")


def _make(spec: PicturesSpec) -> Made:
    from cogworks.report.drawing.pictures import prompt_figure

    return prompt_figure(spec)


EXHIBIT = Kind(
    "clones",
    "Images of single classes by prompt",
    PicturesSpec,
    _needs,
    _make,
    caption=(
        "Images drawn by a hash of their names: real ones, and those of clones that differ in "
        "their prompt alone. As figures E.2 to E.4."
    ),
    wide=True,
    photographs=True,
)
