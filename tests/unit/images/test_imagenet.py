"""The published sets of ImageNet's classes: small copies of them, whole and not."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cogworks.concepts.wnid_lists import read_wnids
from cogworks.core import place
from cogworks.core.errors import InputError
from cogworks.images.build import build_manifests
from cogworks.images.classes import list_classes
from cogworks.images.manifest import read_manifest
from cogworks.images.sources.kinds import SOURCES

from .conftest import scan

WNIDS = ["n00000001", "n00000002", "n00000003"]
TEST_SETS = ["imagenet_v2", "imagenet_sketch", "imagenet_r", "imagenet_a"]
KINDS = ["imagenet", "imagenet_blurred", *TEST_SETS]
PUBLISHED = {kind: SOURCES.load(kind) for kind in KINDS}
# Of the small copies: training and test images of each class.
TRAIN, TEST = 3, 2
NAMES = [f"ILSVRC2012_val_{number:08}.JPEG" for number in range(1, TEST * len(WNIDS) + 1)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let each set have three classes with few images."""
    classes, validation = tmp_path / "classes.txt", tmp_path / "val.txt"
    classes.write_text("\n".join(WNIDS))
    validation.write_text("".join(f"{n} {WNIDS[i % 3]}\n" for i, n in enumerate(NAMES)))
    for kind, known in PUBLISHED.items():
        monkeypatch.setattr(known, "class_list", str(classes))
        monkeypatch.setattr(known, "test", TEST * len(WNIDS))
        if kind not in TEST_SETS:
            monkeypatch.setattr(known, "train", TRAIN * len(WNIDS))
        if known.of_each is not None:
            monkeypatch.setattr(known, "of_each", TEST)
    monkeypatch.setattr(PUBLISHED["imagenet"], "validation", str(validation))


def put(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image")
    return root


def folders(root: Path, count: int, *, names: list[str] = WNIDS) -> Path:
    return put(root, *(f"{name}/{index}.JPEG" for name in names for index in range(count)))


def copy_of(kind: str, root: Path) -> Path:
    """Make a whole small copy of a set."""
    if kind in TEST_SETS:
        numbered = kind == "imagenet_v2"
        return folders(root, TEST, names=["0", "1", "2"] if numbered else WNIDS)
    folders(root / "train", TRAIN)
    folders(root / "val", TEST)
    return root


@pytest.mark.parametrize("kind", KINDS)
def test_one_line_of_config_is_enough(kind: str, fill: Any, tmp_path: Path) -> None:
    root = copy_of(kind, tmp_path / "copy")
    found = fill({"x": {"source": {"kind": kind, "path": str(root)}}}).datasets["x"]
    assert found.missing == []
    classes = list(list_classes(found.classes_spec, [], threads=1)["wnid"])
    assert classes == WNIDS
    outputs = {split: tmp_path / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(found.manifest_spec, classes, outputs, threads=2)
    counts = {split: Counter(read_manifest(path).frame["wnid"]) for split, path in outputs.items()}
    train = 0 if kind in TEST_SETS else TRAIN
    assert counts["train"] == +Counter(dict.fromkeys(WNIDS, train))
    assert counts["test"] == Counter(dict.fromkeys(WNIDS, TEST))
    assert not counts["val"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", ["fewer", "more"])
def test_another_number_of_images_is_refused(
    kind: str, change: str, listed: Any, tmp_path: Path
) -> None:
    root = copy_of(kind, tmp_path / "copy")
    of_test = root if kind in TEST_SETS else root / "val"
    folder = "1" if kind == "imagenet_v2" else WNIDS[1]
    there = 5 if change == "fewer" else 7
    if change == "fewer":
        (of_test / folder / "0.JPEG").unlink()
    else:
        put(of_test, f"{folder}/9.JPEG")
    odd = f", not 2 of each class but n00000002 ({there - 4})" if PUBLISHED[kind].of_each else ""
    with pytest.raises(InputError) as caught:
        listed({"kind": kind, "path": str(root)}, WNIDS)
    message = f"{root}: {PUBLISHED[kind].title} has 6 test images, and {there} are here{odd}; copy"
    assert message in str(caught.value)


def test_missing_training_images_and_classes_are_refused(listed: Any, tmp_path: Path) -> None:
    root = copy_of("imagenet", tmp_path / "copy")
    (root / "train" / WNIDS[2] / "1.JPEG").unlink()
    for source in ({"path": str(root)}, {"train_path": str(root / "train")}):
        with pytest.raises(InputError, match="ImageNet-1K has 9 train images, and 8 are here"):
            # Also where only classes that are whole are wanted.
            listed({"kind": "imagenet", **source}, WNIDS[:1])
    for image in (root / "val" / WNIDS[0]).iterdir():
        image.unlink()
    (root / "val" / WNIDS[0]).rmdir()
    with pytest.raises(InputError, match="1 class folder missing: n00000001"):
        listed({"kind": "imagenet", "test_path": str(root / "val")}, WNIDS)


def test_the_validation_images_may_lie_in_one_folder(listed: Any, tmp_path: Path) -> None:
    root = copy_of("imagenet", tmp_path / "copy")
    flat = put(tmp_path / "flat", *NAMES)
    parts = {"train_path": str(root / "train"), "test_path": str(flat)}
    frame = listed({"kind": "imagenet"} | parts, WNIDS)
    classes = dict(zip(frame["id"], frame["wnid"], strict=True))
    for number, name in enumerate(NAMES):
        assert classes[f"test/{name}"] == WNIDS[number % 3]
    whole = folders(tmp_path / "kaggle" / "ILSVRC" / "Data" / "CLS-LOC" / "train", TRAIN)
    put(whole.parent / "val", *NAMES)
    same = listed({"kind": "imagenet", "path": str(tmp_path / "kaggle")}, WNIDS)
    for column in ("id", "wnid", "split"):
        assert list(same[column]) == list(frame[column])
    (flat / NAMES[3]).unlink()
    with pytest.raises(InputError, match=rf"1 lines of .* without an image: {NAMES[3]}"):
        listed({"kind": "imagenet"} | parts, WNIDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_folders_is_one_set(kind: str, listed: Any, tmp_path: Path) -> None:
    whole = listed({"kind": kind, "path": str(copy_of(kind, tmp_path / "whole"))}, WNIDS)
    for path in sorted(copy_of(kind, tmp_path / "one").rglob("1.JPEG")):
        moved = tmp_path / "two" / path.relative_to(tmp_path / "one")
        moved.parent.mkdir(parents=True, exist_ok=True)
        path.rename(moved)
    roots = [str(tmp_path / name) for name in ("one", "two")]
    frame = listed({"kind": kind, "path": roots}, WNIDS)
    for column in ("wnid", "split"):
        assert Counter(frame[column]) == Counter(whole[column])


def test_a_set_can_be_restricted_to_some_of_its_classes(fill: Any, tmp_path: Path) -> None:
    root = copy_of("imagenet_v2", tmp_path / "copy")
    source = {"kind": "imagenet_v2", "path": str(root)}
    found = fill({"x": {"source": source, "classes": {"wnids": WNIDS[1:]}}}).datasets["x"]
    assert list(list_classes(found.classes_spec, [], threads=1)["wnid"]) == WNIDS[1:]
    assert set(scan(found.source, WNIDS[1:], threads=1)["wnid"]) == set(WNIDS[1:])


def test_data_sets_of_one_list_have_the_same_classes(fill: Any) -> None:
    sources = {kind: {"kind": kind, "path": "x"} for kind in KINDS}
    plan = fill({kind: {"source": source} for kind, source in sources.items()})
    choices = {plan.datasets[kind].class_choice for kind in KINDS}
    assert len(choices) == 1
    given = fill({"x": {"source": sources["imagenet_r"], "classes": {"part": "source"}}})
    assert given.datasets["x"].class_choice in choices


def test_keys_that_do_not_fit_are_errors(fill: Any, listed: Any, tmp_path: Path) -> None:
    sketch = {"kind": "imagenet_sketch", "train_path": "a"}
    problems = list(fill({"x": {"source": sketch}}, check=False).datasets["x"].problems())
    assert problems == [
        "images.x.source.train_path: ImageNet-Sketch has test images alone; give path"
    ]
    folder = {"kind": "folder", "test_path": "a"}
    problems = list(fill({"x": {"source": folder}}, check=False).datasets["x"].problems())
    assert problems == [
        "images.x.classes: give exactly one of part, file, wnids and names, not none"
    ]
    with pytest.raises(InputError, match=r"no folder train, here or in ILSVRC/Data/CLS-LOC; name"):
        listed({"kind": "imagenet", "path": str(folders(tmp_path / "flat", 1))}, WNIDS)
    with pytest.raises(InputError, match=r"gone: no such folder"):
        listed({"kind": "imagenet", "test_path": str(tmp_path / "gone")}, WNIDS)


class TestFacts:
    """What is known of the sets themselves, as in the protocol; nothing is small here."""

    @pytest.fixture(autouse=True)
    def small(self) -> None:
        """Leave the sets as they are."""

    def test_numbers(self) -> None:
        found = {kind: (known.train, known.test) for kind, known in PUBLISHED.items()}
        assert found == {
            "imagenet": (1281167, 50000),
            "imagenet_blurred": (1281066, 49997),
            "imagenet_v2": (0, 10000),
            "imagenet_sketch": (0, 50889),
            "imagenet_r": (0, 30000),
            "imagenet_a": (0, 7500),
        }
        for known in PUBLISHED.values():
            assert known.of_each in (None, known.test // 1000)

    def test_lists(self) -> None:
        lists = {name: set(read_wnids(name, key="x")) for name in ("imagenet1k", "imagenet100")}
        lists |= {kind: set(read_wnids(PUBLISHED[kind].class_list, key="x")) for kind in TEST_SETS}
        sizes = {name: len(wnids) for name, wnids in lists.items()}
        assert sizes == {
            "imagenet1k": 1000,
            "imagenet100": 100,
            "imagenet_v2": 1000,
            "imagenet_sketch": 1000,
            "imagenet_r": 200,
            "imagenet_a": 200,
        }
        assert all(wnids <= lists["imagenet1k"] for wnids in lists.values())
        assert len(lists["imagenet100"] & lists["imagenet_r"]) == 19
        assert len(lists["imagenet100"] & lists["imagenet_a"]) == 15

    def test_the_validation_images_are_fifty_of_each_class(self) -> None:
        path = place.ROOT / PUBLISHED["imagenet"].validation
        lines = [line.split() for line in path.read_text().splitlines() if line[0] != "#"]
        assert [name for name, _ in lines] == [
            f"ILSVRC2012_val_{number:08}.JPEG" for number in range(1, 50001)
        ]
        counts = Counter(wnid for _, wnid in lines)
        assert counts == dict.fromkeys(read_wnids("imagenet1k", key="x"), 50)
