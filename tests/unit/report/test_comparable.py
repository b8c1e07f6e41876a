"""Which settings make own scores others than the thesis's, and what the head of a part says."""

import copy

import pandas as pd
import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.plan.load import load
from cogworks.report import thesis
from cogworks.report.part_notes import differences, notes, published_cells
from cogworks.report.planned import Exhibits
from cogworks.report.targets import Targets

from .conftest import PAPER, REPOSITORY

TORCHVISION = {"kind": "torchvision", "path": "data/sets"}


@pytest.fixture(scope="module")
def shipped():
    """The benchmark at its true size, with a published model, a run and two transfer sets."""
    config = load_yaml(REPOSITORY / "config" / "imagenet-cog.yaml")
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
        config = copy.deepcopy(shipped)
        if key is not None:
            *groups, last = key.split("/")
            section = config
            for group in groups:
                section = section.setdefault(group, {})
            section[last] = value
        return Exhibits(load(config))

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
        ("images/cog/max_images", 100, "images.cog.max_images is 100; the thesis: 1350"),
        ("images/cog/classes/limit", 20, "images.cog.classes.limit is 20; the thesis: null"),
        ("images/in1k/max_images", 100, "images.in1k.max_images is 100; the thesis: null"),
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
    roles = with_change("training/mine/projector", {"layers": 3}).parts[0]
    assert roles.encoders(["mine"])[0].published is None


def test_no_notes_where_published_figures_are_not_wanted(with_change):
    exhibits = with_change("report/published", False)
    assert list(notes(Targets(exhibits), exhibits.parts[0])) == []


def test_the_head_of_a_part_tells_what_its_chapter_lacks(with_change):
    exhibits = with_change("report/chapter", 3)
    roles, targets = exhibits.parts[0], Targets(exhibits)
    (text,) = notes(targets, roles)
    assert text.startswith("Not in this config: table 3.1")
    assert "other reasons. `snakemake --cores 1 exhibits` lists all." in text
    assert "table 5" not in text
    assert published_cells(targets, roles) == 6 * 31 * 9


def test_the_cells_of_each_table_are_those_of_the_published_files():
    """Accuracies only: mean log odds follow from them."""
    counts = {}
    for path in PAPER.glob("*.csv"):
        frame = pd.read_csv(path, keep_default_na=False, dtype={"table": str})
        if path.stem in ("cog_models", "in1k_blurred_counts", "trex_hyper_parameters"):
            continue
        if "metric" in frame:
            frame = frame[frame["metric"] != "log_odds"]
        for table, rows in frame.groupby(frame["table"].str.partition("-")[0]):
            counts[table] = len(rows)
    assert counts == {e.number: e.cells for e in thesis.EXHIBITS if e.cells}
