"""The report: one HTML file with everything in it, from the tables and figures of the room."""

import base64
import importlib.metadata
import io
import platform
import re
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.report.html_table import html_table
from cogworks.report.svg import inline_svg
from cogworks.report.table import Table, read_table

PACKAGES = (
    "numpy",
    "pandas",
    "pyarrow",
    "torch",
    "torchvision",
    "timm",
    "scikit-learn",
    "optuna",
    "diffusers",
    "transformers",
    "matplotlib",
    "snakemake",
)
# A contact sheet of photographs is as large as all the rest when it is kept without loss.
SHEET_QUALITY = 85


def build_page(spec: dict[str, Any], *, config: dict[str, Any], texts: Path) -> str:
    """Return the HTML of the report.

    Args:
        spec: `title`, `subtitle`, `digest`, `sections`, and the paths `levels` and `relative` of
            the main tables or None, as `sections.report_spec` gives it. A section has an id, a
            title and parts: rows of figures (`figures`: name, path, caption, label, wide) and
            tables (`table`: name, path, folded).
        config: the whole config, to be shown.
        texts: the folder `workflow/report`, with the page's template, style and script and the
            texts of sections and figures.

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
        title=spec["title"],
        subtitle=spec["subtitle"],
        style=Markup(_read(texts / "page" / "report.css")),  # noqa: S704 (our own)
        script=Markup(_read(texts / "page" / "report.js")),  # noqa: S704 (our own)
        facts=facts(spec),
        sections=[_section(section, texts) for section in spec["sections"]],
        digest=spec["digest"],
        versions=versions(),
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100),
    )


def tables_of(html: str) -> set[str]:
    """Return the names of the tables that a page shows, as `report_spec` gives them."""
    return set(re.findall(r'<table class="sortable" id="rows-([^"]+)"', html))


def facts(spec: dict[str, Any]) -> list[dict[str, str]]:
    """Return the few figures at the top: the best encoder of both ends of the level axis."""
    if spec["levels"] is None:
        return []
    table, relative = read_table(spec["levels"]), read_table(spec["relative"])
    numbers = [column for column in table.columns if column.is_number]
    result = [{"label": "Encoders", "value": str(len(table.frame)), "detail": "compared by level"}]
    for column in dict.fromkeys([numbers[0], numbers[-1]]):
        label = f"Best on {column.label}"
        result += _best(table, column.key, label, "{:.1f}% top-1")
    label = f"Farthest ahead on {numbers[-1].label}"
    return result + _best(relative, numbers[-1].key, label, "{:+.1f} points to the baseline")


def _best(table: Table, key: str, label: str, detail: str) -> list[dict[str, str]]:
    known = table.frame.dropna(subset=[key])
    if known.empty:
        return []
    row = known.loc[known[key].idxmax()]
    return [{"label": label, "value": row["encoder"], "detail": detail.format(row[key])}]


def versions() -> list[tuple[str, str]]:
    """Return the versions of what computed the results, as far as it is installed here."""
    found = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


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


def _section(section: dict[str, Any], texts: Path) -> dict[str, Any]:
    intro = paragraphs(_read(texts / "sections" / f"{section['id']}.rst"))
    return {
        "id": section["id"],
        "title": section["title"],
        "intro": intro,
        "parts": [_part(part, texts) for part in section["parts"]],
    }


def _part(part: dict[str, Any], texts: Path) -> dict[str, Any]:
    if "figures" in part:
        return {"kind": "figures", "figures": [_figure(f, texts) for f in part["figures"]]}
    table = read_table(part["table"]["path"])
    return _table(table, part["table"])


def _table(table: Table, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a table's block: folded where it is long reading or cannot be compared."""
    return {
        "kind": "table",
        "id": entry["name"],
        "title": table.title,
        "warning": table.warning,
        "folded": entry["folded"] or bool(table.warning),
        "content": Markup(html_table(table, name=entry["name"])),  # noqa: S704
    }


def _figure(entry: dict[str, Any], texts: Path) -> dict[str, Any]:
    caption = paragraphs(_read(texts / "figures" / f"{entry['caption']}.rst"))
    text = Markup(" ").join(caption)
    label = re.sub("<.*?>", "", str(text))
    path = Path(entry["path"])
    if path.suffix == ".svg":
        content = inline_svg(path, name=entry["name"], label=label)
    else:
        content = _image(path, entry["label"] or label)
    if entry["label"]:
        text = Markup("<strong>{}</strong>. ").format(entry["label"]) + text
    return {
        "id": entry["name"],
        "wide": entry["wide"],
        "content": Markup(content),  # noqa: S704
        "caption": text,
        "path": str(path),
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
        f'loading="lazy" alt="{escape(label)}">'
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; it belongs to the repository") from error
