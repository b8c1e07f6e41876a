"""Which settings make own scores others than the thesis's, and what the head of a part says."""

import copy

import pandas as pd
import pytest

from cogworks.config.include import layers, merged
from cogworks.config.yaml_file import load_yaml
from cogworks.plan.load import load
from cogworks.report import thesis
from cogworks.report.drawing.chapter_4_tables import long_tail_table
from cogworks.report.drawing.projector_table import projector_table
from cogworks.report.part_notes import differences, notes, published_cells
from cogworks.report.planned import Exhibits
from cogworks.report.reproduced import cells
from cogworks.report.scores import collect
from cogworks.report.specs import (
    EncoderRow,
    LevelsSpec,
    Paper,
    ProjectorRow,
    ProjectorSpec,
    SetColumn,
)
from cogworks.report.targets import Targets

from .conftest import IN1K, NO_SCORES, PAPER, REPOSITORY, with_keys

TORCHVISION = {"kind": "torchvision", "path": "data/sets"}


@pytest.fixture(scope="module")
def shipped():
    """The benchmark at its true size, with a published model, a run and two transfer sets."""
    path = REPOSITORY / "config" / "imagenet-cog.yaml"
    config = copy.deepcopy(merged(layers([path]), load_yaml(path)))
    for name in ("Pets", "EuroSAT"):
        source = TORCHVISION | {"dataset": name}
        config["images"][name] = {"source": source, "classes": {"part": "source"}}
    config["images"]["EuroSAT"]["test_share"] = 0.3
    config["training"] = {"mine": {"dataset": "in1k", "recipe": "trex"}}
    config["encoders"] |= {"s-DINO": {"registry": "s-DINO"}, "mine": {"run": "mine"}}
    config["probes"]["small"] = {"kind": "lbfgs"}
    config["evaluations"]["transfer"] = {
        "encoders": "all",
        "datasets": ["Pets", "EuroSAT"],
        "protocols": ["small"],
    }
    config["report"] |= {
        "published_as": {"Pets": "pets", "EuroSAT": "eurosat"},
        "labels": {"mine": "t-ReX"},
    }
    return config


@pytest.fixture
def with_change(shipped):
    """Return a function that sets one dotted key and returns the exhibits of the config."""

    def change(key=None, value=None):
        return Exhibits(load(with_keys(shipped, {} if key is None else {key: value})))

    return change


def test_the_thesis_settings_are_comparable(with_change):
    exhibits = with_change()
    (roles,) = exhibits.parts
    assert list(differences(roles)) == []
    columns = roles.columns([*roles.axis, *roles.transfer])
    assert [c.published for c in columns][-2:] == ["pets", "eurosat"]
    assert {c.differs for c in columns} == {""}
    assert [e.published for e in roles.encoders(["s-DINO", "mine"])] == ["s-DINO", "t-ReX"]
    assert not [line for line in notes(Targets(exhibits), roles) if "comparable" in line]


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("concepts/cog/ties", "wnid", "concepts.cog.ties is wnid; the thesis: legacy_argsort"),
        ("concepts/cog/levels/gaps", "even", "concepts.cog.levels.gaps is even; the thesis: floor"),
        ("concepts/cog/discard", None, "concepts.cog.discard is null; the thesis: the 70 concepts"),
        ("concepts/cog/seen_limit", 40, "concepts.cog.seen_limit is 40; the thesis: null"),
        ("images/cog/max_images", 1000, "images.cog.max_images is 1000; the thesis: 1350"),
        ("images/cog/classes/limit", 20, "images.cog.classes.limit is 20; the thesis: null"),
        ("images/in1k/max_images", 1000, "images.in1k.max_images is 1000; the thesis: null"),
        ("images/EuroSAT/test_share", 0.5, "images.EuroSAT.test_share is 0.5; the thesis: 0.3"),
        (
            "images/Pets/source/dataset",
            "Flowers",
            "images.Pets.source.dataset is Flowers; the thesis: Pets",
        ),
        ("probes/linear/trials", 12, "probes.linear.trials is 12; the thesis: 30"),
        ("probes/linear/lr", {"low": 1.0, "high": 2.0}, "probes.linear.lr is 1 to 2; the thesis: "),
        ("probes/linear/normalize", "none", "probes.linear.normalize is none; the thesis: auto"),
        ("probes/small", {"kind": "knn"}, "probes.small.kind is knn; the thesis: lbfgs"),
        (
            "images/in1k/source/kind",
            "imagenet_blurred",
            "images.in1k.source.kind is imagenet_blurred; the thesis: imagenet",
        ),
        (
            "concepts/cog/levels",
            {"published": "other.json"},
            "concepts.cog.levels.published is other.json; the thesis: cog_levels_mapping_file.pkl",
        ),
        ("encoders/s-DINO/image_size", 256, "encoders.s-DINO.image_size is 256; the thesis: 224"),
        ("encoders/s-DINO/decoder", "fast", "encoders.s-DINO.decoder is fast; the thesis: pil"),
        ("encoders/mine/resize", 256, "encoders.mine.resize is 256; the thesis: null"),
    ],
)
def test_a_setting_that_differs_is_named(with_change, key, value, line):
    exhibits = with_change(key, value)
    found = list(differences(exhibits.parts[0]))
    assert found
    assert all(text.startswith(line) for text in found)
    text = next(t for t in notes(Targets(exhibits), exhibits.parts[0]) if "comparable" in t)
    assert text == f"Not comparable with the thesis where settings differ: {found[0]}."


def test_what_only_computes_or_adds_is_comparable(with_change):
    for key, value in (
        ("probes/linear/shots", [1, "all"]),
        ("encoders/s-DINO/precision", "bfloat16"),
        ("images/cog/verify", False),
        ("concepts/cog/image_counts", "counts.csv"),
    ):
        assert list(differences(with_change(key, value).parts[0])) == []


def test_the_authors_own_levels_and_images_are_those_of_the_thesis(with_change):
    """Whatever the pool is from which they were chosen."""
    published = "data/cog_levels_mapping_file.pkl"
    pool = {"pool": "data/pool.txt", "levels": {"published": published}}
    exhibits = with_change("concepts/cog", pool)
    assert list(differences(exhibits.parts[0])) == []
    split = {"split_file": "data/cog_concepts_split_file.pkl", "kind": "folder", "path": "data/x"}
    classes = {"benchmark": "cog", "part": "levels"}
    exhibits = with_change("images/cog", {"source": split, "classes": classes})
    assert list(differences(exhibits.parts[0])) == []


def test_other_concepts_under_the_same_path_are_told(with_change, tmp_path, monkeypatch):
    """A user's own file of the name of the bundled list is another list."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "resources" / "paper" / "discarded_concepts.txt"
    own.parent.mkdir(parents=True)
    own.write_text("n02084071\n")
    assert "concepts.cog.discard is" in next(differences(with_change().parts[0]))


def test_a_run_of_another_recipe_is_no_encoder_of_the_thesis(with_change):
    for key, value, published in (
        ("projector", {"layers": 5}, None),
        ("scale", "px32", None),
        ("compile", True, "t-ReX"),
        ("seed", 7, "t-ReX"),
    ):
        roles = with_change(f"training/mine/{key}", value).parts[0]
        assert roles.encoders(["mine"])[0].published == published


def test_no_notes_where_published_figures_are_not_wanted(with_change):
    exhibits = with_change("report/published", False)
    assert list(notes(Targets(exhibits), exhibits.parts[0])) == []


def test_the_head_of_a_part_tells_what_its_chapter_lacks(with_change):
    exhibits = with_change("report/chapter", 3)
    roles, targets = exhibits.parts[0], Targets(exhibits)
    (text,) = notes(targets, roles)
    assert text.startswith("Not in this config: figure 3.6 (lacks a run of recipe fine_tune")
    assert text.endswith(" more. The command snakemake --cores 1 exhibits lists all.")
    assert "table 5" not in text
    assert published_cells(targets, roles) == 6 * 31 * 9


def test_the_cells_of_each_table_are_those_of_the_published_files():
    """Accuracies only: mean log odds and averages follow from them."""
    counts = {}
    for path in PAPER.glob("*.csv"):
        frame = pd.read_csv(path, keep_default_na=False, dtype={"table": str})
        if path.stem in ("cog_models", "in1k_blurred_counts", "trex_hyper_parameters"):
            continue
        frame = frame[~frame.isin(["log_odds", "average"]).any(axis=1)]
        for table, rows in frame.groupby(frame["table"].str.partition("-")[0]):
            counts[table] = len(rows)
    assert counts == {e.number: e.cells for e in thesis.EXHIBITS if e.cells}


ROWS = ("random", "trex_1", "trex_2", "wide")


def scores_of(means):
    """Return a summary of encoders and data sets, each with one mean."""
    rows = [
        {"encoder": encoder, "dataset": dataset, "test_set": dataset, "mean": mean}
        for (encoder, dataset), mean in means.items()
    ]
    constant = {
        "protocol": "full",
        "shots": "all",
        "metric": "top1",
        "std": 0.1,
        "seeds": 5,
        "low": 0.0,
        "high": 1.0,
    }
    return pd.DataFrame(rows).assign(**constant, diverged=0, unconverged=0)


def encoder_rows(published):
    """Return encoders, each with the thesis's name for it."""
    return [
        EncoderRow(name=name, label=name, category=None, recipe={}, published=text)
        for name, text in published.items()
    ]


def test_cells_of_table_43_are_paired_where_the_data_set_is_the_same():
    columns = [
        SetColumn(name="a", label="iNat18", protocol="full", published="inat2018"),
        SetColumn(name="b", label="iNat19", protocol="full", published="inat2019", differs="x"),
    ]
    spec = LevelsSpec(
        scores=NO_SCORES,
        paper=Paper(names=["trex_long_tail"], folder=str(PAPER)),
        baseline="mine",
        encoders=encoder_rows({"mine": None, "theirs": "s-DINO"}),
        columns=columns,
    )
    means = {(e, d): 40.0 for e in ("mine", "theirs") for d in ("a", "b")}
    table = long_tail_table(collect([]), scores_of(means).assign(n_classes=8142), spec)
    (cell,) = cells(table, "table 4.3")
    assert (cell.cell, cell.own, cell.published) == ("theirs, iNat18 in table 4.3", 40.0, 41.9)
    assert table.warning == "Not comparable with the published rows: x."


def test_cells_of_table_41_are_paired_within_their_block():
    """The row of the default configuration has one label on the left and another on the right."""
    plane = pd.DataFrame({"encoder": ROWS, "train": [10.0, 80.0, 81.0, 79.0]})
    plane = plane.assign(transfer=1.0)
    ends = [f"{key}_{end}" for key in ("train", "transfer") for end in ("std", "low", "high")]
    plane[ends] = 0.0
    seen = SetColumn(name="in1k", label="IN-1K", protocol="full", published="in1k")
    spec = ProjectorSpec(
        scores=NO_SCORES,
        paper=Paper(names=["trex_projector"], folder=str(PAPER)),
        baseline="random",
        encoders=encoder_rows({"random": None, "trex_1": "x", "trex_2": "y", "wide": "z"}),
        seen=seen,
        transfer=[SetColumn(name="p", label="Pets", protocol="full", published="pets")],
        layers=[
            ProjectorRow(label="Base", encoder="random"),
            ProjectorRow(label="L = 1", encoder="trex_1"),
            ProjectorRow(label="L = 2", encoder="trex_2"),
        ],
        widths=[
            ProjectorRow(label="512", encoder="wide"),
            ProjectorRow(label="2048", encoder="trex_1"),
        ],
        default=(1, 1),
    )
    summary = scores_of({("trex_1", "in1k"): 80.0}).assign(**IN1K)
    found = {
        cell.cell: cell.published for cell in cells(projector_table(plane, summary, spec), "t")
    }
    paper = pd.read_csv(PAPER / "trex_projector.csv").set_index("configuration")["in1k_top1"]
    assert found == {
        "L = 1, IN-1K in t": paper["L=1"],
        "L = 2, IN-1K in t": paper["L=2"],
        "512, IN-1K in t": paper["d_h=512"],
        "2048, IN-1K in t": paper["d_h=2048"],
    }
