from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError
from cogworks.images import plan
from cogworks.images.build import build_manifests
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.images.reader import ImageReader


def build(fill: Any, tmp_path: Path, section: dict[str, Any], wnids: list[str]) -> Any:
    config = fill({"x": section | {"classes": {"wnids": wnids}}})
    outputs = {split: tmp_path / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(plan.manifest_spec(config, "x"), wnids, outputs, threads=2)
    return {split: read_manifest(path) for split, path in outputs.items()}


def folder(root: Path, **rule: Any) -> dict[str, Any]:
    return {"source": {"kind": "folder", "path": str(root)}, "test_images": 2, **rule}


def ids(parts: dict[str, Manifest]) -> set[str]:
    return {image for part in parts.values() for image in part.frame["id"]}


def test_from_a_folder_to_bytes(fill: Any, make_folder: Any, tmp_path: Path) -> None:
    root = make_folder({"n01": 5, "n02": 4})
    parts = build(fill, tmp_path, folder(root, max_images=4), ["n01", "n02"])
    assert [len(part) for part in parts.values()] == [4, 0, 4]
    reader = ImageReader(parts["test"])
    for index, image in enumerate(parts["test"].frame["id"]):
        assert reader.read_bytes(index) == (root / image).read_bytes()


def test_a_pack_and_a_folder_give_the_same_labels(
    fill: Any, make_folder: Any, make_pack: Any, tmp_path: Path
) -> None:
    one = build(fill, tmp_path, folder(make_folder({"b": 3, "a": 3, "c": 3})), ["a", "b", "c"])
    pack = make_pack([(wnid, "train") for wnid in "cab" * 3])
    section = {"source": {"kind": "parquet", "path": str(pack)}, "test_images": 2}
    two = build(fill, tmp_path, section, ["a", "b", "c"])
    for parts in (one, two):
        rows = parts["test"].frame
        assert set(rows["label"]) == {0, 1, 2}
        assert list(rows["wnid"]) == ["abc"[label] for label in rows["label"]]


def test_a_class_that_is_missing_is_an_error_and_shifts_no_label(
    fill: Any, make_folder: Any, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="n02"):
        build(fill, tmp_path, folder(make_folder({"n01": 3, "n03": 3})), ["n01", "n02", "n03"])
    assert not (tmp_path / "train.parquet").exists()


@pytest.fixture
def damaged(make_folder: Any) -> Path:
    root: Path = make_folder({"n01": 6, "n02": 6})
    for name in ("n01/n01_1.png", "n02/n02_4.png"):
        data = (root / name).read_bytes()
        (root / name).write_bytes(data[: len(data) // 2])
    return root


def test_verification_names_every_damaged_image(fill: Any, damaged: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        build(fill, tmp_path, folder(damaged, verify=True), ["n01", "n02"])
    assert "2 of 12 images are damaged" in str(caught.value)
    for name in ("n01_1.png", "n02_4.png", "on_corrupt"):
        assert name in str(caught.value)


def test_damaged_images_can_be_dropped_and_are_counted(
    fill: Any, damaged: Path, tmp_path: Path
) -> None:
    section = folder(damaged, verify=True, on_corrupt="drop")
    parts = build(fill, tmp_path, section, ["n01", "n02"])
    assert [len(part) for part in parts.values()] == [6, 0, 4]
    assert {part.dropped for part in parts.values()} == {2}
    assert {part.on_corrupt for part in parts.values()} == {"drop"}
    assert not ids(parts) & {"n01/n01_1.png", "n02/n02_4.png"}


def test_dropped_images_are_replaced_where_others_are_left(
    fill: Any, damaged: Path, tmp_path: Path
) -> None:
    section = folder(damaged, verify=True, on_corrupt="drop", max_images=5)
    parts = build(fill, tmp_path, section, ["n01", "n02"])
    assert [len(part) for part in parts.values()] == [6, 0, 4]


def test_without_verification_a_damaged_image_is_listed(
    fill: Any, damaged: Path, tmp_path: Path
) -> None:
    parts = build(fill, tmp_path, folder(damaged), ["n01", "n02"])
    assert len(ids(parts)) == 12


def test_a_pack_of_photographs_with_its_own_split(
    fill: Any, dev_data: Path, tmp_path: Path
) -> None:
    """Optional: 200 classes of real photographs, 100 training and 50 validation images each."""
    pack = dev_data / "images" / "tiny_imagenet_dev.parquet"
    source = {
        "kind": "parquet",
        "path": str(pack),
        "id_column": "path",
        "split_column": "split",
        "test_splits": ["val"],
    }
    parts = build(fill, tmp_path, {"source": source}, ["n01443537", "n02124075"])
    assert [len(part) for part in parts.values()] == [200, 0, 100]
    reader = ImageReader(parts["train"])
    assert all(reader.read_bytes(index).startswith(b"\xff\xd8") for index in range(200))
