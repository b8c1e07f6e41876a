"""The same images by guidance scale and by number of steps (thesis, figure E.1)."""

from cogworks.report.clone_pictures import NAMED, pictures, series
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import SeriesPicturesSpec

PANELS = {"guidance": "E.1 (a)", "steps": "E.1 (b)"}


def _needs(roles: Roles) -> Found:
    """Yield one for each of the two numbers in which clones differ that agree in all else."""
    for key, number in PANELS.items():
        clones = series(roles.drawn.values(), key)
        if len(clones) < 2:
            continue
        labels = [f"{getattr(clone.section, key):g}" for clone in clones]
        found = pictures(roles, clones, labels, classes=NAMED["robin"])
        spec = SeriesPicturesSpec(**found, property=key, prompt=clones[0].section.prompt)
        yield Exhibit(f"pictures_by_{key}", spec, about=key, number=number)


def _make(spec: SeriesPicturesSpec) -> Made:
    from cogworks.report.drawing.pictures import series_figure

    return series_figure(spec)


EXHIBIT = Kind(
    "clones",
    "Images by guidance scale and steps",
    SeriesPicturesSpec,
    _needs,
    _make,
    caption=(
        "Images of one class from clones that differ in this one number. The images of a row have "
        "the same number and begin with the same noise, unless one was rejected and drawn again. "
        "As figure E.1."
    ),
    wide=True,
    photographs=True,
)
