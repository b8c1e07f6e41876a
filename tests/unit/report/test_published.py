"""The thesis's figures beside those of a run."""

import math

import numpy as np
import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.report.drawing import test_set_tables
from cogworks.report.drawing.level_tables import level_table
from cogworks.report.drawing.published import DIGESTS, linear_probe, read_paper
from cogworks.report.drawing.published_tables import mismatch, published_table
from cogworks.report.drawing.standing import neighbour_table, standing_table, with_ties
from cogworks.report.drawing.transfer import training_versus_transfer, upper_right_hull
from cogworks.report.drawing.transfer_tables import (
    published_plane,
    published_transfer_table,
    trade_off_table,
    transfer_mismatch,
    transfer_table,
)
from cogworks.report.reproduced import cells, told
from cogworks.report.scores import collect
from cogworks.report.specs import (
    CrossedSpec,
    CrossingRow,
    EvalSet,
    EvalSetsSpec,
    Paper,
    SetColumn,
)
from cogworks.report.summary import summarise
from cogworks.report.table import TIED
from cogworks.report.transfer_sets import called

from .conftest import IN1K, PAPER, SETS, probe_rows

TREX = Paper(names=["trex_transfer"], folder=str(PAPER))


def test_tables_b1_to_b6_hold_31_models_each():
    frame = linear_probe(PAPER)
    assert set(frame.groupby("dataset")["model"].nunique()) == {31}
    row = frame[(frame["model"] == "s-DINO") & (frame["dataset"] == "cog_l5")]
    assert row[row["n_shot"] == "all"]["top1_mean"].item() == 57.6


def test_layout_of_b1_with_own_rows_first(summary, spec):
    one = spec.model_copy(update={"columns": spec.columns[:1]})
    table = published_table(summary, linear_probe(PAPER), one)
    labels = [column.label for column in table.columns]
    assert labels == ["model", *["1", "2", "4", "8", "10", "16", "32", "64", "128"], "All"]
    assert len(table.frame) == 3 + 31
    assert table.frame["group"].drop_duplicates().tolist() == ["This run", "Thesis, table B.1"]
    assert table.frame["model"].tolist()[3:7] == [
        "ResNet50",
        "a-ResNet152",
        "a-T2T-ViT-t-14",
        "a-DeiT-S",
    ]
    assert not any(column.best for column in table.columns)
    resnet = table.frame[table.frame["model"] == "ResNet50"].iloc[0]
    assert (resnet["1"], resnet["1_std"], resnet["all"]) == (45.0, 0.7, 75.8)
    assert math.isnan(resnet["10"])
    assert table.frame["all"].tolist()[:3] == [30, 80, 75]
    assert table.warning == (
        "Not comparable with the published rows: seen has 20 classes; the thesis: 1,000."
    )


def test_no_rank_among_models_of_another_task(summary, spec):
    table = standing_table(summary, linear_probe(PAPER), spec)
    assert table.frame.empty
    assert table.note == (
        "Not comparable with the published models: seen (seen has 20 classes; the thesis: 1,000); "
        "L1 (L1 has 20 classes; the thesis: 1,000); L2 (L2 has 20 classes; the thesis: 1,000)."
    )
    assert neighbour_table(summary, linear_probe(PAPER), spec).note == table.note


def test_other_images_of_in1k_are_told(summary, spec):
    """Class folders or packs hold what they hold: only `kind: imagenet` is sure of its numbers."""
    column = spec.columns[0]
    fewer = summary.assign(**IN1K | {"n_train": 1281000})
    assert mismatch(fewer, [column]) == (
        "Not comparable with the published rows: seen has 1,281,000 training images; the thesis: "
        "1,281,167."
    )
    assert "seen has 49,000 test images" in mismatch(
        summary.assign(**IN1K | {"n_test": 49000}), [column]
    )
    assert mismatch(summary.assign(**IN1K), [column]) == ""


def test_rank_among_the_published_models(summary, spec):
    table = standing_table(summary.assign(**IN1K), linear_probe(PAPER), spec)
    rows = table.frame.set_index("encoder")
    assert [column.key for column in table.columns][1:] == [*SETS, "mean_rank", "gain"]
    published = linear_probe(PAPER)
    full = published[published["n_shot"] == "all"].set_index(["dataset", "model"])["top1_mean"]
    ranks = {n: 1 + (full[n] > top1).sum() for n, top1 in (("in1k", 80), ("cog_l1", 70))}
    assert rows.loc["Plain", ["seen", "cog_l1"]].tolist() == list(ranks.values())
    assert rows.loc["Random", SETS].tolist() == [32, 32, 32]
    assert rows.loc["Random", "mean_rank"] == 32
    assert rows.index.tolist()[-1] == "Random"
    less = [own - full[n, "ResNet50"] for n, own in (("in1k", 80), ("cog_l1", 70), ("cog_l2", 60))]
    assert rows.loc["Plain", "gain"] == pytest.approx(sum(less) / 3)


def test_ranks_that_cannot_be_told_from_the_best_are_bold(scores, summary, spec):
    ranks = standing_table(summary.assign(**IN1K), linear_probe(PAPER), spec)
    rows = with_ties(ranks, scores, spec).frame.set_index("encoder")
    levels = level_table(scores, summary, spec).frame.set_index("encoder")
    # As in the table of the same accuracies, but for L1, where two are equal.
    for name in ("seen", "cog_l2"):
        assert rows[name + TIED].to_dict() == levels[name + TIED].to_dict()
    best = rows["mean_rank"].idxmin()
    assert rows.loc[[best, "Random"], "mean_rank" + TIED].tolist() == [True, False]


def test_a_mean_rank_is_over_all_data_sets_shown(summary, spec):
    rows = summary[~((summary["encoder"] == "trex") & (summary["dataset"] == "cog_l1"))]
    frame = standing_table(rows.assign(**IN1K), linear_probe(PAPER), spec).frame
    found = frame.set_index("encoder")[["mean_rank", "gain"]].isna().all(axis=1)
    assert found.to_dict() == {"Plain": False, "Random": False, "Trex": True}


@pytest.mark.parametrize(
    ("mean", "ends", "ranks", "shared", "above", "below"),
    [
        (
            79.04,
            (78.5, 79.5),
            (9, 7, 10),
            "a-NAT-M4, d-Semi-Sup, r-ReLabel",
            "a-DeiT-S 79.6",
            "a-EfficientNet-B4 78.4",
        ),
        (
            78.0,
            (77.0, 79.0),
            (13, 9, 16),
            "a-EfficientNet-B4, r-CutMix, a-ResNet152, r-Manifold-MixUp and 3 more",
            "d-Semi-Sup 79.4",
            "ResNet50 75.8",
        ),
        # Without an interval, only a number that is shown alike shares a rank.
        (
            74.66,
            (math.nan, math.nan),
            (18, 18, 20),
            "a-EfficientNet-B1, d-MoPro",
            "s-DINO 74.8",
            "s-SwAV 74.3",
        ),
    ],
)
def test_a_rank_is_shared_with_the_models_within_the_interval(
    summary, spec, mean, ends, ranks, shared, above, below
):
    own = spec.model_copy(update={"columns": spec.columns[:1], "encoders": spec.encoders[:1]})
    rows = summary.assign(**IN1K, mean=mean, low=ends[0], high=ends[1])
    row = neighbour_table(rows, linear_probe(PAPER), own).frame.iloc[0]
    assert (row["shared"], row["above"], row["below"]) == (shared, above, below)
    row = standing_table(rows, linear_probe(PAPER), own).frame.iloc[0]
    assert (row["seen"], row["seen_low"], row["seen_high"]) == ranks


def test_an_encoder_whose_probes_diverged_has_no_rank(scores, spec):
    values = scores.copy()
    values.loc[values["encoder"] == "trex", ["value", "diverged"]] = [math.nan, True]
    summary = summarise(values, baseline=None).assign(**IN1K)
    assert summary.loc[summary["encoder"] == "trex", "diverged"].eq(3).all()
    table = standing_table(summary, linear_probe(PAPER), spec)
    assert "Trex" not in set(table.frame["encoder"])
    assert "a probe diverged: Trex on seen, Trex on L1, Trex on L2." in table.note


def test_an_encoder_of_which_one_seed_diverged_has_no_rank(scores, spec):
    """The mean of the other seeds is no result of the protocol."""
    rows = scores.copy()
    rows.loc[(rows["encoder"] == "plain") & (rows["seed"] == 1), ["value", "diverged"]] = [
        math.nan,
        True,
    ]
    summary = summarise(rows, baseline=None).assign(**IN1K)
    assert set(standing_table(summary, linear_probe(PAPER), spec).frame["encoder"]) == {
        "Random",
        "Trex",
    }


def test_no_rank_where_a_setting_differs(summary, spec):
    """The number of classes alone says nothing of the images, the protocol or the pixels."""
    text = "images.cog.max_images is 100; the thesis: 1350"
    first, *columns = spec.columns
    columns = [column.model_copy(update={"differs": text}) for column in columns]
    encoders = [
        encoder.model_copy(update={"differs": "encoders.x.decoder is fast; the thesis: pil"})
        if encoder.name == "trex"
        else encoder
        for encoder in spec.encoders
    ]
    other = spec.model_copy(update={"columns": [first, *columns], "encoders": encoders})
    rows = summary.assign(**IN1K)
    ranked = standing_table(rows, linear_probe(PAPER), other)
    assert [column.key for column in ranked.columns][1:-2] == ["seen"]
    assert set(ranked.frame["encoder"]) == {"Random", "Plain"}
    assert f"Trex (encoders.x.decoder is fast; the thesis: pil); L1, L2 ({text})." in ranked.note
    level = other.model_copy(update={"columns": columns[:1]})
    table = published_table(rows, linear_probe(PAPER), level)
    assert table.warning == (
        f"Not comparable with the published rows: {text}. "
        "encoders.x.decoder is fast; the thesis: pil."
    )


def test_a_rank_is_that_of_the_number_shown(summary, spec):
    # s-DINO has 57.6 on L5: 57.64 is shown as 57.6 too, and is not behind or ahead of it.
    column = spec.columns[0].model_copy(update={"published": "cog_l5"})
    rows = summary.assign(**IN1K, mean=57.56)
    own = spec.model_copy(update={"columns": [column]})
    table = neighbour_table(rows, linear_probe(PAPER), own)
    assert "s-DINO 57.6" not in set(table.frame["above"])


def test_a_published_file_is_the_one_that_ships(tmp_path):
    """It is missing, has the line ends of another system, or one of its numbers was edited."""
    path = tmp_path / "trex_transfer.csv"
    with pytest.raises(InputError, match=r"trex_transfer\.csv: no such file"):
        read_paper(tmp_path, path.stem, [])
    content = (PAPER / path.name).read_text().encode()
    for line_end in (b"\n", b"\r\n"):
        path.write_bytes(content.replace(b"\n", line_end))
        assert read_paper(tmp_path, path.stem, ["value", "model"])["value"].iloc[0] == 74.8
    path.write_bytes(content.replace(b"74.8", b"74.9", 1))
    with pytest.raises(InputError, match=r"trex_transfer\.csv: not the thesis's published figures"):
        read_paper(tmp_path, path.stem, ["value"])


def test_every_published_file_is_known():
    assert sorted(path.stem for path in PAPER.glob("*.csv")) == sorted(DIGESTS)


def test_transfer_is_the_mean_log_odds_over_sets(scores, plane_spec):
    plane = training_versus_transfer(scores, plane_spec).set_index("encoder")
    odds = [sum(math.log(p / (100 - p)) for p in (70 + s, 60 + s)) / 2 for s in (-1, 0, 1)]
    assert plane.loc["plain", "transfer"] == pytest.approx(sum(odds) / 3)
    assert plane.loc["plain", "transfer_std"] == pytest.approx(np.std(odds))
    assert plane.loc["plain", "train"] == 80
    assert plane["hull"].tolist() == [False, True, True]


def test_diverged_seeds_are_told_beside_transfer_scores(scores, summary, plane_spec):
    rows = summary.copy()
    rows.loc[(rows["encoder"] == "trex") & (rows["dataset"] == "cog_l1"), "diverged"] = 2
    assert "Trex on L1 (2 of 5)" in transfer_table(scores, rows, plane_spec).note
    assert "diverged" not in transfer_table(scores, summary, plane_spec).note


def test_an_encoder_that_lacks_a_set_has_no_transfer_score(scores, plane_spec):
    rows = scores[~((scores["encoder"] == "trex") & (scores["dataset"] == "cog_l2"))]
    plane = training_versus_transfer(rows, plane_spec).set_index("encoder")
    assert math.isnan(plane.loc["trex", "transfer"])
    assert not plane.loc["trex", "hull"]


def oracle_hull(points):
    """On the hull if some direction that points right and up has no point farther out."""
    angles = np.linspace(0, np.pi / 2, 4001)[1:-1]
    reach = points @ np.array([np.cos(angles), np.sin(angles)])
    return sorted(set(reach.argmax(axis=0)))


def test_hull_against_an_oracle(rng):
    for _ in range(20):
        points = rng.normal(size=(12, 2))
        assert sorted(upper_right_hull(points)) == oracle_hull(points)


def test_hull_of_special_cases():
    nan = math.nan
    points = pd.DataFrame([[1, 1], [nan, 5], [1, 1], [0, 2], [2, 0], [0, 1], [2, -1]]).to_numpy()
    assert upper_right_hull(points) == [3, 0, 4]
    assert upper_right_hull(points[1:2]) == []


def test_published_mean_log_odds_follow_from_the_accuracies(plane_spec, scores, summary):
    """The check that the protocol names: D.1's last column is the mean over its 13 sets."""
    frame = read_paper(PAPER, "trex_transfer", ["model", "dataset", "value"])
    names = [n for n in frame["dataset"].unique() if n not in ("in1k", "mean_log_odds")]
    sets = [SetColumn(name=f"my_{n}", label="x", protocol="logreg", published=n) for n in names]
    rows = summary[summary["dataset"] == "seen"]
    copies = pd.concat([summary, *(rows.assign(dataset=f"my_{n}") for n in names)])
    expected = published_plane(PAPER).set_index("label")["transfer"]
    for number, tolerance in ((13, 0), (12, 0.2)):
        full = plane_spec.model_copy(update={"transfer": sets[:number], "paper": TREX})
        own = transfer_table(scores, copies, full)
        table = published_transfer_table(own, scores, copies, full)
        published = table.frame[~table.frame["own"]].set_index("encoder")
        accuracies = published[[column.name for column in full.transfer]] / 100
        odds = np.log(accuracies / (1 - accuracies)).mean(axis=1)
        assert published["transfer"].to_numpy() == pytest.approx(odds.to_numpy(), abs=0.006)
        assert published["transfer"].equals(expected.rename_axis("encoder")) == (number == 13)
        assert published["transfer"].to_numpy() == pytest.approx(expected.to_numpy(), abs=tolerance)


def test_transfer_table_beside_the_published(scores, summary, plane_spec):
    own = transfer_table(scores, summary, plane_spec)
    table = published_transfer_table(
        own, scores, summary, plane_spec.model_copy(update={"paper": TREX})
    )
    groups = table.frame["group"].drop_duplicates().tolist()
    assert groups == [
        "This run: models of others",
        "Thesis, table D.1: previous SotA",
        "Thesis, table D.1: models on the convex hull in figure 4.7",
    ]
    # What is over its columns is known of own rows alone.
    ends = ["seen_std", "cog_l1_low", "cog_l2_high", "transfer_low", "transfer_high"]
    assert table.frame[ends].notna().all(axis=1).tolist() == table.frame["own"].tolist()
    own_rows = table.frame[table.frame["own"]]
    assert (own_rows["transfer_low"] < own_rows["transfer"]).all()
    assert (own_rows["transfer"] < own_rows["transfer_high"]).all()
    trex = table.frame[table.frame["encoder"] == "t-ReX"].iloc[0]
    assert (trex["seen"], trex["cog_l1"], trex["cog_l2"]) == (78.0, 72.0, 68.3)
    assert trex["transfer"] == pytest.approx((math.log(72 / 28) + math.log(68.3 / 31.7)) / 2)
    assert not list(cells(table, "table D.1"))
    assert "20 classes" in table.warning


def test_cells_of_d1_are_paired_by_data_set(scores, summary, plane_spec):
    """One data set that differs leaves the others comparable."""
    dino, *others = plane_spec.encoders
    changes = {
        "encoders": [dino.model_copy(update={"published": "s-DINO"}), *others],
        "transfer": [
            plane_spec.transfer[0],
            plane_spec.transfer[1].model_copy(update={"differs": "x"}),
        ],
        "paper": Paper(names=["trex_transfer"], folder=str(PAPER)),
    }
    spec = plane_spec.model_copy(update=changes)
    rows = summary.assign(**IN1K)
    own = transfer_table(scores, rows, spec)
    table = published_transfer_table(own, scores, rows, spec)
    found = list(cells(table, "table D.1"))
    assert [(cell.cell, cell.own, cell.published) for cell in found] == [
        ("Random, IN-1K in table D.1", 30.0, 74.8),
        ("Random, L1 in table D.1", 29.0, 71.1),
    ]
    assert told(found, 168) == (
        "2 of 168 published cells reproduced: median absolute difference 43.45, largest 44.8 "
        "(Random, IN-1K in table D.1: 30.0, published 74.8)."
    )
    # That which differs has no name of the thesis's.
    titles = [column.title for column in table.columns]
    assert titles == ["encoder", "IN-1K", "L1", "L2", "mean log odds"]
    other = spec.seen.model_copy(update={"differs": "x", "label": spec.seen.name})
    assert called(other) == spec.seen.name
    assert called(other.model_copy(update={"differs": ""})) == "IN-1K"
    assert told([], 168) == (
        "None of the 168 published cells is compared: no number of this run is of the same model "
        "on the same images with the same settings."
    )


def test_trade_off_table_marks_the_hull_and_shows_recipes(scores, plane_spec):
    plane_spec.encoders[2].recipe["loss"] = "ocm"
    own = trade_off_table(scores, plane_spec)
    assert own.frame["hull"].tolist() == ["", "★", "★"]
    assert own.frame["loss"].tolist() == ["–", "–", "ocm"]


def test_the_thirteen_sets_of_the_thesis_are_comparable(summary, plane_spec):
    sets = {name: count for name, (_, count) in _datasets().items()}
    rows = summary[summary["dataset"] == "seen"]
    parts = [rows.assign(**IN1K | {"dataset": n, "n_classes": count}) for n, count in sets.items()]
    columns = [SetColumn(name=n, label=n, protocol="logreg", published=n) for n in sets]
    full = plane_spec.model_copy(update={"seen": columns[0], "transfer": columns[1:]})
    assert transfer_mismatch(pd.concat(parts), full) == ""
    assert "EuroSAT" not in mismatch(pd.concat(parts), columns)
    fewer = full.model_copy(update={"transfer": columns[2:]})
    assert transfer_mismatch(pd.concat(parts), fewer)


def _datasets():
    from cogworks.report.reference import DATASETS

    return {n: entry for n, entry in DATASETS.items() if not n.startswith(("inat", "in100"))}


@pytest.fixture
def test_scores(tmp_path):
    from cogworks.core.files import write_parquet

    frames = []
    for number, test_set in enumerate(["seen", "v2_a", "v2_b", "sketch"]):
        for encoder in ("plain", "trex"):
            frame = probe_rows(encoder, "seen", shots=("all",), test_set=test_set)
            frame["top1"] -= 10 * number
            frames.append(frame)
    write_parquet(pd.concat(frames), tmp_path / "p.parquet")
    return collect([tmp_path / "p.parquet"])


@pytest.fixture
def test_spec(spec):
    spec.encoders[1].recipe.update({"prompt": "c, d", "guidance": "2"})
    pairs = [["seen", "v2_a"], ["seen", "v2_b"]]
    return EvalSetsSpec(
        scores=spec.scores,
        protocol="logreg",
        dataset="seen",
        published="in1k",
        encoders=spec.encoders[1:],
        test_sets=[
            EvalSet(label="seen", published="val", members=[["seen", "seen"]]),
            EvalSet(label="v2", published="v2", members=pairs),
            EvalSet(label="mine", published=None, members=[["seen", "sketch"]]),
        ],
    )


def test_test_sets_are_averaged_within_their_group(test_scores, test_spec):
    table = test_set_tables.own_table(test_scores, test_spec)
    assert table.frame["prompt"].tolist() == ["c, d", "–"]
    assert table.frame["top1_0"].tolist() == [80, 75]
    assert table.frame["top1_1"].tolist() == [65, 60]
    assert table.frame["top1_1_std"].tolist() == pytest.approx([math.sqrt(2 / 3)] * 2)
    # The two test sets have the same results by class here: together they say as much as one.
    assert table.frame["top1_1_low"].tolist() == pytest.approx(table.frame["top1_0_low"].tolist())
    assert [c.label for c in table.columns][-2:] == ["mine top-1", "mine top-5"]
    assert "diverged" not in table.note
    first = (test_scores["seed"] == 0) & (test_scores["encoder"] == test_scores["encoder"].iloc[0])
    rows = test_scores.assign(diverged=first, value=test_scores["value"].mask(first))
    note = test_set_tables.own_table(rows, test_spec).note
    assert "Seeds whose probe diverged, left out of the mean:" in note
    assert "(1 of 3)" in note


@pytest.mark.parametrize(("published", "rows"), [("in100", 4 + 12), ("in1k", 5)])
def test_test_sets_beside_the_published(test_scores, test_spec, published, rows):
    spec = test_spec.model_copy(
        update={"published": published, "paper": Paper(names=[], folder=str(PAPER))}
    )
    own = test_set_tables.own_table(test_scores, spec)
    table = test_set_tables.compared_table(own, test_scores, spec)
    assert len(table.frame) == 2 + rows
    named = table.frame.set_index("encoder")
    if published == "in100":
        assert named.loc["in100 clone, c,dc, guidance 2.0, 50×", "top5_1"] == 91.2
        assert named.loc["in100_sd, dino_multicrop", "top1_0"] == 43.1
        assert named.loc["in100_sd, dino_multicrop", "prompt"] == "–"
    else:
        assert named.loc["in1k real, RSB-A1", "top1_0"] == 80.1
    assert "seen has 20 classes; the thesis: 1" in table.warning
    same = test_scores.assign(n_classes={"in100": 100, "in1k": 1000}[published])
    assert test_set_tables.compared_table(own, same, spec).warning == ""


def test_label_noise_names_the_surest_images(tmp_path):
    from cogworks.core.files import write_parquet
    from cogworks.report.drawing.noise_tables import (
        EXAMPLES,
        example_table,
        noise_table,
        read_crossings,
    )

    listed = pd.DataFrame(
        {
            "seed": [0] * 15 + [1],
            "id": [*(f"i{n:02d}" for n in range(15)), "i00"],
            "wnid": "n1",
            "predicted": "n2",
            "confidence": [*np.linspace(0.999, 0.991, 15), 0.9999],
        }
    )
    summary = {"images": 400, "confidence": 0.99, "share": 0.02}
    write_parquet(listed, tmp_path / "a.parquet", metadata=summary)
    write_parquet(listed.iloc[:0], tmp_path / "b.parquet", metadata=summary | {"share": None})
    rows = [
        CrossingRow(encoder="base", dataset=dataset, other=other, listed=str(tmp_path / name))
        for dataset, other, name in (("seen", "L5", "a.parquet"), ("L5", "seen", "b.parquet"))
    ]
    crossings = read_crossings(CrossedSpec(crossings=rows, classes=[]))
    shares = noise_table(crossings).frame
    assert shares["share"].iloc[0] == pytest.approx(2)
    assert math.isnan(shares["share"].iloc[1])
    examples = example_table(crossings, {"n1": "cliff", "n2": "rock climbing"}).frame
    assert examples["id"].tolist() == [f"i{n:02d}" for n in range(EXAMPLES)]
    assert examples["confidence"].iloc[0] == 0.9999
    assert examples["predicted"].iloc[0] == "n2 rock climbing"
    # A class that WordNet does not know has its id for a name, and is not called by it twice.
    examples = example_table(crossings, {"n1": "cliff", "n2": "n2"}).frame
    assert examples["predicted"].iloc[0] == "n2"
