"""Images of classes beside each other, real and drawn (thesis, figures E.1 to E.9)."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from matplotlib.figure import Figure
from PIL import Image, ImageOps

from cogworks.core.files import read_parquet
from cogworks.core.seeds import shuffle_by_hash
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.images.reader import ImageReader, decode_images
from cogworks.report.clone_rows import quoted
from cogworks.report.drawing import style
from cogworks.report.specs import (
    ClassPicturesSpec,
    PictureSource,
    PicturesSpec,
    SeriesPicturesSpec,
)

# Pixels an inch: an image is drawn with the pixels that it has here.
DOTS = 200
# Pixels between images and between blocks of them, and around all.
GAP, BLOCK_GAP, MARGIN = 6, 26, 16
# Heights of an image in pixels where few are shown, and where many are.
LARGE, SMALL = 144, 84
# Width of the names of rows in pixels and in letters, height of a heading, width of its letters.
NAMES, LETTERS, HEADING, LETTER = 270, 22, 40, 18
# Images of figure E.1 by value; lines and images a line of figures E.2 to E.4; of E.5 to E.9.
IN_SERIES, LINES, ACROSS, OF_CLASS = 4, 3, 8, 5
# Classes on a page of figures E.5 to E.9.
ON_PAGE = 20

Pictures = list[Image.Image]


def series_figure(spec: SeriesPicturesSpec) -> Figure:
    """Return the first images of one class, a column for each clone: the same one in a row."""
    sources, names = _open(spec)
    (wnid,) = _chosen(spec, names)
    shown = sorted(set.intersection(*(source.ids(wnid) for source in sources)))[:IN_SERIES]
    columns = [source.named(shown) for source in sources]
    rows = [[images[n : n + 1] for images in columns] for n in range(len(shown))]
    title = f"{_called(wnid, names)}, prompt {quoted(spec.prompt)}, by {spec.property}"
    headings = [source.label for source in sources]
    return _mosaic(rows, [""] * len(rows), headings, _size(spec, LARGE), across=1, title=title)


def prompt_figure(spec: PicturesSpec) -> Figure:
    """Return a block of images for each data set, one below the other, and each class."""
    sources, names = _open(spec)
    wnids = _chosen(spec, names)
    across = ACROSS // len(wnids)
    rows = [[source.some(wnid, LINES * across) for wnid in wnids] for source in sources]
    headings = [_called(wnid, names) for wnid in wnids]
    labels = [source.label for source in sources]
    return _mosaic(rows, labels, headings, _size(spec, LARGE), across=across)


def class_figure(spec: ClassPicturesSpec) -> Figure:
    """Return one page of the classes: a row for each, a block for each data set."""
    sources, names = _open(spec)
    wnids = page_of(list(names), spec)
    rows = [[source.some(wnid, OF_CLASS) for source in sources] for wnid in wnids]
    labels = [names[wnid] for wnid in wnids]
    headings = [source.label for source in sources]
    title = "" if wnids else f"no more classes: the data set has {len(names)}"
    return _mosaic(rows, labels, headings, _size(spec, SMALL), across=OF_CLASS, title=title)


def page_of(wnids: Sequence[str], spec: ClassPicturesSpec) -> list[str]:
    """Return the classes of a page.

    Where the pages have no room for all classes, those shown are drawn by a hash of their ids.
    """
    shown = sorted(shuffle_by_hash(wnids, "sheet")[: ON_PAGE * spec.pages])
    each = -(-len(shown) // spec.pages)
    return shown[each * (spec.page - 1) : each * spec.page]


@dataclass(frozen=True)
class ClassImages:
    """The images of a data set."""

    source: PictureSource
    manifest: Manifest = field(repr=False)

    @property
    def label(self) -> str:
        """Return what it is called."""
        return self.source.label

    def ids(self, wnid: str) -> set[str]:
        """Return the images of a class."""
        return set(self.manifest.ids(self.manifest.of_class(wnid)))

    def named(self, ids: Sequence[str]) -> Pictures:
        """Return these images."""
        places = self.manifest.find(ids)
        return list(self._decoded(places[name] for name in ids))

    def some(self, wnid: str, count: int) -> Pictures:
        """Return some images of a class, drawn by a hash of their names."""
        rows = self.manifest.of_class(wnid)
        places = dict(zip(self.manifest.ids(rows), rows, strict=True))
        order = (places[name] for name in shuffle_by_hash(places, "sheet"))
        return list(islice(self._decoded(order), count))

    def _decoded(self, places: Iterable[int]) -> Iterator[Image.Image]:
        reader = ImageReader(self.manifest)
        for _, image in decode_images(reader, places, self.manifest.on_corrupt):
            yield image


def _open(spec: PicturesSpec) -> tuple[list[ClassImages], dict[str, str]]:
    """Return the data sets, and the first name of each class by its id, in the classes' order."""
    table = read_parquet(spec.class_table, columns=["wnid", "name"])
    pairs = zip(table["wnid"], table["name"], strict=True)
    names = {wnid: name.split(",")[0] for wnid, name in pairs}
    return [ClassImages(source, read_manifest(source.manifest)) for source in spec.sources], names


def _chosen(spec: PicturesSpec, names: dict[str, str]) -> list[str]:
    """Return the classes wanted; in place of those that are not there, some drawn by hash."""
    others = iter(shuffle_by_hash(names.keys() - set(spec.classes), "sheet"))
    found = (wnid if wnid in names else next(others, None) for wnid in spec.classes)
    return [wnid for wnid in found if wnid is not None]


def _called(wnid: str, names: dict[str, str]) -> str:
    """Return name and id of a class; one that WordNet does not know has its id for a name."""
    return wnid if names[wnid] == wnid else f"{names[wnid]} ({wnid})"


def _size(spec: PicturesSpec, height: int) -> tuple[int, int]:
    return round(height * spec.width / spec.height), height


def _mosaic(
    rows: Sequence[Sequence[Pictures]],
    labels: Sequence[str],
    headings: Sequence[str],
    size: tuple[int, int],
    *,
    across: int,
    title: str = "",
) -> Figure:
    """Return blocks of images in rows and columns.

    Args:
        rows: for each row and column the images of a block.
        labels: what stands to the left of each row.
        headings: what stands above each column.
        size: width and height of an image in pixels.
        across: images in a line of a block.
        title: a line above all.
    """
    width, height = size
    step = across * (width + GAP) - GAP + BLOCK_GAP
    left = MARGIN + (NAMES if any(labels) else 0)
    lefts = [left + number * step for number in range(len(headings))]
    top = MARGIN + HEADING * (bool(title) + any(headings))
    lines = [max([-(-len(block) // across) for block in row] + [1]) for row in rows]
    gap = BLOCK_GAP if max(lines, default=1) > 1 else GAP
    tops = [
        top + sum(n * (height + GAP) + gap - GAP for n in lines[:at]) for at in range(len(rows))
    ]
    bottom = tops[-1] + lines[-1] * (height + GAP) if rows else top
    right = max(lefts[-1] + step - BLOCK_GAP, MARGIN + LETTER * len(title))
    canvas = Image.new("RGB", (right + MARGIN, bottom + MARGIN), style.PAPER)
    for upper, row in zip(tops, rows, strict=True):
        for side, block in zip(lefts, row, strict=True):
            for number, image in enumerate(block):
                down, along = divmod(number, across)
                place = side + along * (width + GAP), upper + down * (height + GAP)
                canvas.paste(fitted(image, size), place)
    figure, axes = _page(canvas)
    with style.drawing():
        text = {"va": "top", "color": style.INK, "fontsize": 9}
        axes.text(MARGIN, MARGIN, title, fontweight="bold", **text)
        for side, heading in zip(lefts, headings, strict=True):
            axes.text(side, top - HEADING + 4, heading, **text)
        for upper, label in zip(tops, labels, strict=True):
            axes.text(MARGIN, upper + 4, textwrap.fill(label, LETTERS), linespacing=1.1, **text)
    return figure


def _page(canvas: Image.Image) -> tuple[Figure, Any]:
    """Return a figure that is a picture and nothing else, with axes in pixels."""
    figure, [[axes]] = style.figure(width=canvas.width / DOTS, height=canvas.height / DOTS)
    figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.axis("off")
    axes.imshow(canvas, interpolation="none", extent=(0, canvas.width, canvas.height, 0))
    return figure, axes


def fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the middle of an image, scaled to a size.

    Small images are enlarged in blocks, so that their pixels can be judged.
    """
    small = 2 * image.width <= size[0]
    method = Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
    return ImageOps.fit(image, size, method)
