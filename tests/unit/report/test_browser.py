"""The page in a real browser, where there is one: without errors, and whole on paper."""

import re
import shutil
import subprocess
from html import unescape

import pandas as pd
import pytest

from cogworks.core.files import read_parquet
from cogworks.report.concept_gains import measure
from cogworks.report.drawing.atlas_table import atlas_table
from cogworks.report.formats import write_formats
from cogworks.report.page.atlas import atlas
from cogworks.report.page.build import build_page
from cogworks.report.page.specs import TablePart
from cogworks.report.table import Column, Table, text_column

from .conftest import EACH, TEXTS

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
PDF_TO_TEXT = shutil.which("pdftotext")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr")
CONSOLE = re.compile(r"CONSOLE[^\"]*\"(.*)\"")
ROWS, COLUMNS = 120, 14
# What a reader does: sorts by the last column, then searches a table.
ACTIONS = """<script>
const table = document.querySelector("#table-long table");
table.querySelector("thead tr:last-child th:last-child button").click();
document.title = table.tBodies[0].rows[0].cells[0].textContent.trim();
const search = document.querySelector("input.filter");
search.value = "encoder-007";
search.dispatchEvent(new Event("input"));
document.title += " " + [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
</script>"""
# Chooses other encoders, filters and sorts the atlas.
CHOICES = """<script>
const [own, other, branch, group] = document.querySelectorAll(".choices select");
const choose = (element, text) => {
  element.value = [...element.options].find((option) => option.textContent === text).value;
  element.dispatchEvent(new Event("change"));
};
const told = () => [...document.querySelectorAll("#rows-atlas tbody tr")].map((row) =>
  [...row.cells].map((cell) => cell.textContent.replace(/\\s+/g, " ").trim()).join(" | "));
choose(own, "Plain");
choose(other, "Trex");
const out = document.createElement("pre");
out.id = "out";
out.textContent = told().join("\\n");
choose(branch, "bird");
choose(group, "unseen");
document.querySelectorAll("#rows-atlas thead button")[2].click();
out.textContent += "\\n\\n" + told().join("\\n");
document.body.append(out);
</script>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(NAMES)}")


def cell(row, column):
    """A number that stands once on the page."""
    return 10_000 + COLUMNS * row + column


@pytest.fixture
def html(page_spec, by_concept_spec, tmp_path):
    """The page with a figure, short tables, one longer and wider than a sheet, and the atlas."""
    columns = [Column(f"c{n}", f"column {n}", digits=0) for n in range(COLUMNS)]
    numbers = {c.key: [cell(r, n) for r in range(ROWS)] for n, c in enumerate(columns)}
    frame = pd.DataFrame({"name": [f"encoder-{n:03}" for n in range(ROWS)], **numbers})
    frame = frame.astype(dict.fromkeys(numbers, "float64"))
    write_formats(Table("Long", [text_column("name", "name"), *columns], frame), tmp_path / "long")
    long = TablePart(
        name="long", exhibit="x_table", path=str(tmp_path / "long.parquet"), folded=True
    )
    write_formats(atlas_table(measure(by_concept_spec)), tmp_path / "atlas")
    pictured = TablePart(name="atlas", exhibit="atlas_table", path=str(tmp_path / "atlas.parquet"))
    (part,) = page_spec.parts
    (section,) = part.sections
    section = section.model_copy(update={"parts": [*section.parts, long, pictured]})
    part = part.model_copy(update={"sections": [section]})
    return build_page(page_spec.model_copy(update={"parts": [part]}), texts=TEXTS)


def browse(html, folder, *options):
    """Open a page; return what the browser prints, and the messages on its console."""
    (folder / "report.html").write_text(html)
    found = subprocess.run(
        [
            BROWSER,
            *OPTIONS,
            f"--user-data-dir={folder / 'profile'}",
            *options,
            (folder / "report.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return found.stdout, CONSOLE.findall(found.stderr)


def test_the_script_runs_without_a_message(html, tmp_path):
    body, messages = browse(html.replace("</body>", f"{ACTIONS}</body>"), tmp_path, "--dump-dom")
    assert messages == []
    # Sorted best first; of those rows the search leaves one.
    assert f"<title>encoder-{ROWS - 1:03} 1</title>" in body
    assert 'aria-label="SVG of figure levels_absolute"' in body


def rows_of(html):
    """The texts of the atlas's rows as they are written without the script."""
    rows = re.findall(r"<tr data-place.*?</tr>", html, flags=re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL) for row in rows]
    return [" | ".join(" ".join(re.sub("<.*?>", " ", c).split()) for c in row) for row in cells]


def test_the_atlas_compares_any_two_encoders(html, by_concept_spec, tmp_path):
    """With the numbers that are written for the two that are chosen at first."""
    body, messages = browse(html.replace("</body>", f"{CHOICES}</body>"), tmp_path, "--dump-dom")
    assert messages == []
    out = unescape(re.search(r'<pre id="out">(.*?)</pre>', body, flags=re.DOTALL)[1])
    every, birds = (text.split("\n") for text in out.split("\n\n"))
    table = atlas_table(measure(by_concept_spec.model_copy(update={"baseline": "trex"})))
    expected = rows_of(atlas(table, name="x"))
    assert table.title in body
    assert sorted(every) == sorted(expected)
    # Filtered, and sorted by the accuracy of the first.
    assert len(birds) == 2 * EACH
    assert set(birds) == {r for r in expected if "bird" in r and "seen" not in r}
    top1 = [float(row.split(" | ")[2]) for row in birds]
    assert top1 == sorted(top1, reverse=True)
    assert len(re.findall('<th [^>]*aria-sort="descending"', body)) == 1


def test_a_message_of_the_console_is_noticed(tmp_path):
    page = "<!doctype html><script>undefined.x</script><p>text</p>"
    body, messages = browse(page, tmp_path, "--dump-dom")
    assert "text" in body
    assert len(messages) == 1
    assert "TypeError" in messages[0]


@pytest.mark.skipif(PDF_TO_TEXT is None, reason="no pdftotext")
def test_on_paper_is_every_cell(html, by_concept_spec, tmp_path):
    """Of a table that is folded, longer than a page and wider than the sheet; of the atlas; and the
    config.
    """
    pdf = tmp_path / "report.pdf"
    _, messages = browse(html, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    assert messages == []
    command = [PDF_TO_TEXT, "-layout", str(pdf), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words = set(text.replace(",", "").split())
    names = {f"encoder-{row:03}" for row in range(ROWS)}
    numbers = {str(cell(row, column)) for row in range(ROWS) for column in range(COLUMNS)}
    assert not (names | numbers) - words
    assert text.count("\f") > ROWS // 60
    assert "b: 1" in text
    wnids = {wnid for entry in by_concept_spec.sets for wnid in read_parquet(entry.classes)["wnid"]}
    assert len(wnids) == 6 * EACH
    assert not wnids - words
