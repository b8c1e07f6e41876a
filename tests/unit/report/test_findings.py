"""The sentences on top of the page: computed from the tables, with what is certain of them."""

import math

import pandas as pd
import pytest

from cogworks.report import procedural
from cogworks.report.drawing.level_tables import level_table, relative_table
from cogworks.report.drawing.transfer_tables import trade_off_table
from cogworks.report.findings import findings
from cogworks.report.page import sections
from cogworks.report.planned import Exhibits
from cogworks.report.table import Column, Table, text_column

from .test_shipped import CONFIG, planned


def test_the_advantage_on_both_ends_of_the_axis_and_its_change(scores, summary, spec):
    tables = {"levels_table": level_table(scores, summary, spec)}
    relative = relative_table(scores, summary, spec)
    frame = relative.frame.set_index("encoder")
    frame.loc["Trex", ["seen_low", "seen_high"]] = [42.0, 48.0]
    frame.loc["Trex", ["cog_l2_low", "cog_l2_high"]] = [33.0, 40.0]
    frame.loc["Plain", ["cog_l2_low", "cog_l2_high"]] = [10.0, 90.0]
    tables["levels_relative_table"] = Table("", relative.columns, frame.reset_index())
    # The change, -8, less (4, 3) and more (3, 3): 37 is 4 above its end, 45 is 3 below its own.
    low, high = -8 - math.hypot(4, 3), -8 + math.hypot(3, 3)
    assert list(findings(tables)) == [
        "Trex is farthest ahead of Random on L2: by +37.0 points of top-1 (95% interval +33.0 to "
        "+40.0), after +45.0 (+42.0 to +48.0) on seen. From seen to L2 its advantage changes by "
        f"−8.0 (−{-low:.1f} to −{-high:.1f}); encoders whose advantage falls, with the whole "
        "interval: 1 of 2."
    ]
    tables["levels_relative_table"] = Table(
        "", relative.columns, frame.reset_index().assign(seen_classes=40)
    )
    (text,) = findings(tables)
    assert (
        f"(−{-low:.1f} to −{-high:.1f}; seen has 40 classes, L2 20, which may be part of it)"
        in text
    )


def test_columns_of_other_numbers_of_classes_are_told(scores, summary, spec):
    assert "Classes:" not in relative_table(scores, summary, spec).note
    larger = summary["n_classes"].where(summary["dataset"] != "seen", 40)
    table = relative_table(scores, summary.assign(n_classes=larger), spec)
    assert " Classes: seen 40, L1 20, L2 20: columns that differ in them are " in table.note
    assert table.frame["seen_classes"].tolist() == [40, 40]


def test_the_best_on_the_training_task_and_on_transfer(scores, plane_spec):
    table = trade_off_table(scores, plane_spec)
    (text,) = findings({"trade_off_table": table})
    assert text.startswith(
        "No encoder is the best at both: Plain leads on seen (80.0% top-1), Trex"
    )
    assert "Trex is 5.0 points behind on seen, Plain " in text
    tied = table.frame.assign(train_tied=True, transfer_tied=table.frame["label"] == "Trex")
    (text,) = findings({"trade_off_table": Table("", table.columns, tied)})
    assert text.startswith("Whether an encoder is the best at both cannot be told: Plain leads")
    assert text.endswith(" Not to be told from the best on seen: Random, Trex.")
    alone = Table("", table.columns, table.frame[table.frame["label"] != "Plain"])
    (text,) = findings({"trade_off_table": alone})
    assert text.startswith("Trex is the best on seen (75.0% top-1) and on transfer (mean log odds")
    assert not list(findings({"trade_off_table": Table("", table.columns, table.frame[:1])}))


@pytest.mark.parametrize(("real", "count"), [((True, False, False), 1), ((True,) * 3, 0)])
def test_the_best_clone_against_real_images(real, count):
    frame = pd.DataFrame(
        {
            "model": ["base", "c", "c, d"],
            "scale": ["-", "7.5", "2"],
            "top1_0": [75.04, 40.0, 52.0],
            "reference": real,
            "own": True,
        }
    )
    columns = [text_column("model", "model"), Column("top1_0", "Top-1", over="IN-Val")]
    expected = (
        "Trained on drawn images, the best model has 52.0% top-1 on IN-Val (prompt c, d, scale 2); "
        "on real images 75.0%, 23.0 points more."
    )
    assert (
        list(findings({"clone_test_sets_table": Table("", columns, frame)})) == [expected] * count
    )


def test_procedural_images_are_told_wherever_numbers_of_them_go():
    default = planned(CONFIG / "config.yaml")
    caveat = "All images are drawn by a procedural world: no result for photographs."
    tables = default.tables
    assert {tables[name].caveat for name in ("levels", "features", "published_in1k")} == {caveat}
    assert default.figures["trade_off"].caveat == caveat
    assert {tables[name].caveat for name in ("models", "contents_world")} == {""}
    assert "no photographs" in procedural.notice(default.plan)
    thesis: Exhibits = planned(CONFIG / "thesis.yaml")
    assert {found.caveat for found in thesis.planned} == {""}
    assert procedural.notice(thesis.plan) == ""


def test_what_is_counted_and_an_untrained_baseline_are_told():
    page = sections.page_spec(planned(CONFIG / "config.yaml"))
    assert page.subtitle == (
        "3 encoders on 6 data sets; 4 encoders on 1 data set by their own classifiers"
    )
    (part,) = page.parts
    text = "The baseline, random, has random weights: it was never trained."
    assert part.notes[-1] == text
    told = {section.id for section in part.sections if section.notes == [text]}
    assert told == {"levels", "by_concept", "few_shot"}
    lite = sections.page_spec(planned(CONFIG / "thesis" / "chapter-3.yaml"))
    assert not any(section.notes for part in lite.parts for section in part.sections)
