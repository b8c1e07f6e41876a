"""The page: everything in one file, and nothing from elsewhere."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.report.drawing.clone_tables import clone_table, meaning_table
from cogworks.report.drawing.level_tables import level_table
from cogworks.report.drawing.published import linear_probe
from cogworks.report.drawing.published_tables import published_table
from cogworks.report.formats import write_formats
from cogworks.report.page.build import build_page, paragraphs, summaries_of, tables_of
from cogworks.report.page.html_table import html_table
from cogworks.report.page.specs import (
    PagePart,
    PageSection,
    TablePart,
)
from cogworks.report.page.svg import inline_svg
from cogworks.report.specs import CloneRow, ClonesSpec

from .conftest import IN1K, PAPER, REPOSITORY, TEXTS

VOID = {"meta", "img", "input", "br", "link"}


class Checker(HTMLParser):
    """Fails on tags that do not match, and keeps ids and links."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs[key] for key in ("href", "src", "xlink:href") if key in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def two_parts(scores, page_spec, summary, spec, tmp_path):
    """A page on which two parts have the same section."""
    (part,) = page_spec.parts
    write_formats(level_table(scores, summary, spec), tmp_path / "two_levels")
    path = str(tmp_path / "two_levels.parquet")
    table = TablePart(name="two_levels", exhibit="levels_table", path=path)
    section = PageSection(id="levels", anchor="two_levels", title="Accuracy", parts=[table])
    other = PagePart(
        id="two",
        title="Two & more",
        published=0,
        notes=["a.b is 1; the thesis: <2>."],
        sections=[section],
    )
    one = part.model_copy(update={"id": "one", "title": "One"})
    return page_spec.model_copy(update={"parts": [one, other]})


def checked(html):
    """Return the checker of a whole page, which needs nothing else."""
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    for link in checker.links:
        assert link.startswith(("#", "data:")), link
    targets = {link[1:] for link in checker.links if link.startswith("#")}
    assert targets <= set(checker.ids)
    return checker


def test_parts_have_headings_and_their_own_anchors(two_parts):
    html = build_page(two_parts, texts=TEXTS)
    assert {"part-one", "part-two", "levels", "two_levels"} <= set(checked(html).ids)
    assert html.index("<h2>One</h2>") < html.index("<h3>Accuracy</h3>")
    assert '<a class="part" href="#part-two">Two &amp; more</a>' in html
    assert tables_of(html) == {
        "levels": "levels_table",
        "levels_relative": "levels_relative_table",
        "two_levels": "levels_table",
    }
    assert '<a href="#part-one">One</a> Trex is farthest ahead of Random on L2' in html


def test_the_head_of_a_part_says_what_it_reproduces(two_parts, summary, spec, tmp_path):
    """Of the tables of the thesis alone, and beside them what was known before."""
    plain = {"Plain": "s-DINO", "Trex": "ResNet50"}
    encoders = [
        encoder.model_copy(update={"published": plain.get(encoder.label)})
        for encoder in spec.encoders
    ]
    one = spec.model_copy(update={"encoders": encoders, "columns": spec.columns[:1]})
    rows = summary.assign(**IN1K)
    write_formats(published_table(rows, linear_probe(PAPER), one), tmp_path / "b1")
    first, second = two_parts.parts
    table = TablePart(
        name="b1", exhibit="published_table", path=str(tmp_path / "b1.parquet"), number="table B.1"
    )
    section = first.sections[0].model_copy(update={"parts": [*first.sections[0].parts, table]})
    first = first.model_copy(update={"published": 279, "sections": [section]})
    html = build_page(two_parts.model_copy(update={"parts": [first, second]}), texts=TEXTS)
    checked(html)
    found = summaries_of(html)
    assert found.pop("") == ["No <photographs>."]
    assert found["One"].pop(0).startswith("Trex is farthest ahead of Random on L2: by +37.0 points")
    assert found == {
        # Shots 2 and all of both; the run has no other number of shots of the thesis.
        "One": [
            "4 of 279 published cells reproduced: median absolute difference 3.40, largest 27.8 "
            "(Plain, 2 in table B.1: 60.0, published 32.2)."
        ],
        "Two & more": ["a.b is 1; the thesis: <2>."],
    }


def test_what_is_not_comparable_is_told_at_the_table_and_sorted_apart(summary, spec):
    one = spec.model_copy(update={"columns": spec.columns[:1]})
    table = published_table(summary, linear_probe(PAPER), one)
    caveat = "All images are drawn."
    html = html_table(replace(table, caveat=caveat), name="b1")
    assert html.startswith(f'<p class="notice">{table.warning} {caveat}</p>')
    assert '<table class="sortable apart"' in html
    comparable = published_table(summary.assign(**IN1K), linear_probe(PAPER), one)
    html = html_table(replace(comparable, caveat=caveat), name="b1")
    assert comparable.warning == ""
    assert "notice" not in html
    assert '<table class="sortable"' in html


def test_the_page_is_whole_and_needs_nothing_else(page_spec):
    html = build_page(page_spec, texts=TEXTS)
    checked(html)
    assert "<h2>Accuracy</h2>" in html
    assert "A &lt;title&gt;" in html
    assert "seen &amp; more" in html
    assert "0123abcd" in html
    assert "Of <code>levels_absolute</code>." in html
    assert "a:\n  b: 1\n" in html
    assert "<dt>Seeds of a probe</dt><dd>5</dd>" in html
    for entry in load_yaml(REPOSITORY / "CITATION.cff")["references"]:
        assert f"title = {{{entry['title']}}}" in html
    assert not re.search(r"https?://(?!www\.w3\.org)", html)


def test_the_same_inputs_give_the_same_page(page_spec):
    first, second = (build_page(page_spec, texts=TEXTS) for _ in range(2))
    assert first == second


def test_a_missing_part_is_named(page_spec, tmp_path):
    (tmp_path / "levels_absolute.svg").unlink()
    with pytest.raises(InputError, match=r"levels_absolute\.svg: no such file"):
        build_page(page_spec, texts=TEXTS)
    (tmp_path / "levels_absolute.svg").write_text("hello")
    with pytest.raises(InputError, match="not an SVG figure"):
        inline_svg(tmp_path / "levels_absolute.svg", name="x", label="x")


def test_a_damaged_picture_is_named(page_spec, tmp_path):
    (tmp_path / "samples.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"samples\.png: not a readable picture"):
        build_page(page_spec, texts=TEXTS)


def test_texts_have_code_and_emphasis_and_nothing_else():
    found = paragraphs("A ``b < c`` and\n*d*.\n\nSecond <i>.")
    assert found == ["A <code>b &lt; c</code> and <em>d</em>.", "Second &lt;i&gt;."]


def clones(**labels):
    """The spec of a table of clones."""
    return ClonesSpec(
        clones=[
            CloneRow(name=name, label=label, recipe={"prompt": "c, d"}, table="")
            for name, label in labels.items()
        ]
    )


def test_clones_are_counted_over_their_classes():
    counts = pd.DataFrame(
        {"requested": [5, 5], "images": [5, 4], "drawn": [6, 9], "nsfw": [1, 0], "given_up": [0, 1]}
    )
    table = clone_table({"c": counts}, clones(c="C"))
    row = table.frame.iloc[0]
    assert (row["prompt"], row["requested"], row["images"], row["drawn"]) == ("c, d", 10, 9, 15)
    assert (row["nsfw"], row["given_up"]) == (1, 1)


def test_classes_of_the_wrong_sense_come_first():
    table = pd.DataFrame(
        {
            "wnid": ["n1", "n2"],
            "similarity": [0.3, 0.2],
            "margin": [0.1, -0.2],
            "recognised": [0.9, 0.1],
            "nearest": ["n1", "n1"],
        }
    )
    found = meaning_table({"c": table}, clones(c="C", other="O")).frame
    assert found["wnid"].tolist() == ["n2", "n1"]
    assert found["recognised"].tolist() == [10, 90]
