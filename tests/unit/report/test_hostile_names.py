"""Names are the user's, or somebody's whose data set it is: none becomes a part of the page."""

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from cogworks.core.files import read_parquet, write_parquet
from cogworks.core.spec import packed
from cogworks.report.concept_gains import measure
from cogworks.report.drawing.atlas_table import atlas_table
from cogworks.report.drawing.branches import branches_figure
from cogworks.report.drawing.files import save
from cogworks.report.drawing.level_figures import absolute_figure
from cogworks.report.drawing.level_tables import level_table
from cogworks.report.formats import write_formats
from cogworks.report.page.build import build_page
from cogworks.report.page.specs import FiguresPart, PageFigure, TablePart

from .conftest import TEXTS

HOSTILE = (
    "a-b \"b\" 'c'></title></svg></pre></script><script>hacked()</script>"
    "<img src=x onerror=hacked()>]]><!-- &amp; $x^{2$ \\frac{ {{ 7*7 }} {% x %} =1 | `d` \\1"
)


class Page(HTMLParser):
    """A page's elements with the names of their attributes, its texts and its scripts' data."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.scripts, self.texts, self.data = set(), 0, [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags |= {(tag, key) for key, _ in [("", ""), *attrs]}
        self.texts += [value for key, value in attrs if key != "href" and value]
        self.scripts += tag == "script"
        if dict(attrs).get("type") == "application/json":
            self.data.append("")

    def handle_data(self, data):
        if self.lasttag == "script":
            self.data += [data] if data.startswith("{") else []
        else:
            self.texts.append(data)


@pytest.fixture
def build(scores, summary, spec, by_concept_spec, page_spec, tmp_path):
    """Return the page, and its figures' files, with a text in the place of each name."""

    def build(text):
        def called(rows):
            return [row.model_copy(update={"label": f"{text} {row.label}"}) for row in rows]

        def named(spec):
            new = {"encoders": called(spec.encoders), "columns": called(spec.columns)}
            return spec.model_copy(update=new)

        for entry in by_concept_spec.sets:
            classes = read_parquet(entry.classes)
            names = [f"{text} {wnid}" for wnid in classes["wnid"]]
            write_parquet(classes.assign(name=names), entry.classes)
        gains = measure(named(by_concept_spec))
        tables = {
            "levels": level_table(scores, summary, named(spec)),
            "atlas": atlas_table(gains),
        }
        figures = {
            "absolute": absolute_figure(summary, named(spec)),
            "branches": branches_figure(gains),
        }
        for name, table in tables.items():
            write_formats(table, tmp_path / name)
        for name, figure in figures.items():
            save(figure, tmp_path / name, caveat=f"{text} \x1b[31m\0")
        (part,) = page_spec.parts
        (section,) = part.sections
        shown = [
            PageFigure(name=name, path=str(tmp_path / f"{name}.svg"), caption=text, label=text)
            for name in figures
        ]
        shown.append(
            PageFigure(name="png", path=str(tmp_path / "samples.png"), caption=text, label=text)
        )
        parts = [
            TablePart(name=name, exhibit=f"{name}_table", path=str(tmp_path / f"{name}.parquet"))
            for name in tables
        ]
        section = section.model_copy(update={"parts": [FiguresPart(figures=shown), *parts]})
        texts = {"title": text, "notes": [text], "sections": [section]}
        page = {"title": text, "subtitle": text, "notice": text, "counts": [(text, text)]}
        page |= {"parts": [part.model_copy(update=texts)], "config": packed({"a": text})}
        html = build_page(page_spec.model_copy(update=page), texts=TEXTS)
        return html, [tmp_path / f"{name}.svg" for name in figures]

    return build


def words(text):
    return " ".join(text.split())


def test_a_name_is_never_markup(build):
    plain, _ = build("plain")
    html, figures = build(HOSTILE)
    expected, found = Page(plain), Page(html)
    assert found.tags == expected.tags
    assert found.scripts == expected.scripts
    wanted = {words(text).replace("plain", HOSTILE) for text in expected.texts if "plain" in text}
    assert len(wanted) > 50
    assert wanted <= set(map(words, found.texts))
    (data,) = filter(None, found.data)
    atlas = json.loads(data)
    assert all(name.startswith(HOSTILE) for name in [*atlas["names"], *atlas["encoders"]])
    for path in figures:
        texts = list(ElementTree.parse(path).getroot().itertext())
        assert sum(HOSTILE in text for text in texts) > 1, path.name
