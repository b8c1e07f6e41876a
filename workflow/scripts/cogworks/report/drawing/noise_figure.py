"""Images that another data set's classifier is surest of (thesis, figure 3.8)."""

import textwrap
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from cogworks.images.manifest import read_manifest
from cogworks.images.pictures import pictures
from cogworks.report.drawing import style
from cogworks.report.drawing.noise_tables import Crossing, class_names, read_crossings, surest
from cogworks.report.specs import PicturedSpec

# Images of each crossing, their side in pixels, and the inches that one takes with its caption.
COUNT = 5
SIDE = 224
WIDTH, HEIGHT = 1.75, 2.5
# Letters of a line below an image.
LETTERS = 24


def noise_figure(spec: PicturedSpec) -> Figure:
    """Return a row of images for each crossing: what each is said to be, and what is predicted.

    No two images of a row have the same class and the same prediction.
    """
    crossings, names = read_crossings(spec), class_names(spec)
    fig, grid = style.figure(len(crossings), COUNT, width=WIDTH, height=HEIGHT)
    with style.drawing():
        for row, crossing, path in zip(grid, crossings, spec.manifests, strict=True):
            shown = surest(crossing.listed).drop_duplicates(["wnid", "predicted"]).head(COUNT)
            found = pictures(read_manifest(path), shown["id"].tolist(), side=SIDE)
            for axes in row:
                axes.set_axis_off()
            for axes, (_, image) in zip(row, shown.iterrows(), strict=False):
                if image["id"] in found:
                    _draw(axes, found[image["id"]], image, names)
            row[0].set_title(_heading(crossing, len(shown)), pad=8)
    return fig


def _heading(crossing: Crossing, count: int) -> str:
    none = "" if count else f": none above {crossing.summary['confidence']:g}"
    return f"Images of {crossing.row.other}, classifier of {crossing.row.dataset}{none}"


def _draw(axes: Axes, image: Image.Image, row: pd.Series, names: Mapping[str, str]) -> None:
    axes.imshow(image, aspect="equal")
    lines = [
        *textwrap.wrap(f"is: {_name(row['wnid'], names)}", LETTERS),
        *textwrap.wrap(f"predicted: {_name(row['predicted'], names)}", LETTERS),
        f"confidence {row['confidence']:.4f}",
    ]
    axes.text(
        0, -0.04, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8, color=style.INK
    )


def _name(wnid: str, names: Mapping[str, str]) -> str:
    """Return the first name of a class; one that WordNet does not know has its id for a name."""
    return names.get(wnid, wnid).split(",")[0]
