"""The report: one HTML file with all tables and figures in it."""

import base64
import importlib.metadata
import io
import platform
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.core.spec import unpacked
from cogworks.report.findings import KINDS, findings
from cogworks.report.page.atlas import atlas
from cogworks.report.page.html_table import html_table
from cogworks.report.page.specs import (
    FiguresPart,
    PageFigure,
    PagePart,
    PageSection,
    PageSpec,
    TablePart,
)
from cogworks.report.page.svg import inline_svg
from cogworks.report.reproduced import cells, told
from cogworks.report.table import Table, read_table

# What the numbers and the page itself went through last.
PACKAGES = ("pandas", "jinja2")
# The kind of table that has pictures and encoders to choose.
ATLAS = "atlas_table"
# A contact sheet of photographs is as large as all the rest when it is kept without loss.
SHEET_QUALITY = 85


def build_page(spec: PageSpec, *, texts: Path) -> str:
    """Return the HTML of the report.

    Args:
        spec: what it shows.
        texts: the folder `workflow/report`, with the page's template, style and script and the
            texts of sections.

    Raises:
        InputError: one of the files is missing or damaged.
    """
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.from_string(_read(texts / "page" / "report.html.j2"))
    return template.render(
        title=spec.title,
        subtitle=spec.subtitle,
        notice=spec.notice,
        style=Markup(_read(texts / "page" / "report.css")),  # noqa: S704 (our own)
        script=Markup(_read(texts / "page" / "report.js")),  # noqa: S704 (our own)
        parts=[_part(part, texts) for part in spec.parts],
        digest=spec.digest,
        counts=spec.counts,
        versions=versions(),
        citation=_read(texts / "page" / "cite.bib"),
        config=yaml.safe_dump(
            unpacked(spec.config), sort_keys=False, allow_unicode=True, width=100
        ),
    )


def tables_of(html: str) -> dict[str, str]:
    """Return the kind of exhibit of each table that a page shows, by its name, as in its spec."""
    return dict(re.findall(r'id="table-([^"]+)" data-exhibit="([^"]+)"', html))


def summaries_of(html: str) -> dict[str, list[str]]:
    """Return the sentences at the head of a page and of its parts, by the part's heading.

    What holds for the whole page has an empty heading.
    """
    found: dict[str, list[str]] = {}
    sentence = r'<p class="(?:notice|finding|told)" data-part="(.*?)">(?:<a .*?</a>)?(.*?)</p>'
    for part, text in re.findall(sentence, html):
        found.setdefault(unescape(part), []).append(unescape(text).strip())
    return found


def found(part: PagePart) -> list[str]:
    """Return the findings of a part."""
    blocks = [block for section in part.sections for block in section.parts]
    tables = [block for block in blocks if block.kind == "table" and block.exhibit in KINDS]
    return list(findings({block.exhibit: read_table(block.path) for block in tables}))


def summary(part: PagePart) -> list[str]:
    """Return the sentences at the head of a part: what is reproduced and how well, what is not.

    A table of the thesis that the part has several times counts once, a cell wherever it is.
    """
    blocks = [block for section in part.sections for block in section.parts]
    tables = [block for block in blocks if block.kind == "table" and block.number]
    found = [cell for block in tables for cell in cells(read_table(block.path), block.number)]
    return ([told(found, part.published)] if part.published else []) + part.notes


def versions() -> list[tuple[str, str]]:
    """Return the versions of what builds the page."""
    found = [(name, importlib.metadata.version(name)) for name in PACKAGES]
    return [("Python", platform.python_version()), *found]


def paragraphs(text: str) -> list[Markup]:
    """Return the paragraphs of a reStructuredText with ``code``, *emphasis* and nothing else."""
    result = []
    for block in re.split(r"\n\s*\n", text.strip()):
        html = escape(" ".join(block.split()), quote=False)
        html = re.sub(r"``(.+?)``", r"<code>\1</code>", html)
        html = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html)
        html = re.sub(r"\*(.+?)\*", r"<em>\1</em>", html)
        result.append(Markup(html))  # noqa: S704 (escaped above)
    return result


def _part(part: PagePart, texts: Path) -> dict[str, Any]:
    return {
        "id": part.id,
        "title": part.title,
        "findings": found(part),
        "summary": summary(part),
        "sections": [_section(section, texts) for section in part.sections],
    }


def _section(section: PageSection, texts: Path) -> dict[str, Any]:
    return {
        "id": section.anchor,
        "title": section.title,
        "intro": [*paragraphs(_read(texts / "sections" / f"{section.id}.rst")), *section.notes],
        "parts": [_block(block) for block in section.parts],
    }


def _block(block: FiguresPart | TablePart) -> dict[str, Any]:
    if block.kind == "figures":
        return {"kind": "figures", "figures": [_figure(figure) for figure in block.figures]}
    return _table(read_table(block.path), block)


def _table(table: Table, part: TablePart) -> dict[str, Any]:
    """Return a table's block: folded where it is long reading."""
    is_atlas = part.exhibit == ATLAS
    return {
        "kind": "table",
        "id": part.name,
        "exhibit": part.exhibit,
        "title": table.title,
        "folded": part.folded,
        # Its texts are escaped there.
        "content": Markup((atlas if is_atlas else html_table)(table, name=part.name)),  # noqa: S704
    }


def _figure(figure: PageFigure) -> dict[str, Any]:
    text = Markup(" ").join(paragraphs(figure.caption))
    label = re.sub("<.*?>", "", str(text))
    path = Path(figure.path)
    if path.suffix == ".svg":
        content = inline_svg(path, name=figure.name, label=label)
    else:
        content = _image(path, figure.label or label)
    if figure.label:
        text = Markup("<strong>{}</strong>. ").format(figure.label) + text
    return {
        "id": figure.name,
        "wide": figure.wide,
        "content": Markup(content),  # noqa: S704 (escaped by Matplotlib, and in `_image`)
        "caption": text,
    }


def _image(path: Path, label: str) -> str:
    """Return a picture as an element with its bytes in it."""
    try:
        with Image.open(path) as image:
            buffer = io.BytesIO()
            image.convert("RGB").save(buffer, "WEBP", quality=SHEET_QUALITY, method=4)
            width, height = image.size
    except OSError as error:
        raise InputError(f"{path}: not a readable picture ({error})") from error
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<img src="data:image/webp;base64,{data}" width="{width}" height="{height}" '
        f'decoding="async" alt="{escape(label)}">'
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; it belongs to the repository") from error
