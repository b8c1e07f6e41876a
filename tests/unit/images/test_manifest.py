from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.images import manifest as manifests
from cogworks.images.manifest import (
    Manifest,
    as_rows,
    digest_rows,
    read_manifest,
    write_manifest,
)


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


@pytest.fixture
def grouped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """Twelve images of three of four classes, in row groups of five."""
    monkeypatch.setattr(manifests, "GROUP", 5)
    counts = {"a": 3, "b": 8, "d": 1}
    rows = [(f"{w}/{n:02d}", f"{w}.tar", n) for w, count in counts.items() for n in range(count)]
    table = pd.DataFrame(rows, columns=["id", "path", "locator"])
    table = table.assign(container="tar", size=7, wnid=table["id"].str[0])
    return write(tmp_path / "m.parquet", table, classes=("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("start", "stop", "groups"), [(0, 12, [0, 1, 2]), (5, 9, [1]), (4, 6, [0, 1])]
)
def test_a_part_reads_its_row_groups_alone(
    grouped: Manifest, monkeypatch: pytest.MonkeyPatch, start: int, stop: int, groups: list[int]
) -> None:
    whole = grouped.frame
    read = create_autospec(
        pq.ParquetFile.read_row_groups, side_effect=pq.ParquetFile.read_row_groups
    )
    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", read)
    part = grouped.part(start, stop)
    expected = whole[start:stop].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.frame, expected)
    assert [call.args[1] for call in read.call_args_list] == [groups] * 7
    assert part.labels.tolist() == expected["label"].tolist()
    assert part.ids(range(1, 2)) == [expected["id"][1]]
    assert part.part(1, 9).ids(range(1)) == [expected["id"][1]]
    assert len(part.part(len(part), len(part))) == 0


def test_images_are_found_by_class_and_by_id(grouped: Manifest) -> None:
    assert [grouped.of_class(wnid) for wnid in "abcde"] == [
        range(3),
        range(3, 11),
        range(11, 11),
        range(11, 12),
        range(0),
    ]
    assert grouped.find(["d/00", "e/00", "b/02"]) == {"b/02": 5, "d/00": 11}
