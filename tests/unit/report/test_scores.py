"""Collecting scores and summarising them over seeds."""

import math

import numpy as np
import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.report.drawing.score_table import score_table
from cogworks.report.intervals import accuracy_interval, difference_interval
from cogworks.report.ordering import in_order, sorted_shots
from cogworks.report.scores import BY_CLASS, COLUMNS, METRICS, collect, over_repeats
from cogworks.report.specs import AllScoresSpec
from cogworks.report.summary import BOUNDS, RELATIVE_BOUNDS, select, summarise

from .conftest import NO_SCORES, probe_rows


def cell(frame, **keys):
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_long_form_has_a_row_for_each_seed_and_metric(scores):
    assert list(scores.columns) == [*COLUMNS, *BY_CLASS]
    assert len(scores) == 3 * 3 * 3 * 3 * len(METRICS)
    where = {"encoder": "plain", "dataset": "cog_l1", "shots": "all", "seed": 2}
    row = cell(scores, **where, metric="top1")
    assert (row["value"], sum(row["class_right"]), sum(row["class_images"])) == (71.0, 142, 200)
    row = cell(scores, **where, metric="log_odds")
    assert row["value"] == pytest.approx(math.log(71 / 29))
    assert row["class_right"] is None


def test_order_is_that_of_the_files_and_shots_go_by_number(scores):
    assert list(scores["encoder"].unique()) == ["random", "plain", "trex"]
    assert list(scores["shots"].unique()) == ["2", "10", "all"]
    assert sorted_shots(["all", "16", "2", "128", "2"]) == ["2", "16", "128", "all"]
    frame = pd.DataFrame({"encoder": ["b", "a", "b"], "shots": ["all", "4", "16"]})
    assert in_order(frame, ["encoder", "shots"])["shots"].tolist() == ["16", "all", "4"]


def test_no_probe_table_gives_an_empty_long_table():
    assert list(collect([]).columns) == [*COLUMNS, *BY_CLASS]
    assert summarise(collect([]), baseline=None).empty


def test_the_same_cell_twice_is_an_error(probe_files, tmp_path):
    write_parquet(probe_rows("plain", "seen"), tmp_path / "copy.parquet")
    with pytest.raises(InputError, match=r"copy\.parquet: .*plain.*logreg\.parquet holds it too"):
        collect([*probe_files, tmp_path / "copy.parquet"])
    rows = probe_rows("plain", "seen")
    write_parquet(pd.concat([rows, rows.iloc[3:4]]), tmp_path / "twice.parquet")
    with pytest.raises(InputError) as caught:
        collect([tmp_path / "twice.parquet"])
    assert str(caught.value) == (
        f"{tmp_path / 'twice.parquet'}: holds more than once encoder plain, data set seen, test "
        "set seen, protocol logreg, shots 10, seed 0; delete the table and run again"
    )


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ({"shots": "10", "seed": 1}, "shots 10, seed 1"),
        ({"shots": "all", "seed": 2}, "shots all, seed 2"),
        ({"shots": "2"}, "shots 2, seed 0"),
    ],
)
def test_a_hole_is_an_error_and_no_mean_of_the_rest(probe_files, tmp_path, lacking, told):
    """The last seed and a whole number of shots are known from the other tables."""
    rows = probe_rows("plain", "seen")
    gone = pd.concat([rows[key].eq(value) for key, value in lacking.items()], axis=1).all(axis=1)
    write_parquet(rows[~gone], tmp_path / "hole.parquet")
    others = [path for path in probe_files if "plain/seen" not in str(path)]
    with pytest.raises(InputError) as caught:
        collect([*others, tmp_path / "hole.parquet"])
    assert str(caught.value).startswith(f"{tmp_path / 'hole.parquet'}: lacks encoder plain")
    assert told in str(caught.value)


def test_one_seed_may_serve_all_images(tmp_path):
    rows = probe_rows("plain", "seen")
    rows = rows[(rows["shots"] != "all") | (rows["seed"] == 0)]
    write_parquet(rows, tmp_path / "p.parquet")
    assert len(collect([tmp_path / "p.parquet"])) == 7 * len(METRICS)


def test_an_empty_table_and_a_missing_score_are_named(tmp_path):
    write_parquet(probe_rows("plain", "seen").iloc[:0], tmp_path / "empty.parquet")
    with pytest.raises(InputError, match=r"empty\.parquet: the probe table has no rows"):
        collect([tmp_path / "empty.parquet"])
    write_parquet(probe_rows("plain", "seen", top1=math.nan), tmp_path / "nan.parquet")
    with pytest.raises(InputError, match=r"nan\.parquet: no top-1 .*did not diverge"):
        collect([tmp_path / "nan.parquet"])
    write_parquet(probe_rows("plain", "seen", class_right=None), tmp_path / "nan.parquet")
    with pytest.raises(InputError, match=r"nan\.parquet: no class_right .*did not diverge"):
        collect([tmp_path / "nan.parquet"])


def test_a_table_of_another_layout_is_named(tmp_path):
    write_parquet(probe_rows("plain", "seen").drop(columns="top5"), tmp_path / "old.parquet")
    with pytest.raises(InputError, match=r"old\.parquet: no column top5"):
        collect([tmp_path / "old.parquet"])


def test_mean_deviation_and_interval_over_seeds(scores, summary):
    row = cell(summary, encoder="plain", dataset="cog_l2", shots="all", metric="top1")
    assert (row["mean"], row["std"], row["seeds"]) == (60.0, pytest.approx(math.sqrt(2 / 3)), 3)
    right, images = by_class(scores, encoder="plain", dataset="cog_l2", shots="all")
    expected = [100 * bound for bound in accuracy_interval(right, images)]
    assert [row["low"], row["high"]] == expected
    assert expected[0] < 60 < expected[1]


def test_differences_have_paired_intervals_and_other_metrics_none(scores, summary):
    where = {"dataset": "cog_l1", "shots": "2"}
    row = cell(summary, encoder="plain", metric="top1", **where)
    pair = [by_class(scores, encoder=name, **where)[0] for name in ("plain", "random")]
    bounds = difference_interval(*pair, np.full(20, 10))
    assert [row["relative_low"], row["relative_high"]] == [100 * bound for bound in bounds]
    assert bounds[0] < row["relative"] / 100 < bounds[1]
    assert cell(summary, encoder="plain", metric="top5", **where)[BOUNDS].isna().all()
    assert cell(summary, encoder="random", metric="top1", **where)[RELATIVE_BOUNDS].isna().all()


def test_results_on_other_images_are_not_paired(probe_files, tmp_path):
    other = probe_rows("plain", "seen", class_images=[20] * 10 + [10] * 10)
    write_parquet(other, tmp_path / "other.parquet")
    summary = summarise(collect([probe_files[0], tmp_path / "other.parquet"]), baseline="random")
    row = cell(summary, encoder="plain", shots="all", metric="top1")
    assert row["low"] < row["high"]
    assert math.isnan(row["relative_low"])


def by_class(scores, **keys):
    """Return the counts of right images `(C, S)` and of all images `(C,)` of a cell."""
    rows = select(scores, shots=None)
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    return np.stack(list(rows["class_right"]), axis=1), rows["class_images"].iloc[0]


def test_runs_that_differ_in_their_seed_are_the_seeds_of_one(scores):
    """Each is the mean over the seeds of its probe, under the name of the first."""
    whole = over_repeats(scores, {"plain": "plain", "trex": "plain"})
    assert list(whole.columns) == list(scores.columns)
    assert (whole.dtypes == scores.dtypes).all()
    assert whole["encoder"].unique().tolist() == ["random", "plain"]
    row = cell(
        summarise(whole, baseline=None), encoder="plain", dataset="seen", shots="all", metric="top1"
    )
    assert (row["mean"], row["std"], row["seeds"]) == (77.5, 2.5, 2)
    where = {"dataset": "seen", "shots": "all"}
    runs = [by_class(scores, encoder=name, **where)[0].mean(axis=1) for name in ("plain", "trex")]
    bounds = accuracy_interval(np.stack(runs, axis=1), np.full(20, 10))
    assert [row["low"], row["high"]] == pytest.approx([100 * bound for bound in bounds])
    # One alone keeps the seeds of its probe, whatever stands for it.
    alone = over_repeats(scores[scores["encoder"] == "trex"], {"plain": "plain", "trex": "plain"})
    assert alone["seed"].max() == 2
    assert set(alone["encoder"]) == {"plain"}


def test_a_run_of_which_a_probe_diverged_is_left_out(scores):
    gone = (scores["encoder"] == "trex") & (scores["seed"] == 1)
    broken = scores.assign(diverged=gone, value=scores["value"].mask(gone))
    summary = summarise(over_repeats(broken, {"plain": "plain", "trex": "plain"}), baseline=None)
    row = cell(summary, encoder="plain", dataset="seen", shots="all", metric="top1")
    assert (row["mean"], row["seeds"], row["diverged"]) == (80, 1, 1)


def test_difference_to_the_baseline_is_taken_seed_by_seed(summary):
    row = cell(summary, encoder="plain", dataset="cog_l2", shots="all", metric="top1")
    # The seeds' own ups and downs are the same for both encoders, and cancel.
    assert row["relative"] == pytest.approx(60 - 28)
    assert row["relative_std"] == pytest.approx(0, abs=1e-12)
    own = summary[summary["encoder"] == "random"]
    assert (own["relative"] == 0).all()


def test_a_diverged_seed_counts_nothing(tmp_path):
    frame = probe_rows("plain", "seen", shots=("all",))
    frame.loc[0, ["top1", "top5", "mean_class", "log_odds"]] = math.nan
    frame.loc[0, "diverged"] = True
    write_parquet(frame, tmp_path / "p.parquet")
    row = cell(summarise(collect([tmp_path / "p.parquet"]), baseline=None), metric="top1")
    assert (row["mean"], row["seeds"]) == (80.5, 2)


def test_one_seed_has_no_deviation(tmp_path):
    write_parquet(probe_rows("plain", "seen", seeds=1), tmp_path / "p.parquet")
    summary = summarise(collect([tmp_path / "p.parquet"]), baseline="plain")
    assert summary["std"].isna().all()
    assert (summary["seeds"] == 1).all()


def test_a_baseline_without_scores_is_an_error(scores):
    with pytest.raises(InputError, match="'dino' has no scores; scored are random, plain, trex"):
        summarise(scores, baseline="dino")


def test_a_cell_that_the_baseline_lacks_has_no_difference(probe_files):
    summary = summarise(collect(probe_files[1:]), baseline="random")
    rows = select(summary)
    assert rows[rows["dataset"] == "seen"]["relative"].isna().all()
    assert rows[rows["dataset"] == "cog_l1"]["relative"].notna().all()


def test_table_of_all_scores(summary):
    table = score_table(summary, AllScoresSpec(scores=NO_SCORES, labels={"plain": "Plain"}))
    assert len(table.frame) == 27
    row = cell(table.frame, encoder="Plain", dataset="seen", shots="10")
    assert (row["top1"], row["top5"], row["seeds"]) == (70, 85, 3)
    assert row["low"] < 70 < row["high"]
