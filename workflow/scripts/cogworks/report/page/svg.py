"""A figure inside the page: its colours follow the page's theme, its ids stay its own."""

import re
from html import escape
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.report.drawing.style import THEME

POINTS_TO_PIXELS = 96 / 72


def inline_svg(path: str | Path, *, name: str, label: str) -> str:
    """Return an SVG file as an element for an HTML page.

    Args:
        path: a file that `files.save` wrote.
        name: prefix of the ids, so that two figures on one page do not share any.
        label: what a screen reader says of a figure that has no description.

    Raises:
        InputError: the file is missing or no SVG.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    start = text.find("<svg")
    width = re.search(r'<svg[^>]*?\swidth="([0-9.]+)pt"', text)
    if start < 0 or width is None:
        raise InputError(f"{path}: not an SVG figure; delete it and run again")
    told = re.search(r"<dc:description>(.*?)</dc:description>", text, flags=re.DOTALL)
    label = told[1].replace('"', "&quot;") if told and told[1] else escape(label)
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", text[start:], flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", body)
    # What the pointer is on says its name.
    body = re.sub(r'(<g data-encoder="(.*?)".*?>)', r"\1<title>\2</title>", body)
    for colour, variable in THEME.items():
        body = body.replace(colour, f"var(--{variable})")
    pixels = round(float(width[1]) * POINTS_TO_PIXELS)
    head = f'<svg role="img" aria-label="{label}" style="--natural: {pixels}px" '
    body = re.sub(r'\s(?:width|height)="[0-9.]+pt"', "", body, count=2)
    return head + body.removeprefix("<svg").lstrip()
