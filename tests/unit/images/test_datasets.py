from pathlib import Path
from typing import Any

import pytest

from cogworks.config import idle
from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.plan import datasets

WORLD = {
    "source": {"kind": "world", "size": 32},
    "classes": {"benchmark": "cog", "part": "seen"},
    "max_images": 30,
    "test_images": 10,
}
PACK = {
    "source": {"kind": "parquet", "path": "data/a.parquet", "split_column": "split"},
    "classes": {"part": "source"},
}

FLAT = {
    "kind": "folder",
    "train_path": "train",
    "test_path": "val",
    "test_layout": "flat",
    "mapping": "val.txt",
}


def family() -> dict[str, Any]:
    return WORLD | {"classes": {"benchmark": "cog", "part": "levels", "limit": 5}}


def test_a_family_stands_for_its_levels(fill: Any) -> None:
    plan = fill({"seen": WORLD, "cog": family()})
    assert list(plan.datasets) == ["seen", "cog_l1", "cog_l2", "cog_l3"]
    assert plan.members("cog") == ["cog_l1", "cog_l2", "cog_l3"]
    classes = plan.datasets["cog_l2"].classes
    assert (classes.part, classes.level, classes.limit) == ("level", 2, 5)


def test_single_sets_members_and_clones_stand_for_themselves(fill: Any) -> None:
    plan = fill({"seen": WORLD, "cog": family()})
    for name in ("seen", "cog_l3", "drawn"):
        assert plan.members(name) == [name]


def test_an_unknown_data_set_is_an_error_with_the_known_ones(fill: Any) -> None:
    plan = fill({"seen": WORLD, "cog": family()})
    with pytest.raises(InputError, match="'seeen' is not a data set; known: seen, cog, cog_l1"):
        plan.members("seeen")


def test_inputs_of_each_kind(fill: Any) -> None:
    plan = fill(
        {
            "seen": WORLD,
            "all": WORLD | {"classes": {"benchmark": "cog", "part": "all"}},
            "pack": PACK,
            "v2": {
                "source": {
                    "kind": "folder",
                    "test_path": "data/v2",
                    "layout": "index",
                    "mapping": "imagenet1k",
                },
                "classes": {"file": "lists/mine.txt"},
            },
        }
    )
    assert plan.datasets["seen"].concept_tables == ["results/concepts/cog/seen.parquet"]
    assert plan.datasets["all"].concept_tables == [
        "results/concepts/cog/seen.parquet",
        "results/concepts/cog/levels.parquet",
    ]
    assert plan.datasets["seen"].source_files == ["results/images/seen/pack.parquet"]
    assert plan.datasets["pack"].source_files == ["data/a.parquet"]
    assert plan.datasets["pack"].class_files == ["data/a.parquet"]
    # A folder's date says nothing about its images, and imagenet1k is not a file.
    assert plan.datasets["v2"].source_files == []
    assert plan.datasets["v2"].class_files == ["lists/mine.txt"]


def test_packs_in_a_folder_are_inputs_like_packs_by_name(fill: Any, tmp_path: Any) -> None:
    for name in ("b.parquet", "a.parquet", "._a.parquet", "notes.txt", "0.tar"):
        (tmp_path / name).touch()
    packs = [f"{tmp_path}/a.parquet", f"{tmp_path}/b.parquet"]
    given = {"source": {"kind": "parquet", "path": str(tmp_path)}, "classes": {"part": "source"}}
    tars = {"kind": "tar", "path": f"{tmp_path}/", "class_column": "c", "layout": "samples"}
    plan = fill(
        {
            "packs": given | {"test_images": 1},
            "samples": {"source": tars, "classes": {"part": "source"}, "test_images": 1},
            "gone": given | {"source": given["source"] | {"path": "gone"}, "test_images": 1},
        }
    )
    assert plan.datasets["packs"].source_files == plan.datasets["packs"].class_files == packs
    assert plan.datasets["samples"].source_files == [f"{tmp_path}/0.tar"]
    assert plan.datasets["gone"].source_files == []
    (tmp_path / "c.parquet").touch()
    assert plan.datasets["packs"].class_files == [*packs, f"{tmp_path}/c.parquet"]


def test_a_rule_depends_on_its_own_keys_only(fill: Any) -> None:
    seen = fill({"seen": WORLD}).datasets["seen"]
    other = fill({"seen": WORLD | {"on_corrupt": "drop"}}).datasets["seen"]
    assert other.classes_spec == seen.classes_spec
    assert other.world_spec == seen.world_spec
    assert other.manifest_spec != seen.manifest_spec
    source = {"kind": "world", "size": 32, "nuisance": 1.0}
    louder = fill({"seen": WORLD | {"source": source}}).datasets["seen"]
    assert louder.classes_spec == seen.classes_spec
    assert louder.manifest_spec == seen.manifest_spec
    assert louder.world_spec != seen.world_spec


def test_only_sources_that_profit_ask_for_threads(fill: Any) -> None:
    folder = {"source": {"kind": "folder", "test_path": "x"}, "classes": {"file": "imagenet1k"}}
    plan = fill({"pack": PACK, "checked": PACK | {"verify": True}, "folder": folder})
    threads = {name: found.scan_threads for name, found in plan.datasets.items()}
    assert threads["pack"] == 1
    assert threads["checked"] == threads["folder"] > 1


def test_paths_may_be_one_or_many(fill: Any) -> None:
    one = fill({"pack": PACK})
    many = fill({"pack": PACK | {"source": PACK["source"] | {"path": ["data/a.parquet"]}}})
    assert one.datasets["pack"].manifest_spec == many.datasets["pack"].manifest_spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": {"benchmark": "cog"}}, "images.x.classes: give exactly one of"),
        ({"classes": {"part": "seen", "file": "a.txt"}}, "images.x.classes: give exactly one of"),
        ({"classes": {"benchmark": "cg", "part": "seen"}}, "classes.benchmark: 'cg' is not"),
        ({"classes": {"benchmark": "cog", "part": "level", "level": 4}}, "classes.level: 4 is not"),
        ({"classes": {"benchmark": "cog", "part": "level"}}, "classes.level: None is not a level"),
        (
            {"classes": {"wnids": [f"n{n:08d}" for n in range(9999)]}},
            "classes.wnids: 9999 class ids",
        ),
        ({"classes": {"wnids": ["cat"]}}, "'cat' is not a wnid (n and eight digits); classes that"),
        ({"classes": {"file": "a.txt", "level": 1}}, "classes.level: does nothing here"),
        ({"classes": {"part": "source"}}, "classes.part: kind world needs an explicit"),
        ({"source": {"kind": "folder"}}, "source.path: needed"),
        ({"source": {"kind": "world", "path": "x"}}, "source: the procedural world has no path"),
        ({"source": {"kind": "folder", "path": "x", "test_path": "y"}}, "not both"),
        ({"source": {"kind": "folder", "path": "x", "layout": "flat"}}, "mapping: needed"),
        (
            {"source": {"kind": "folder", "path": "x", "layout": "samples"}},
            "is not a layout of",
        ),
        (
            {"source": {"kind": "tar", "path": "x", "layout": "index"}},
            "not a layout of kind tar",
        ),
        (
            {"source": {"kind": "tar", "path": "x", "split_column": "s"}},
            "only if kind is parquet",
        ),
        ({"source": FLAT | {"test_layout": "flat", "mapping": None}}, "mapping: needed"),
        ({"source": FLAT | {"test_path": None}}, "test_layout: does nothing here"),
        (
            {"source": FLAT | {"kind": "tar"}},
            "test_layout: does nothing here; it applies only if kind is folder",
        ),
        ({"source": FLAT | {"test_layout": "index", "mapping": ["a", "b"]}}, "mapping: two files"),
        ({"source": FLAT | {"layout": "index"}}, "mapping: the list of layout flat and that of"),
        ({"source": {"kind": "torchvision", "path": "x"}}, "needs dataset and path"),
        (
            {"source": {"kind": "folder", "path": "x", "dataset": "DTD"}},
            "only if kind is torchvis",
        ),
        ({"test_images": None}, "images.x.test_images: the source has no split"),
        ({"test_share": 0.2}, "images.x.test_images: the source has no split"),
        ({"test_images": 30}, "images.x.test_images: 30 leaves no training image"),
        ({"max_images": None}, "images.x.max_images: needed for kind world"),
    ],
)
def test_contradictions_are_named_by_key(fill: Any, changes: dict[str, Any], message: str) -> None:
    images = {"x": WORLD | changes}
    plan = fill(images, check=False)
    idle_keys = idle.idle_keys({"images": images}, plan.config.model_dump())
    problems = [*datasets.problems(plan), *idle_keys.values()]
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("images.x") for problem in problems)


def test_official_splits_take_no_share_and_need_no_number(fill: Any) -> None:
    fill({"x": PACK})
    problems = list(datasets.problems(fill({"x": PACK | {"test_share": 0.3}}, check=False)))
    assert problems == ["images.x.test_share: the source has its own test split; remove test_share"]
    eurosat = {"kind": "torchvision", "dataset": "EuroSAT", "path": "data"}
    fill({"x": {"source": eurosat, "classes": {"part": "source"}, "test_share": 0.3}})


def test_names_that_collide_are_refused(fill: Any) -> None:
    problems = list(datasets.problems(fill({"cog": family(), "cog_l2": WORLD}, check=False)))
    assert any("cog_l2 exists twice" in problem for problem in problems)
    problems = list(datasets.problems(fill({"drawn": WORLD}, check=False)))
    assert problems == ["images.drawn: drawn is the name of a clone in synthesis too"]


def test_a_flat_test_set_beside_class_folders(fill: Any) -> None:
    section = {"source": FLAT, "classes": {"file": "imagenet1k"}}
    plan = fill({"x": section})
    assert plan.datasets["x"].source_files == ["val.txt"]
    numbers = FLAT | {"mapping": ["val.txt", "imagenet1k"]}
    plan = fill({"x": section | {"source": numbers}})
    assert plan.datasets["x"].source_files == ["val.txt"]
    numbers = FLAT | {"mapping": ["val.txt", "synsets.txt"]}
    plan = fill({"x": section | {"source": numbers}})
    assert plan.datasets["x"].source_files == ["val.txt", "synsets.txt"]
    assert "images.x.source.mapping: synsets.txt does not exist" in plan.datasets["x"].missing


def test_missing_paths_are_named_by_key(fill: Any, tmp_path: Any) -> None:
    (tmp_path / "here.parquet").touch()
    here, gone = str(tmp_path / "here.parquet"), str(tmp_path / "gone.parquet")
    plan = fill({"x": PACK | {"source": PACK["source"] | {"path": [here, gone]}}})
    assert plan.datasets["x"].missing == [f"images.x.source.path: {gone} does not exist"]


def test_images_of_the_wrong_kind_are_named_by_key(fill: Any, tmp_path: Any) -> None:
    """A file for a folder, a folder that was emptied, and a link in it whose target is gone."""
    photos, packs = tmp_path / "photos", tmp_path / "packs"
    photos.write_text("hi")
    packs.mkdir()
    sources = {kind: {"kind": kind, "path": str(photos)} for kind in ("folder", "imagenet_a")}
    sources["torchvision"] = sources["folder"] | {"kind": "torchvision", "dataset": "DTD"}
    for kind, source in sources.items():
        (line,) = found(fill, source)
        assert line == f"images.x.source.path: {photos} is a file; kind {kind} expects a folder"
    for kind, suffix in (("parquet", ".parquet"), ("tar", ".tar")):
        source = {"kind": kind, "path": str(packs), "layout": "samples"}
        (line,) = found(fill, source)
        assert line == f"images.x.source.path: {packs} is a folder without a {suffix} file"
        pack = packs / f"1{suffix}"
        pack.symlink_to("gone")
        (line,) = found(fill, source)
        assert line == f"images.x.source.path: {pack} is a link that leads nowhere"
        (packs / "gone").touch()
        assert found(fill, source) == []
        pack.unlink()
        (packs / "gone").unlink()


def test_the_folders_of_a_source_without_classes_are_proposed(fill: Any, tmp_path: Path) -> None:
    for name in ("my dog", "cat", ".thumbnails"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").touch()
    section = {"source": {"kind": "folder", "path": str(tmp_path)}, "test_images": 1}
    (problem,) = fill({"x": section}, check=False).datasets["x"].problems()
    assert problem.endswith("names, not none (its folders: cat, my dog)")
    named = fill({"x": section | {"classes": {"names": ["cat", "my dog"]}}}).datasets["x"]
    assert named.classes_spec.wnids == ["cat", "my dog"]


def found(fill: Any, source: dict[str, Any]) -> list[str]:
    """Return what a data set with this source misses."""
    wnids = {"wnids": ["n01440764"]}
    plan = fill({"x": {"source": source, "classes": wnids, "test_images": 1}}, check=False)
    missing: list[str] = plan.datasets["x"].missing
    return missing


def test_unknown_keys_wrong_types_and_kinds_are_refused() -> None:
    for bad in (
        {"x": PACK | {"max_image": 3}},
        {"x": PACK | {"max_images": "3"}},
        {"x": PACK | {"source": {"kind": "zip"}}},
        {"x": PACK | {"on_corrupt": "skip"}},
        {"x y": PACK},
    ):
        with pytest.raises(InputError, match="images"):
            parse({"images": bad}).model_dump()


def test_a_listed_class_without_a_folder_is_told_with_the_one_it_is_like(
    fill: Any, tmp_path: Path
) -> None:
    """Of each split, which must have all classes, in one of its folders; in any Unicode form."""
    for name in ("train/cat", "train/my dog", "train2/cafe\u0301", "val/cat", ".hidden/x"):
        (tmp_path / name).mkdir(parents=True)

    def missing(names: list[str], classes: dict[str, Any] | None = None, **keys: Any) -> list[str]:
        source = {"kind": "folder", **keys}
        plan = fill(
            {"x": {"source": source, "classes": {"names": names, **(classes or {})}}}, check=False
        )
        lines: list[str] = plan.datasets["x"].missing
        return lines

    train = [str(tmp_path / "train"), str(tmp_path / "train2")]
    assert missing(["cat", "my dog", "caf\u00e9"], path=train) == []
    assert missing(["cat", "my dgo", "x"], path=train) == [
        f"images.x.classes.names: no folder my dgo in {', '.join(train)}; did you mean my dog?",
        f"images.x.classes.names: no folder x in {', '.join(train)}",
    ]
    val = str(tmp_path / "val")
    assert missing(["cat", "my dog"], train_path=train, test_path=val) == [
        f"images.x.classes.names: no folder my dog in {val}"
    ]
    assert missing(["cat", "dog"], {"limit": 1}, path=train) == [], "it may not be drawn"
    assert missing(["cat", "dog"], path=str(tmp_path / "none")) == [
        f"images.x.source.path: {tmp_path}/none does not exist"
    ]
    flat = {"layout": "flat", "mapping": str(tmp_path / "list.txt")}
    (tmp_path / "list.txt").touch()
    assert missing(["cat", "dog"], path=train, **flat) == []
