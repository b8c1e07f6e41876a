from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cogworks.core.errors import InputError
from cogworks.images import source_index
from cogworks.images.build import _compare_level, build_manifests
from cogworks.images.manifest import Manifest, read_manifest
from cogworks.images.reader import ImageReader


def build(fill: Any, tmp_path: Path, section: dict[str, Any], wnids: list[str]) -> Any:
    found = fill({"x": section | {"classes": {"names": wnids}}}).datasets["x"]
    outputs = {split: tmp_path / f"{split}.parquet" for split in ("train", "val", "test")}
    verify = found.section.verify
    build_manifests(found.manifest_spec, wnids, outputs, threads=2, verify=verify)
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
        assert parts["test"].frame["size"][index] == (root / image).stat().st_size


@pytest.mark.parametrize(("million", "warned"), [(1.15, True), (1.17, False)])
def test_the_images_of_a_published_level_are_compared_with_the_thesis(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, million: float, warned: bool
) -> None:
    monkeypatch.setattr("cogworks.images.build.cog_level", lambda wnids: 1 if wnids else None)
    _compare_level(["n01"], round(million * 1e6) + 4999, "images.cog_l1")
    _compare_level([], 7, "images.other")
    expected = (
        f"images.cog_l1: {round(million * 1e6) + 4999} images; L1 of ImageNet-CoG has 1.17 million"
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {expected}" if warned else expected)


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


def test_too_few_images_are_told_before_any_is_decoded(
    fill: Any, damaged: Path, tmp_path: Path, capsys: Any
) -> None:
    (damaged / "n01" / "notes.txt").touch()
    for path in sorted((damaged / "n02").iterdir())[2:]:
        path.unlink()
    with pytest.raises(InputError, match=r"1 classes have fewer than 3 images .*: n02 \(2\)$"):
        build(fill, tmp_path, folder(damaged, verify=True, min_images=3), ["n01", "n02"])
    build(fill, tmp_path, folder(damaged, verify=True, on_corrupt="drop", test_images=1), ["n01"])
    assert capsys.readouterr().err.count("left out, since they are not images: 1 .txt") == 1


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


def write_structs(path: Path, kind: pa.DataType, values: list[Any]) -> dict[str, Any]:
    table = pa.table(
        {"image": pa.array(values, kind), "label": [n % 2 for n in range(len(values))]}
    )
    pq.write_table(table, path)
    source = {"kind": "parquet", "path": str(path), "class_column": "label"}
    return {"source": source, "test_images": 1}


STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@pytest.mark.parametrize("column", ["image", "image.bytes"])
def test_the_struct_column_of_hugging_face(fill: Any, tmp_path: Path, column: str) -> None:
    values = [{"bytes": b"image %d" % n, "path": f"{n}.jpg"} for n in range(4)]
    section = write_structs(tmp_path / "p.parquet", STRUCT, values)
    section["source"]["image_column"] = column
    parts = build(fill, tmp_path, section, ["0", "1"])
    assert {part.image_column for part in parts.values()} == {"image.bytes"}
    reader = ImageReader(parts["train"])
    found = [reader.read_bytes(index) for index in range(len(parts["train"]))]
    assert found == [b"image %d" % row for row in parts["train"].frame["locator"]]


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (
            STRUCT,
            [{"bytes": None, "path": "a.jpg"}] * 2,
            r"column image\.bytes is empty in 2 of 2 rows",
        ),
        (pa.string(), ["aGVsbG8="] * 2, "column image holds string, expected encoded images"),
        (pa.struct([("url", pa.string())]), [{"url": "x"}] * 2, "column image holds struct<url"),
        (pa.list_(pa.float32()), [[0.5]] * 2, "column image holds list"),
        (pa.binary(), [b"x", None], "column image is empty in 1 of 2 rows"),
    ],
)
def test_columns_without_images_are_found_when_the_manifest_is_made(
    fill: Any, tmp_path: Path, kind: pa.DataType, values: list[Any], message: str
) -> None:
    section = write_structs(tmp_path / "p.parquet", kind, values)
    with pytest.raises(InputError, match=rf"p\.parquet: {message}"):
        build(fill, tmp_path, section, ["0", "1"])
    section["source"]["image_column"] = "img"
    with pytest.raises(InputError, match=r"no column img with images .*it has image, label"):
        build(fill, tmp_path, section, ["0", "1"])


def copies(capsys: Any) -> list[str]:
    lines = capsys.readouterr().err.splitlines()
    return [line for line in lines if line.startswith("warning: ")]


def test_copies_get_a_warning(fill: Any, make_folder: Any, tmp_path: Path, capsys: Any) -> None:
    root = make_folder({"n01": 4, "n02": 4})
    build(fill, tmp_path, folder(root), ["n01", "n02"])
    assert copies(capsys) == []
    for name in ("n01_0 (1).png", "n01_0 copy.png", "n01_1 - Copy (2).png", "n01_9 (1).png"):
        (root / "n01" / name).write_bytes(name.encode())
    build(fill, tmp_path, folder(root), ["n01", "n02"])
    (line,) = copies(capsys)
    assert line.startswith("warning: 3 images are named like copies of others: n01/n01_0 (1).png =")


@pytest.mark.parametrize("verify", [False, True])
def test_images_that_training_and_test_share_get_a_warning(
    fill: Any, make_folder: Any, tmp_path: Path, capsys: Any, verify: bool
) -> None:
    train, test = make_folder({"n01": 3, "n02": 3}, "a"), make_folder({"n01": 2, "n02": 1}, "b")
    other = (train / "n02" / "n02_2.png").read_bytes()
    for name in ("n01/n01_0.png", "n01/n01_1.png"):
        (test / name).write_bytes(other)
    source = {"kind": "folder", "train_path": str(train), "test_path": str(test)}
    build(fill, tmp_path, {"source": source, "verify": verify}, ["n01", "n02"])
    assert copies(capsys) == [
        "warning: 1 images have the same bytes as an image of another split: "
        "test/n02/n02_0.png = train/n02/n02_0.png"
    ]


def test_a_pack_that_is_training_and_test_gets_a_warning(
    fill: Any, make_pack: Any, tmp_path: Path, capsys: Any
) -> None:
    pack = str(make_pack([("n01", "train")] * 3))
    source = {"kind": "parquet", "train_path": pack, "test_path": pack}
    build(fill, tmp_path, {"source": source}, ["n01"])
    (line,) = copies(capsys)
    assert line.startswith("warning: 3 images are listed twice: ")
    assert "test/pack.parquet:0 = train/pack.parquet:0" in line


def test_with_verify_packs_are_compared_too(
    fill: Any, make_pack: Any, tmp_path: Path, capsys: Any
) -> None:
    pack = make_pack([("n01", "train")] * 3 + [("n01", "test")])
    table = pq.read_table(pack)
    images = table["image"].to_pylist()
    images[3] = images[1]
    pq.write_table(table.set_column(2, "image", [images]), pack)
    source = {"kind": "parquet", "path": str(pack), "split_column": "split"}
    build(fill, tmp_path, {"source": source, "verify": True}, ["n01"])
    (line,) = copies(capsys)
    assert line.endswith("another split: pack.parquet:3 = pack.parquet:1")


def test_a_pack_is_decoded_from_front_to_back(
    fill: Any, make_pack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row group is read again for another class."""
    monkeypatch.setattr(source_index, "ROWS", 1)
    pack = make_pack([(wnid, "train") for wnid in ("n02", "n01", "n03") * 4])
    whole = pq.ParquetFile.read_row_groups
    read = create_autospec(whole, side_effect=whole)
    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", read)
    source = {"kind": "parquet", "path": str(pack)}
    section = {"source": source, "classes": {"names": ["n01", "n02", "n03"]}, "test_images": 1}
    spec = fill({"x": section}).datasets["x"].manifest_spec
    outputs = {split: tmp_path / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(spec, ["n01", "n02", "n03"], outputs, threads=1, verify=True)
    assert [len(read_manifest(path)) for path in outputs.values()] == [9, 0, 3]
    # Once to decode them, once to compare them.
    groups = [call.args[1] for call in read.call_args_list if call.args[2] == ["image"]]
    assert groups == [[0], [1], [2], [3]] * 2
