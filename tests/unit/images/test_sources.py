import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError

from .conftest import scan

CLASSES = ["n01", "n02", "n10"]


def listed(fill: Any, source: dict[str, Any], wnids: list[str] | None, **rule: Any) -> Any:
    """Scan a source given as in the config; returns the listing sorted by id."""
    plan = fill({"x": {"source": source, "classes": {"names": ["a"]}} | rule}, check=False)
    frame = scan(plan.datasets["x"].source, wnids, threads=2)
    return frame.sort_values("id", ignore_index=True)


def test_a_folder_by_wnid(fill: Any, make_folder: Any) -> None:
    root = make_folder({"n01": 2, "n02": 1, "n10": 3, "unused": 2})
    (root / "n01" / "notes.txt").write_text("no image")
    (root / "n02" / "images").mkdir()
    (root / "n02" / "n02_0.png").rename(root / "n02" / "images" / "n02_0.JPEG")
    frame = listed(fill, {"kind": "folder", "path": str(root)}, CLASSES)
    assert list(frame["id"])[:3] == ["n01/n01_0.png", "n01/n01_1.png", "n02/images/n02_0.JPEG"]
    assert frame["wnid"].value_counts().to_dict() == {"n01": 2, "n02": 1, "n10": 3}
    assert set(frame["split"]) == {""}
    # Nobody looks at files before they are chosen.
    assert set(frame["size"]) == {-1}


def test_missing_class_folders_are_named(fill: Any, make_folder: Any) -> None:
    root = make_folder({"n01": 1})
    with pytest.raises(InputError, match=r"2 class folders missing: .*n02.*n10"):
        listed(fill, {"kind": "folder", "path": str(root)}, CLASSES)


def test_official_splits_in_two_folders(fill: Any, make_folder: Any) -> None:
    train = make_folder({"n01": 2}, "train")
    test = make_folder({"n01": 1}, "val")
    source = {"kind": "folder", "train_path": str(train), "test_path": str(test)}
    frame = listed(fill, source, ["n01"])
    # Both folders have a file n01_0.png: the ids must differ all the same.
    assert list(frame["id"]) == ["test/n01/n01_0.png", "train/n01/n01_0.png", "train/n01/n01_1.png"]
    assert list(frame["split"]) == ["test", "train", "train"]


def test_numbered_folders_are_read_as_whole_numbers(
    fill: Any, make_folder: Any, tmp_path: Path
) -> None:
    names = [f"n{number:03d}" for number in range(12)]
    (tmp_path / "names.txt").write_text("\n".join(names))
    root = make_folder({str(number): 1 for number in range(12)})
    source = {
        "kind": "folder",
        "path": str(root),
        "layout": "index",
        "mapping": str(tmp_path / "names.txt"),
    }
    frame = listed(fill, source, names)
    found = {
        image.split("/")[0]: wnid for image, wnid in zip(frame["id"], frame["wnid"], strict=True)
    }
    assert found == {str(number): f"n{number:03d}" for number in range(12)}
    with pytest.raises(InputError, match="no number stands for n999"):
        listed(fill, source, ["n999"])
    (root / "10").rename(root / "10x")
    with pytest.raises(InputError, match="10x: expected folders named 0 to 11"):
        listed(fill, source, names)
    (root / "10x").rename(root / "01")
    with pytest.raises(InputError, match="the same number as 01"):
        listed(fill, source, names)


def test_numbered_folders_that_are_missing_are_named(
    fill: Any, make_folder: Any, tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_text("a\nb\nc\n")
    source = {
        "kind": "folder",
        "path": str(make_folder({"0": 1, "2": 1})),
        "layout": "index",
        "mapping": str(tmp_path / "names.txt"),
    }
    with pytest.raises(InputError, match=r"1 class folder missing: .*1 \(b\)"):
        listed(fill, source, ["a", "b", "c"])


def test_a_flat_folder_with_a_mapping(fill: Any, make_folder: Any, tmp_path: Path) -> None:
    root = make_folder({"n01": 3}) / "n01"
    mapping = tmp_path / "val.txt"
    source = {"kind": "folder", "path": str(root), "layout": "flat", "mapping": str(mapping)}
    mapping.write_text("# val\nn01_2.png b\nn01_0.png a\n\nn01_1.png b\n")
    frame = listed(fill, source, ["a", "b"])
    assert list(frame["wnid"]) == ["a", "b", "b"]
    assert list(listed(fill, source, ["b"])["id"]) == ["n01_1.png", "n01_2.png"]
    mapping.write_text("n01_0.png a\nn01_1.png b\n")
    with pytest.raises(InputError, match=r"images without a line in .*val.txt: n01_2\.png"):
        listed(fill, source, ["a", "b"])
    mapping.write_text("n01_0.png a\nn01_1.png b\nn01_2.png b\nn01_3.png b\n")
    with pytest.raises(InputError, match=r"lines of .*val.txt without an image: n01_3\.png"):
        listed(fill, source, ["a", "b"])
    mapping.write_text("n01_0.png\n")
    with pytest.raises(InputError, match=r"val.txt: expected one .* got 'n01_0\.png'"):
        listed(fill, source, ["a", "b"])


def test_packs_with_their_own_split(fill: Any, make_pack: Any) -> None:
    rows = [("n01", "train"), ("n02", "val"), ("n01", "val"), ("n01", "extra")]
    source = {
        "kind": "parquet",
        "path": str(make_pack(rows)),
        "split_column": "split",
        "test_splits": ["val"],
    }
    frame = listed(fill, source, None)
    assert list(frame["id"]) == ["pack.parquet:0", "pack.parquet:1", "pack.parquet:2"]
    assert list(frame["split"]) == ["train", "test", "test"]
    assert list(frame["locator"]) == [0, 1, 2]
    with pytest.raises(InputError, match="no image with split = test; it has extra, train, val"):
        listed(fill, source | {"test_splits": ["test"]}, None)


def test_packs_with_names_for_classes_and_ids(fill: Any, make_pack: Any) -> None:
    pack = make_pack([("n01", "train")] * 3, fruit=["Golden Apple", "Pear", "Pear"])
    source = {
        "kind": "parquet",
        "path": str(pack),
        "class_column": "fruit",
        "id_column": "name",
    }
    frame = listed(fill, source, ["Pear"])
    assert list(frame["wnid"]) == ["Pear", "Pear"]
    assert list(frame["id"]) == ["picture 1", "picture 2"]
    with pytest.raises(InputError, match=r"pack\.parquet: no column species"):
        listed(fill, source | {"class_column": "species"}, ["Pear"])


def test_a_folder_of_packs(fill: Any, make_pack: Any, tmp_path: Path) -> None:
    first = make_pack([("n01", "train")] * 2, "p0.parquet")
    make_pack([("n02", "train")], "p1.parquet")
    frame = listed(fill, {"kind": "parquet", "path": str(tmp_path)}, None)
    assert list(frame["id"]) == ["p0.parquet:0", "p0.parquet:1", "p1.parquet:0"]
    with pytest.raises(InputError, match=r"given twice: .*p0\.parquet"):
        listed(fill, {"kind": "parquet", "path": [str(first), str(first)]}, None)
    with pytest.raises(InputError, match=r"gone\.parquet: no such file or folder"):
        listed(fill, {"kind": "parquet", "path": str(tmp_path / "gone.parquet")}, None)


def test_ids_that_repeat_and_empty_cells_are_errors(fill: Any, make_pack: Any) -> None:
    pack = make_pack([("n01", "train")] * 3, key=["a", "b", "b"], hole=["a", None, "b"])
    source = {"kind": "parquet", "path": str(pack)}
    with pytest.raises(InputError, match="1 image ids are given twice: b"):
        listed(fill, source | {"id_column": "key"}, None)
    with pytest.raises(InputError, match="column hole is empty in row 1"):
        listed(fill, source | {"id_column": "hole"}, None)


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_webdataset_samples(fill: Any, tmp_path: Path) -> None:
    members = {
        "a/0001.jpg": b"one",
        "a/0001.json": json.dumps({"wnid": "n02"}).encode(),
        "a/0002.json": json.dumps({"wnid": "n01", "more": 1}).encode(),
        "a/0002.png": b"three",
        "a/0003.seg.cls": b"7",
    }
    path = write_tar(tmp_path / "s0.tar", members | {"a/0004.cls": b"n01", "a/0004.jpg": b"4"})
    frame = listed(fill, {"kind": "tar", "path": str(path), "layout": "samples"}, None)
    assert list(frame["id"]) == ["s0.tar/a/0001", "s0.tar/a/0002", "s0.tar/a/0004"]
    assert list(frame["wnid"]) == ["n02", "n01", "n01"]
    data = path.read_bytes()
    taken = [data[at : at + size] for at, size in zip(frame["locator"], frame["size"], strict=True)]
    assert taken == [b"one", b"three", b"4"]


def test_numbers_as_classes_of_samples(fill: Any, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    path = write_tar(tmp_path / "s.tar", {"1.jpg": b"x", "1.cls": b"1\n"})
    source = {"kind": "tar", "path": str(path), "layout": "samples"}
    mapped = source | {"mapping": str(tmp_path / "names.txt")}
    assert list(listed(fill, mapped, None)["wnid"]) == ["dog"]
    write_tar(path, {"1.jpg": b"x", "1.cls": b"2\n"})
    with pytest.raises(InputError, match=r"s\.tar: 1\.cls: class '2' is not a number from 0 to 1"):
        listed(fill, mapped, None)


def test_damaged_samples_and_tar_files_are_named(fill: Any, tmp_path: Path) -> None:
    source = {"kind": "tar", "path": str(tmp_path / "s.tar"), "layout": "samples"}
    write_tar(tmp_path / "s.tar", {"1.jpg": b"x", "2.jpg": b"x", "2.cls": b"a"})
    with pytest.raises(InputError, match=r"s\.tar: 1 samples lack an image or a class .*: 1"):
        listed(fill, source, None)
    write_tar(tmp_path / "s.tar", {"1.jpg": b"x", "1.png": b"x", "1.cls": b"a"})
    with pytest.raises(
        InputError, match=r"s\.tar: 1\.jpg and 1\.png are two images of one sample: .*first dot"
    ):
        listed(fill, source, None)
    write_tar(tmp_path / "s.tar", {"1.jpg": b"x", "1.cls": b"a"}, "w:gz")
    with pytest.raises(InputError, match="uncompressed tar"):
        listed(fill, source, None)
    write_tar(tmp_path / "s.tar", {"1.cls": b"a", "1.jpg": bytes(5000)})
    (tmp_path / "s.tar").write_bytes((tmp_path / "s.tar").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"s\.tar"):
        listed(fill, source, None)


def test_a_tar_file_a_class(fill: Any, tmp_path: Path) -> None:
    for wnid in ("n01", "n02", "n03"):
        write_tar(tmp_path / f"{wnid}.tar", {f"{wnid}_1.JPEG": b"x", "README": b"no image"})
    source = {"kind": "tar", "path": str(tmp_path)}
    frame = listed(fill, source, ["n01", "n03"])
    assert list(frame["id"]) == ["n01.tar/n01_1.JPEG", "n03.tar/n03_1.JPEG"]
    assert list(frame["wnid"]) == ["n01", "n03"]
    assert len(listed(fill, source, None)) == 3
    with pytest.raises(InputError, match=r"1 class tar files missing: n04\.tar"):
        listed(fill, source, ["n01", "n04"])
