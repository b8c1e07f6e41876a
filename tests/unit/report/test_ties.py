"""What cannot be told from the best is bold with it, and nothing else is."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cogworks.report.by_class import gained, mean_gained
from cogworks.report.drawing.level_tables import level_table, relative_table
from cogworks.report.formats import to_markdown
from cogworks.report.intervals import mean_difference_interval
from cogworks.report.table import OWN, TIED, Column, Table, read_table, text_column, write_table
from cogworks.report.ties import NOTE, tied

CLASSES = 30


def cell(encoder, dataset="seen"):
    return (encoder, dataset, dataset, "logreg", "all")


@pytest.fixture
def found(rng):
    """By class: `near` gains and loses against `best`, `far` loses a little in every class."""
    images = np.full(CLASSES, 20)
    best = rng.integers(8, 16, CLASSES)
    near = best + np.where(np.arange(CLASSES) % 2, 2, -3)
    far = best - 1 - (np.arange(CLASSES) % 2)
    rights = {"best": best, "near": near, "far": far}
    return {
        cell(name, dataset): ({0: right, 1: right}, images)
        for name, right in rights.items()
        for dataset in ("seen", "other")
    }


def shares(found, names):
    return [100 * found[cell(name)][0][0].sum() / (20 * CLASSES) for name in names]


def test_the_pair_decides_and_not_the_distance(found):
    """`far` is nearer to the best than the interval of either is wide, but behind everywhere."""
    names = ["far", "best", "near"]
    cells, values = [[cell(name)] for name in names], shares(found, names)
    assert values[1] - values[0] < 10
    assert tied(found, cells, values) == [False, True, True]
    both = [[cell(name), cell(name, "other")] for name in names]
    assert tied(found, both, values) == [False, True, True]
    assert tied(found, both, values, mean_gained) == [False, True, True]
    assert tied(found, cells, [np.nan, values[1], np.nan]) == [False, True, False]
    assert tied(found, cells, [np.nan] * 3) == [False] * 3


def test_what_is_about_other_images_is_not_tied(found):
    right, images = found[cell("near")]
    found[cell("near")] = right, images + 1
    assert all(map(np.isnan, gained(found, [cell("best")], [cell("near")])))
    cells = [[cell(name)] for name in ("best", "near")]
    assert tied(found, cells, [60.0, 59.9]) == [True, False]


def test_the_interval_of_a_difference_of_means_is_the_paired_t_test(rng):
    """One data set and seed: Student's. Four times the same: half the error, 4 (C - 1) degrees."""
    images = np.full(CLASSES, 20)
    own, other = rng.integers(5, 15, (2, CLASSES, 1))
    pair = stats.ttest_rel(own[:, 0] / 20, other[:, 0] / 20).confidence_interval(0.95)
    assert mean_difference_interval([(own, other, images)]) == pytest.approx([pair.low, pair.high])
    four = mean_difference_interval([(own, other, images)] * 4)
    quantiles = stats.t.ppf(0.975, [CLASSES - 1, 4 * (CLASSES - 1)])
    assert np.ptp(four) / np.ptp(pair) == pytest.approx(quantiles[1] / quantiles[0] / 2)
    # Of log odds: the slope at the mean, and none where they are infinite.
    odds = mean_difference_interval([(own, 0 * own + 10, images)], log_odds=True)
    share = own.sum() / (20 * CLASSES)
    plain = mean_difference_interval([(own, 0 * own + 10, images)])
    assert np.ptp(odds) == pytest.approx(np.ptp(plain) / (share * (1 - share)))
    assert np.mean(odds) == pytest.approx(np.log(share / (1 - share)))
    perfect = [(own, 0 * own + 20, images)]
    assert all(map(np.isnan, mean_difference_interval(perfect, log_odds=True)))


def marked(values, own, ties, **options):
    frame = pd.DataFrame({"name": "x", "a": values, OWN: own, "a" + TIED: ties})
    return Table("T", [text_column("name", "name"), Column("a", "a")], frame, **options)


def bold(table):
    return [row["a"].bold for row in table.marks()]


def test_ties_are_bold_with_the_best_where_that_is_an_own_row(tmp_path):
    own = [True, True, True, False, False]
    ties = [True, True, False, None, None]
    ahead = marked([70.0, 69.0, 69.5, 60.0, 50.0], own, ties)
    assert bold(ahead) == [True, True, False, False, False]
    # With the best of the published no pair can be compared.
    behind = marked([70.0, 69.0, 69.5, 80.0, 50.0], own, ties)
    assert bold(behind) == [False, False, False, True, False]
    apart = marked([70.0, 69.0, 69.5, 80.0, 50.0], own, ties, warning="Not comparable.")
    assert bold(apart) == [True, True, False, True, False]
    write_table(apart, tmp_path / "t.parquet")
    assert bold(read_table(tmp_path / "t.parquet")) == bold(apart)
    assert to_markdown(ahead).count("**") == 2 + 2 * 2


def test_tables_of_levels_say_what_is_bold(scores, summary, spec):
    """Five points are told apart, one image in a class and seed is not."""
    rows = scores[scores["encoder"] == "plain"].copy()
    rows["class_right"] = [
        None if right is None else np.add(right, [*[1, -1] * 9, 0, -1])
        for right in rows["class_right"]
    ]
    rows = rows.assign(encoder="random", value=rows["value"] - 0.5)
    scores = pd.concat([rows, scores[scores["encoder"] != "random"]], ignore_index=True)
    summary.loc[summary["encoder"] == "random", "mean"] = 79.5
    table = level_table(scores, summary, spec)
    assert table.frame["seen" + TIED].tolist() == [True, True, False]
    assert NOTE in table.note
    relative = relative_table(scores, summary, spec.model_copy(update={"baseline": "trex"}))
    assert relative.frame["seen" + TIED].tolist() == [True, True]
