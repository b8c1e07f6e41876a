"""Tables and their formats."""

import csv
import io
import math
from dataclasses import replace

import pandas as pd
import pytest

from cogworks.report.drawing.concept_tables import filter_table, level_content_table
from cogworks.report.drawing.level_tables import level_table, relative_table
from cogworks.report.formats import escape_latex, to_csv, to_latex, to_markdown, write_formats
from cogworks.report.page.html_table import html_table
from cogworks.report.page.terminal import to_terminal
from cogworks.report.scores import _to_long
from cogworks.report.specs import FiltersSpec
from cogworks.report.summary import summarise
from cogworks.report.table import Column, Table, format_number, read_table, text_column

from .conftest import probe_rows


@pytest.fixture
def table() -> Table:
    return Table(
        title="A table",
        columns=[text_column("name", "encoder"), Column("a", "L1"), Column("b", "rank", 0, "low")],
        frame=pd.DataFrame(
            {
                "group": ["ours", "theirs", "theirs"],
                "own": [True, False, False],
                "name": ["x_1", "y|2", "z&"],
                "a": [50.04, 49.96, math.nan],
                "a_std": [1.26, math.nan, math.nan],
                "b": [2.0, 1.0, 3.0],
            }
        ),
        note="A note.",
    )


def test_markdown_is_aligned_and_marks_the_best_as_shown(table):
    lines = to_markdown(table).splitlines()
    assert lines[0] == "**A table**"
    body = [line for line in lines if line.startswith("|")]
    assert len({len(line) for line in body}) == 1
    # 50.04 and 49.96 are both shown as 50.0, so both are best.
    assert "**50.0 ± 1.3**" in body[3]
    assert "**50.0**" in body[5]
    assert r"y\|2" in body[5]
    assert "**1**" in body[5]
    assert "*theirs*" in body[4]


def test_latex_escapes_and_groups(table):
    text = to_latex(table, name="t")
    assert r"x\_1" in text
    assert r"z\&" in text
    assert r"\textbf{50.0 $\pm$ 1.3}" in text
    assert r"\multicolumn{3}{l}{\textit{ours}}" in text
    assert text.count(r"\midrule") == 2
    assert escape_latex(r"a\b^2~c") == r"a\textbackslash{}b\textasciicircum{}2\textasciitilde{}c"


def test_csv_keeps_the_digits(table):
    lines = to_csv(table).splitlines()
    assert lines[0] == "group,name,a,a_std,b"
    assert lines[1] == "ours,x_1,50.04,1.26,2"
    assert lines[3] == "theirs,z&,,,3"


def test_an_interval_is_part_of_every_format(table):
    ends = {"a_low": [48.0, math.nan, math.nan], "a_high": [52.04, math.nan, math.nan]}
    signed = Column("a", "L1", signed=True)
    wide = Table("A", [table.columns[0], signed], table.frame.assign(**ends))
    assert to_csv(wide).splitlines()[0] == "group,name,a,a_std,a_low,a_high"
    assert "| **+50.0 ± 1.3** (+48.0 to +52.0) |" in to_markdown(wide)
    small = r"{\scriptsize +48.0 to +52.0}"
    assert rf"\shortstack[r]{{\textbf{{+50.0 $\pm$ 1.3}}\\{small}}} \\" in to_latex(wide, name="t")
    assert '<span class="interval">+48.0 to +52.0</span>' in html_table(wide, name="t")
    assert "± 1.3 (+48.0 to +52.0)" in to_terminal(wide, width=60)
    assert "(+48.0" not in to_terminal(wide, width=30)
    assert "± 1.3" in to_terminal(wide, width=30)


def test_html_is_sortable_by_the_numbers_themselves(table):
    html = html_table(table, name="t")
    assert 'data-value="50.04"' in html
    assert 'data-value=""' in html
    assert "z&amp;" in html
    assert html.count('class="group"') == 2
    assert '<tr class="own mixed">' in html
    assert 'download="t.csv"' in html


def test_a_long_table_can_be_searched(table):
    long = Table(
        table.title, table.columns, pd.concat([table.frame] * 20, ignore_index=True), table.note
    )
    assert 'type="search"' in html_table(long, name="t")
    assert 'type="search"' not in html_table(table, name="t")


def test_terminal_leaves_out_deviations_that_do_not_fit(table):
    assert "50.0 ± 1.3" in to_terminal(table, width=80)
    narrow = to_terminal(table, width=20)
    assert "±" not in narrow
    assert "50.0" in narrow
    assert "\033[1m" in to_terminal(table, width=80, colour=True)
    assert "\033" not in to_terminal(table, width=80)


def test_a_table_survives_its_file(table, tmp_path):
    write_formats(table, tmp_path / "t")
    assert {path.suffix for path in tmp_path.iterdir()} == {".parquet", ".csv", ".md", ".tex"}
    again = read_table(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert (again.title, again.note, again.columns) == (table.title, table.note, table.columns)


def test_a_stem_with_a_dot_keeps_it(table, tmp_path):
    write_formats(table, tmp_path / "test_sets_v1.5")
    assert (tmp_path / "test_sets_v1.5.csv").is_file()


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (1.25, False, "1.2"),
        (-1.5, False, "−1.5"),
        (2.0, True, "+2.0"),
        (-0.04, True, "0.0"),
        (0.04, True, "0.0"),
        (math.nan, False, ""),
        (math.inf, False, "∞"),
    ],
)
def test_numbers(value, signed, text):
    assert format_number(value, Column("a", "a", signed=signed)) == text


def test_levels(scores, summary, spec):
    table = level_table(scores, summary, spec)
    assert table.frame["encoder"].tolist() == ["Random", "Plain", "Trex"]
    assert table.frame["cog_l2"].tolist() == [28, 60, 65]
    assert table.frame["cog_l2_std"].tolist() == pytest.approx([math.sqrt(2 / 3)] * 3)
    assert (table.frame["cog_l2_low"] < table.frame["cog_l2"]).all()
    assert "standard deviation (divisor N) over 3 seeds" in table.note
    bold = [[key for key, marks in row.items() if marks.bold] for row in table.marks()]
    assert bold == [[], ["seen", "cog_l1"], ["cog_l1", "cog_l2"]]
    assert "Chance is 5%" in table.note


def test_levels_relative(scores, summary, spec):
    table = relative_table(scores, summary, spec)
    assert table.frame["encoder"].tolist() == ["Plain", "Trex"]
    assert table.frame["seen"].tolist() == [50, 45]
    assert "+50.0" in to_markdown(table)


def test_an_encoder_without_a_level_has_an_empty_cell(scores, summary, spec):
    rows = summary[~((summary["encoder"] == "trex") & (summary["dataset"] == "cog_l1"))]
    table = level_table(scores, rows, spec)
    assert math.isnan(table.frame["cog_l1"].iloc[2])
    assert "| Trex" in to_markdown(table)


def test_filters():
    filters = pd.DataFrame({"step": ["pool", "seen", "own_step"], "left": [100, 90, 40]})
    spec = FiltersSpec(benchmark="cog", table="x", seen="y", used_by=["images.a", "evaluations.b"])
    table = filter_table(filters, seen=11, spec=spec)
    assert table.frame["step"].tolist() == ["pool", "less the seen concepts", "own_step"]
    assert table.frame["dropped"].tolist()[1:] == [10, 50]
    assert table.note == (
        "Of the 11 seen concepts 10 are in the pool. Its concepts are used by images.a, "
        "evaluations.b."
    )
    unused = filter_table(filters, seen=11, spec=spec.model_copy(update={"used_by": []}))
    assert unused.note.endswith(
        "Nothing in this config has its concepts: no score here is of them."
    )


def test_level_contents_leave_out_what_is_not_known():
    summary = pd.DataFrame(
        {
            "level": [1, 2],
            "concepts": [10, 10],
            "first_rank": [1, 13],
            "last_rank": [10, 22],
            "similarity_first": [0.9, 0.5],
            "similarity_mean": [0.8, 0.4],
            "similarity_last": [0.7, 0.3],
            "images": [math.nan, math.nan],
            "cog_level": [math.nan, 2.0],
        }
    )
    table = level_content_table(summary, benchmark="cog")
    assert table.frame["ranks"].tolist() == ["1 to 10", "13 to 22"]
    assert "images" not in [column.key for column in table.columns]
    assert "Levels of the ImageNet-CoG benchmark itself: L2." in table.note
    table = level_content_table(summary.assign(cog_level=math.nan), benchmark="cog")
    assert "None of them is a level of the ImageNet-CoG benchmark itself." in table.note


def single(values, *, own=True, warning="", digits=1, best="high"):
    frame = pd.DataFrame({"name": [f"x{i}" for i in range(len(values))], "a": values, "own": own})
    columns = [text_column("name", "name"), Column("a", "a", digits=digits, best=best)]
    return Table("T", columns, frame, warning=warning)


def test_counts_of_millions_keep_their_digits():
    table = single([1281167.0, 14197122.0, 0.1 + 0.2], digits=0)
    cells = [line.split(",")[1] for line in to_csv(table).splitlines()[1:]]
    assert cells == ["1281167", "14197122", "0.3"]


def test_the_best_is_bold_where_python_and_numpy_round_differently():
    # 61.15 as a float is below that decimal: 61.1 as text, 61.2 by NumPy's round.
    table = single([61.15, 60.0])
    assert "**61.1**" in to_markdown(table)
    assert r"\textbf{61.1}" in to_latex(table, name="t")
    assert 'class="number best" data-value="61.15"' in html_table(table, name="t")
    assert "\033[1m61.1" in to_terminal(table, width=80, colour=True).replace("  ", "")


def test_the_warning_is_in_every_export_and_at_the_table_on_the_page():
    warning = "Not comparable: 14 classes, not 1,000."
    table = single([95.4, 60.0, 73.7, 70.1], own=[True, True, False, False], warning=warning)
    assert warning in to_markdown(table)
    assert warning in to_latex(table, name="t")
    rows = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert [row["warning"] for row in rows] == [warning] * 4
    assert html_table(table, name="t").startswith(f'<p class="notice">{warning}</p>')


def test_what_holds_for_all_numbers_is_in_every_export_and_divides_no_rows(tmp_path):
    """Unlike a warning, it leaves own rows and others comparable."""
    table = replace(single([95.4, 60.0], own=[True, False]), caveat="No photographs.")
    assert "**95.4**" in to_markdown(table)
    write_formats(table, tmp_path / "t")
    for suffix in ("csv", "md", "tex"):
        assert "No photographs." in (tmp_path / f"t.{suffix}").read_text()
    assert read_table(tmp_path / "t.parquet").warnings == "No photographs."


def test_a_table_longer_than_a_page_breaks_in_latex_below_its_heads():
    text = to_latex(single([float(number) for number in range(41)]), name="scores")
    assert text.startswith(r"\begin{longtable}{lr}" + "\n" + r"\caption{T.}\label{tab:scores} \\")
    head = text[text.index(r"\toprule") : text.index(r"\endfirsthead")]
    assert text[text.index(r"\endfirsthead") :].count(head) == 1
    assert text.count(r" \\" + "\n") == 1 + 2 + 41
    short = to_latex(single([1.0, 2.0]), name="scores")
    assert r"\caption{T.}\label{tab:scores}" in short
    assert "longtable" not in short


def test_bold_does_not_cross_what_cannot_be_compared():
    values, own = [95.4, 60.0, 73.7, 70.1], [True, True, False, False]
    text = to_markdown(single(values, own=own, warning="Not comparable."))
    assert "**95.4**" in text
    assert "**73.7**" in text
    assert "**73.7**" not in to_markdown(single(values, own=own))


def test_a_single_row_of_a_side_is_not_its_best():
    text = to_markdown(single([95.4, 73.7, 70.1], own=[True, False, False], warning="No."))
    assert "**95.4**" not in text
    assert "**73.7**" in text


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("★", r"$\star$ & 1.0 \\"),
        ("a|b<c>", r"a\textbar{}b\textless{}c\textgreater{} & 1.0 \\"),
        ("[1] x", r"{}[1] x & 1.0 \\"),
        ("*x", r"{}*x & 1.0 \\"),
        ("two\nlines", r"two lines & 1.0 \\"),
        ('"q"', r"''q'' & 1.0 \\"),
    ],
)
def test_latex_takes_no_name_for_a_command(name, latex):
    table = single([1.0])
    table.frame["name"] = name
    assert latex in to_latex(table, name="t").splitlines()


@pytest.mark.parametrize(
    ("name", "markdown"),
    [
        ("base_mc_pr", "base_mc_pr"),
        ("_x_", r"\_x\_"),
        ("a*b*", r"a\*b\*"),
        ("<script>", r"\<script\>"),
        ("a|b\nc", r"a\|b c"),
        ("[x](y)", r"\[x\](y)"),
        ("`a`", r"\`a\`"),
    ],
)
def test_markdown_takes_no_name_for_markup(name, markdown):
    table = single([1.0])
    table.frame["name"] = name
    assert f"| {markdown} " in to_markdown(table)


def test_diverged_seeds_are_told_beside_their_mean(scores, summary, spec):
    rows = summary.copy()
    rows.loc[(rows["encoder"] == "trex") & (rows["dataset"] == "cog_l1"), "diverged"] = 2
    assert "Trex on L1 (2 of 5)" in level_table(scores, rows, spec).note
    assert "Trex on L1 (2 of 5)" in relative_table(scores, rows, spec).note
    assert "diverged" not in level_table(scores, summary, spec).note


def test_fits_that_ended_before_their_minimum_are_told(spec):
    tables = [probe_rows(name, "seen", converged=name != "trex") for name in ("plain", "trex")]
    scores = pd.concat([_to_long(table) for table in tables])
    note = level_table(
        scores, summarise(scores, baseline=None), spec.model_copy(update={"baseline": "plain"})
    ).note
    assert "ended before its minimum: Trex on seen (3 of 3)." in note
