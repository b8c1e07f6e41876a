"""What a plan expects of numbers of images and of disk space."""

import functools
from pathlib import Path

import pytest

from cogworks.config.include import merge, whole
from cogworks.core.place import ROOT
from cogworks.plan import counts, sizes
from cogworks.plan.architectures import dim
from cogworks.plan.load import load
from cogworks.plan.plan import Plan


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Manifests of a run in the working folder would count."""
    monkeypatch.chdir(tmp_path)


def shipped(*names: str) -> Plan:
    """Return the plan of shipped configs, one over the other."""
    found = (whole(ROOT / "config" / f"{name}.yaml") for name in names)
    return load(functools.reduce(merge, found))


def test_images_of_the_benchmark_at_its_true_size() -> None:
    plan = shipped("imagenet-cog")
    seen, level = plan.images("in1k"), plan.images("cog_l3")
    assert counts.images_of(seen, "train") == (1281167, "")
    assert counts.images_of(seen, "test") == (50000, "")
    assert counts.images_of(level, "train") == (1300 * 1000, "")
    assert counts.images_of(level, "test") == (50 * 1000, "")


def test_the_thesis_takes_terabytes_of_features_and_of_drawn_images() -> None:
    rooms = sizes.by_room(sizes.artifacts(shipped("thesis/chapter-3", "paths.example")))
    assert next(iter(rooms)) == "features"
    assert 1.6e12 < rooms["features"] < 5e12
    plan = shipped("thesis/chapter-5", "paths.example")
    drawn = list(sizes.artifacts(plan))
    assert sizes.by_room(drawn)["synthesis"] > 1e12
    manifests = {clone.manifest("train") for clone in plan.clones.values()}
    assert manifests <= {artifact.path for artifact in drawn}


def test_what_the_config_does_not_say_is_assumed_and_named() -> None:
    source = {"kind": "folder", "train_path": "a", "test_path": "b"}
    config = {
        "images": {"mine": {"source": source, "classes": {"names": ["x", "y"]}}},
        "encoders": {"own": {"entry_point": "m.py:f"}},
    }
    plan = load(config)
    train = counts.images_of(plan.images("mine"), "train")
    assert train.number == 2 * counts.TRAIN_OF_EACH
    assert "images.mine" in train.assumed
    assert "encoders.own" in dim(plan.encoders["own"]).assumed


@pytest.mark.parametrize("kind", ["folder", "imagenet"])
def test_a_set_of_test_images_alone_has_no_others(kind: str) -> None:
    classes = {"names": ["x", "y"]} if kind == "folder" else {"file": "imagenet100"}
    section = {"source": {"kind": kind, "test_path": "a"}, "classes": classes}
    found = load({"images": {"mine": section}}).images("mine")
    assert counts.images_of(found, "train").number == 0
    assert counts.images_of(found, "test").number == 50 * counts.classes(found).number


def test_a_manifest_that_is_made_says_how_many_images_there_are() -> None:
    import pandas as pd

    found = shipped("test").images("seen")
    assert counts.images_of(found, "train").number == 4 * (24 - 8)
    Path(found.manifest("train")).parent.mkdir(parents=True)
    pd.DataFrame({"id": ["a", "b"]}).to_parquet(found.manifest("train"))
    assert counts.images_of(found, "train").number == 2


def test_a_room_on_another_disk_counts_there() -> None:
    Path("results/features").mkdir(parents=True)
    found = list(sizes.artifacts(shipped("test")))
    disks = sizes.by_disk(found, device=lambda path: int(path.endswith("features")))
    assert set(disks) == {"results", "results/features"}
    assert {artifact.room for artifact in disks["results/features"]} == {"features"}
    Path("results/training").mkdir()
    linked = ("features", "training")
    disks = sizes.by_disk(found, device=lambda path: int(path.endswith(linked)))
    assert set(disks) == {"results", "results/training"}
    assert {artifact.room for artifact in disks["results/training"]} == {*linked}
