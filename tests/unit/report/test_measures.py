"""Top-1 by measure: several kinds of probes and numbers of images, beside a baseline."""

import pytest

from cogworks.plan.load import load
from cogworks.report import scores as scores_module
from cogworks.report.drawing.measures_table import measures_table
from cogworks.report.planned import Exhibits
from cogworks.report.specs import Measurement, MeasuresSpec, SetGroup
from cogworks.report.summary import summarise

from .conftest import ENCODERS, NO_SCORES, SETS, probe_rows

MEASURES = [("logreg", "2"), ("logreg", "all"), ("knn", "all")]
RULE = {"max_images": 20, "test_images": 5}
RANDOM = {"model": "cogworks:small_resnet", "weights": "random"}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The table of the seen data set and the mean of two levels."""
    folder = tmp_path_factory.mktemp("measures")
    paths = []
    for encoder in ENCODERS:
        for dataset in SETS:
            for protocol, shots in ({"logreg": ("2", "10", "all"), "knn": ("all",)}).items():
                path = folder / f"{encoder}_{dataset}_{protocol}.parquet"
                probe_rows(encoder, dataset, protocol=protocol, shots=shots).to_parquet(path)
                paths.append(path)
    scores = scores_module.collect(paths)
    rows = [{"name": n, "label": n.title(), "category": None, "recipe": {}} for n in ENCODERS]
    spec = MeasuresSpec(
        scores=NO_SCORES,
        baseline="random",
        encoders=rows,
        groups=[
            SetGroup(label="seen", datasets=SETS[:1]),
            SetGroup(label="L1 to L2", datasets=SETS[1:]),
        ],
        measures=[Measurement(protocol=protocol, shots=shots) for protocol, shots in MEASURES],
    )
    return measures_table(scores, summarise(scores, baseline="random"), spec)


def row(table, encoder, group):
    frame = table.frame
    return frame[(frame["encoder"] == encoder) & (frame["group"] == group)].iloc[0]


def test_a_group_is_the_mean_of_its_data_sets(table):
    assert table.frame["group"].unique().tolist() == [
        "seen: logreg, 2 images of each class",
        "seen: logreg, all images",
        "seen: knn, all images",
        "L1 to L2: logreg, 2 images of each class",
        "L1 to L2: logreg, all images",
        "L1 to L2: knn, all images",
    ]
    # 80 on the seen classes, 10 less on each level and for each step to fewer shots.
    found = row(table, "Plain", "seen: logreg, 2 images of each class")
    assert found["top1"] == pytest.approx(60)
    found = row(table, "Plain", "L1 to L2: knn, all images")
    assert found["top1"] == pytest.approx(65)
    assert found["gained"] == pytest.approx(65 - 28.5)
    assert table.columns[-1].label == "minus Random (points)"
    assert "Chance: seen 5%, L1 to L2 5%." in table.note


def test_every_number_has_an_interval_and_the_best_is_told_within_its_group(table):
    # On the seen classes, two encoders differ by as much in each class: that has no interval.
    frame = table.frame[table.frame["group"].str.startswith("L1 to L2")]
    others = frame[frame["encoder"] != "Random"]
    for key, rows in (("top1", frame), ("gained", others)):
        assert (rows[f"{key}_low"] < rows[key]).all()
        assert (rows[key] < rows[f"{key}_high"]).all()
    assert frame["gained"].isna().sum() == 3
    assert row(table, "Plain", "seen: logreg, all images")["top1_tied"]
    assert row(table, "Trex", "L1 to L2: logreg, all images")["top1_tied"]
    assert not row(table, "Random", "L1 to L2: logreg, all images")["top1_tied"]


@pytest.mark.parametrize("levels", [False, True])
def test_it_is_there_where_there_are_several_kinds_of_probes(levels):
    world = {"kind": "world", "size": 32}
    concepts = {"cog": {"levels": {"count": 3, "size": 100, "gaps": "none"}}}
    images = {
        "seen": {"source": world, "classes": {"benchmark": "cog", "part": "seen"}, **RULE},
        "cog": {"source": world, "classes": {"benchmark": "cog", "part": "levels"}, **RULE},
        "own": {"source": world, "classes": {"wnids": ["n02084071", "n02121620"]}, **RULE},
    }
    names = ["seen", "cog"] if levels else ["own"]
    evaluation = {"encoders": "all", "datasets": names}
    config = {
        "concepts": concepts,
        "images": images,
        "encoders": {"random": RANDOM, "mine": RANDOM | {"seed": 1}},
        "probes": {"linear": {"kind": "sgd", "shots": [1, "all"]}, "nearest": {"kind": "knn"}},
        "evaluations": {"x": evaluation | {"protocols": ["linear", "nearest"]}},
    }
    found = {exhibit.name: exhibit for exhibit in exhibits(config)}
    spec = found["measures"].spec
    groups = {group.label: group.datasets for group in spec.groups}
    expected = {"seen": ["seen"], "L1 to L3": ["cog_l1", "cog_l2", "cog_l3"]}
    assert groups == (expected if levels else {"own": ["own"]})
    assert [(m.protocol, m.shots) for m in spec.measures] == [
        ("linear", "1"),
        ("linear", "all"),
        ("nearest", "all"),
    ]
    config["evaluations"] = {"x": evaluation | {"protocols": ["linear"]}}
    assert "measures" not in {exhibit.name for exhibit in exhibits(config)}


def exhibits(config):
    return [planned.exhibit for planned in Exhibits(load(config)).planned]
