"""Contact sheets: the real images of a class beside each clone's (thesis, appendix E)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from cogworks.core.errors import InputError
from cogworks.core.files import atomic, sha256_file, write_json
from cogworks.core.progress import track
from cogworks.core.seeds import shuffle_by_hash
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.images.reader import ImageReader, decode_images

GAP = 4
FONT_SIZE = 13
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
LINE = 18
CAPTION_WIDTH = 190
OVERVIEW_CLASSES = 10
OVERVIEW_IMAGES = 4


class Row(NamedTuple):
    """One line of a sheet: a caption, and groups of images."""

    caption: str
    groups: list[list[Image.Image]]


@dataclass(frozen=True)
class Source:
    """A data set and what to call it."""

    caption: str
    manifest: Manifest

    def pick(self, label: int, count: int) -> list[Image.Image]:
        """Return `count` images of a class, drawn by hash (or all, if there are fewer)."""
        rows = self.manifest.of_class(self.manifest.classes[label])
        places = dict(zip(self.manifest.ids(rows), rows, strict=True))
        reader = ImageReader(self.manifest)
        order = [places[name] for name in shuffle_by_hash(places, "sheet")]
        found = decode_images(reader, order, self.manifest.on_corrupt)
        return [image for _, image in islice(found, count)]


def open_sources(real: Path, clones: Sequence[tuple[str, Path]]) -> list[Source]:
    """Return the real data set and its clones (caption and manifest of each).

    Raises:
        InputError: a clone with other classes.
    """
    sources = [Source("real", read_manifest(real))]
    sources += [Source(caption, read_manifest(path)) for caption, path in clones]
    for source in sources[1:]:
        if source.manifest.classes != sources[0].manifest.classes:
            raise InputError(f"{source.manifest.path}: its classes are not those of {real}")
    return sources


def write_sheets(
    sources: Sequence[Source],
    names: Sequence[str],
    *,
    count: int,
    size: int,
    folder: Path,
    overview: Path,
    marker: Path,
) -> None:
    """Write a sheet for each class, an overview of some, and a marker that lists them.

    Args:
        sources: the real data set and its clones.
        names: the classes in words, by label.
        count: images of each source on the sheet of a class.
        size: side of the square in which an image is shown, in pixels.
        folder: where the sheets go, `<wnid>.png`.
        overview: picture with a few images of up to ten classes.
        marker: JSON `{sheets: {wnid: {path, sha256}}}`, written last.
    """
    classes = sources[0].manifest.classes
    sheets = {}
    for label, wnid in track(list(enumerate(classes)), label="sheets", unit="sheets"):
        rows = [Row(source.caption, [source.pick(label, count)]) for source in sources]
        path = folder / f"{wnid}.png"
        _save(draw_sheet(rows, size=size, title=f"{names[label]} ({wnid})"), path)
        sheets[wnid] = {"path": str(path), "sha256": sha256_file(path)}
    shown = range(0, len(classes), -(-len(classes) // OVERVIEW_CLASSES))
    rows = [
        Row(names[label], [source.pick(label, OVERVIEW_IMAGES) for source in sources])
        for label in shown
    ]
    _save(draw_sheet(rows, size=size, header=[source.caption for source in sources]), overview)
    write_json({"sheets": sheets}, marker)


def draw_sheet(
    rows: Sequence[Row], *, size: int, title: str = "", header: Sequence[str] = ()
) -> Image.Image:
    """Return one picture of rows of images, each fitted into a square of `size` pixels.

    Args:
        rows: captions and groups of images.
        size: side of the squares.
        title: a line above all.
        header: a caption above each group.
    """
    columns = [max(len(row.groups[at]) for row in rows) for at in range(len(rows[0].groups))]
    widths = [count * (size + GAP) + 2 * GAP for count in columns]
    lefts = [CAPTION_WIDTH + sum(widths[:at]) for at in range(len(widths))]
    lines = [text for text in (title,) if text]
    top = LINE * (len(lines) + bool(header)) + GAP
    height = top + len(rows) * (size + GAP)
    sheet = Image.new("RGB", (CAPTION_WIDTH + sum(widths), height), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(FONT_SIZE)
    for number, text in enumerate(lines):
        pen.text((GAP, number * LINE + 2), text, "black", font)
    for left, width, text in zip(lefts, widths, header, strict=False):
        pen.text((left, len(lines) * LINE + 2), _fitted(text, width - GAP, font), "black", font)
    for number, row in enumerate(rows):
        upper = top + number * (size + GAP)
        pen.multiline_text(
            (GAP, upper), _wrapped(row.caption, CAPTION_WIDTH - 2 * GAP, font), "black", font
        )
        for left, images in zip(lefts, row.groups, strict=True):
            for column, image in enumerate(images):
                sheet.paste(_square(image, size), (left + column * (size + GAP), upper))
    return sheet


def _square(image: Image.Image, size: int) -> Image.Image:
    """Return the whole image, scaled to fit a white square."""
    scale = size / max(image.size)
    # Small images are enlarged in blocks, so that their pixels can be judged.
    method = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    shape = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = Image.new("RGB", (size, size), "white")
    square.paste(image.resize(shape, method), ((size - shape[0]) // 2, (size - shape[1]) // 2))
    return square


def _fitted(text: str, width: float, font: Font) -> str:
    """Return as much of `text` as fits on one line."""
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-2] + "…"
    return text


def _wrapped(text: str, width: float, font: Font) -> str:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(_fitted(line, width, font) for line in lines)


def _save(picture: Image.Image, path: Path) -> None:
    with atomic(path) as partial:
        picture.save(partial)
