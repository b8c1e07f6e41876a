"""A picture of a data set: rows are classes with their id and first name, columns are images."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cogworks.core.errors import InputError
from cogworks.core.seeds import derive_seed, shuffle_by_hash
from cogworks.images.manifest import Manifest
from cogworks.images.pictures import central_square
from cogworks.images.reader import ImageReader, decode_images

TILE = 64
COLUMNS = 10
ROWS = 20
MARGIN = 4
LABEL_WIDTH = 180
TITLE_HEIGHT = 22
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
INK, PAPER = "#202020", "#ffffff"


@dataclass(frozen=True)
class Row:
    """One class: its id, its first name and its tiles, RGB images of TILE x TILE."""

    wnid: str
    name: str
    tiles: list[Image.Image]


def contact_sheet(
    manifests: Sequence[Sequence[Manifest]], names: dict[str, str], *, rows: int = ROWS
) -> Image.Image:
    """Return the sheet of one data set, or of the levels of a family one below the other.

    Args:
        manifests: for each data set its splits; the images come from the first that has any.
        names: class id -> name, such as "tabby, tabby cat".
        rows: classes shown in all, divided evenly among the data sets.

    Raises:
        InputError: a data set without images, or a damaged image that is not to be dropped.
    """
    each = max(rows // len(manifests), 1)
    sections = []
    for splits in manifests:
        filled = [manifest for manifest in splits if len(manifest)]
        if not filled:
            raise InputError(f"{splits[0].path}: the data set has no images")
        sections.append((filled[0].dataset, _rows(filled[0], names, each)))
    return _compose(sections)


def _rows(manifest: Manifest, names: dict[str, str], count: int) -> list[Row]:
    """Draw classes and images by hash: the sheet stays the same while the data set does."""
    reader = ImageReader(manifest)
    there = [manifest.classes[label] for label in np.unique(manifest.labels)]
    shown = sorted(shuffle_by_hash(there, "sheet")[:count])
    rows = []
    for wnid in shown:
        where = manifest.of_class(wnid)
        seeds = [derive_seed("sheet", image) for image in manifest.ids(where)]
        order = [row for _, row in sorted(zip(seeds, where, strict=True))]
        found = islice(decode_images(reader, order, manifest.on_corrupt), COLUMNS)
        tiles = [central_square(image, TILE) for _, image in found]
        rows.append(Row(wnid, names.get(wnid, wnid).split(",")[0], tiles))
    return rows


def _compose(sections: Sequence[tuple[str, Sequence[Row]]]) -> Image.Image:
    step = TILE + MARGIN
    height = MARGIN + sum(TITLE_HEIGHT + step * len(rows) for _, rows in sections)
    sheet = Image.new("RGB", (LABEL_WIDTH + COLUMNS * step + MARGIN, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    title, small = ImageFont.load_default(15), ImageFont.load_default(12)
    y = MARGIN
    for dataset, rows in sections:
        draw.text((MARGIN, y), dataset, fill=INK, font=title)
        y += TITLE_HEIGHT
        for row in rows:
            draw.text((MARGIN, y + 14), _fit(row.name, draw, small), fill=INK, font=small)
            draw.text((MARGIN, y + 34), _fit(row.wnid, draw, small), fill="#707070", font=small)
            for column, tile in enumerate(row.tiles):
                sheet.paste(tile, (LABEL_WIDTH + column * step, y))
            y += step
    return sheet


def _fit(text: str, draw: ImageDraw.ImageDraw, font: Font) -> str:
    """Shorten `text` to the width of the label column."""
    while draw.textlength(text, font=font) > LABEL_WIDTH - 2 * MARGIN:
        text = text.rstrip("…")[:-1] + "…"
    return text
