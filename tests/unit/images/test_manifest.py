from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.images.manifest import as_rows, digest_rows, read_manifest, write_manifest


def frame(**changes: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "id": ["b/2", "a/1", "b/1"],
        "path": ["b/2.png", "a/1.png", "b/1.png"],
        "container": "file",
        "locator": 0,
        "size": [12, 10, 11],
        "wnid": ["b", "a", "b"],
    }
    return pd.DataFrame(columns | changes)


def write(path: Path, table: pd.DataFrame, classes: tuple[str, ...] = ("a", "b")) -> Any:
    return write_manifest(table, path, dataset="d", split="train", classes=classes)


def test_what_is_written_is_read_sorted_and_labelled(tmp_path: Path) -> None:
    written = write(tmp_path / "m.parquet", frame())
    manifest = read_manifest(tmp_path / "m.parquet")
    assert list(manifest.frame["id"]) == ["a/1", "b/1", "b/2"]
    assert list(manifest.frame["label"]) == [0, 1, 1]
    assert manifest.frame["label"].dtype == np.int32
    assert manifest.frame["locator"].dtype == manifest.frame["size"].dtype == np.int64
    assert (manifest.classes, manifest.dataset, manifest.split) == (["a", "b"], "d", "train")
    assert (manifest.on_corrupt, manifest.image_column, manifest.dropped) == ("error", "image", 0)
    assert manifest.digest == written.digest
    pd.testing.assert_frame_equal(manifest.frame, written.frame, check_dtype=False)


def test_labels_count_classes_that_have_no_image(tmp_path: Path) -> None:
    manifest = write(tmp_path / "m.parquet", frame(), classes=("a", "aa", "b"))
    assert list(manifest.frame["label"]) == [0, 2, 2]


def test_an_empty_split_is_a_manifest_too(tmp_path: Path) -> None:
    write(tmp_path / "m.parquet", frame()[:0])
    manifest = read_manifest(tmp_path / "m.parquet")
    assert len(manifest) == 0
    assert manifest.classes == ["a", "b"]


def test_the_same_rows_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write(tmp_path / "one.parquet", frame())
    write(tmp_path / "two.parquet", frame()[::-1])
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"size": [12, 10, 99]},
        {"path": ["b/2.png", "a/1.png", "c/1.png"]},
        {"id": ["b/2", "a/1", "b/0"]},
        {"wnid": ["b", "b", "b"]},
        {"locator": [0, 0, 7]},
    ],
)
def test_the_digest_sees_each_column(tmp_path: Path, changes: dict[str, Any]) -> None:
    before = write(tmp_path / "m.parquet", frame()).digest
    assert write(tmp_path / "m.parquet", frame(**changes)).digest != before


def test_the_digest_sees_the_class_list_and_not_the_split(tmp_path: Path) -> None:
    manifest = write(tmp_path / "m.parquet", frame())
    other = write(tmp_path / "m.parquet", frame(), classes=("a", "b", "c"))
    assert other.digest != manifest.digest
    assert digest_rows(as_rows(manifest.frame), ["a", "b"]) == manifest.digest


def test_the_digest_sees_that_a_pack_was_drawn_anew(tmp_path: Path, make_pack: Any) -> None:
    pack = make_pack([("a", "train"), ("b", "train"), ("b", "train")])
    rows = frame(container="parquet", path=str(pack), locator=[2, 0, 1], size=-1)
    before = write(tmp_path / "m.parquet", rows).digest
    make_pack([("a", "train"), ("b", "train"), ("b", "train")], image=[b"xy", b"z", b"other"])
    assert write(tmp_path / "m.parquet", rows).digest != before


@pytest.mark.parametrize(
    ("changes", "classes", "message"),
    [
        ({"id": ["x", "x", "y"]}, ("a", "b"), "given twice, first x"),
        ({}, ("a",), "images of b"),
        ({}, ("b", "a"), "sorted and distinct"),
        ({}, ("a", "a", "b"), "sorted and distinct"),
    ],
)
def test_bad_rows_are_refused(
    tmp_path: Path, changes: dict[str, Any], classes: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write(tmp_path / "m.parquet", frame(**changes), classes=classes)
    assert not (tmp_path / "m.parquet").exists()


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="locator"):
        write(tmp_path / "m.parquet", frame().drop(columns="locator"))


def test_other_parquet_files_are_no_manifests(tmp_path: Path) -> None:
    write_parquet(frame().assign(label=0), tmp_path / "x.parquet", metadata={"encoder": "e"})
    with pytest.raises(InputError, match=r"x\.parquet: not a manifest"):
        read_manifest(tmp_path / "x.parquet")


def test_labels_that_contradict_the_classes_are_refused(tmp_path: Path) -> None:
    good = write(tmp_path / "m.parquet", frame())
    metadata = {
        name: getattr(good, name)
        for name in ("dataset", "split", "classes", "digest", "on_corrupt", "image_column")
    }
    write_parquet(good.frame.assign(label=[1, 1, 1]), tmp_path / "m.parquet", metadata=metadata)
    with pytest.raises(InputError, match="labels do not follow"):
        read_manifest(tmp_path / "m.parquet")


def test_a_truncated_manifest_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    write(path, frame())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"m\.parquet"):
        read_manifest(path)
