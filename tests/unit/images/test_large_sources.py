"""Large sources: the manifests of the plain way, in few system calls, listed once for all."""

import io
import os
import tarfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest

from cogworks.core.seeds import shuffle_by_hash
from cogworks.core.tar_files import list_members
from cogworks.images import manifest as manifests
from cogworks.images.build import build_manifests
from cogworks.images.classes import list_classes
from cogworks.images.folder_index import index_folder
from cogworks.images.manifest import read_manifest, write_manifest
from cogworks.images.sources import folder, scan, tars

WNIDS = [f"n{number:08d}" for number in (3, 1, 14, 7, 22)]


def write_tar(path: Path, members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> None:
    with tarfile.open(path, "w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


@pytest.fixture(params=["folder", "tar"])
def source(request: Any, tmp_path: Path) -> dict[str, Any]:
    """Five classes of other numbers of images of other sizes, and a file that is none."""
    root = tmp_path / "images"
    root.mkdir()
    for number, wnid in enumerate(WNIDS):
        members = {f"{wnid}_{k}.JPEG": bytes(10 * number + k) for k in range(6 + 3 * number)}
        members["deeper/a.jpg"] = b"x" * 2000
        members["README"] = b"no image"
        if request.param == "tar":
            write_tar(root / f"{wnid}.tar", members)
            continue
        for name, data in members.items():
            (root / wnid / name).parent.mkdir(parents=True, exist_ok=True)
            (root / wnid / name).write_bytes(data)
    return {"kind": request.param, "path": str(root)}


def plain_rows(source: dict[str, Any]) -> list[dict[str, Any]]:
    """All images, by the standard library's own means."""
    root, rows = Path(source["path"]), []
    for wnid in WNIDS:
        if source["kind"] == "tar":
            with tarfile.open(root / f"{wnid}.tar") as archive:
                found = [(m.name, m.offset_data, m.size) for m in archive.getmembers()]
            path, front = {name: root / f"{wnid}.tar" for name, _, _ in found}, f"{wnid}.tar/"
        else:
            files = [file for file in (root / wnid).rglob("*") if file.is_file()]
            path = {file.relative_to(root / wnid).as_posix(): file for file in files}
            found = [(name, 0, file.stat().st_size) for name, file in path.items()]
            front = f"{wnid}/"
        for name, offset, size in found:
            if name != "README":
                place = {"path": str(path[name]), "locator": offset, "size": size}
                rows.append({"id": front + name, "wnid": wnid, **place})
    return rows


@pytest.mark.parametrize("indexed", [False, True])
def test_manifests_are_those_of_the_plain_way(
    fill: Any, source: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    """Two classes at a time, and row groups of five, against all rows at once."""
    for module in (folder, tars, scan):
        monkeypatch.setattr(module, "BLOCK", 2)
    monkeypatch.setattr(manifests, "GROUP", 5)
    section = {"source": source, "classes": {"names": WNIDS}, "test_images": 2, "max_images": 9}
    spec = fill({"x": section}).datasets["x"].manifest_spec
    indices = [tmp_path / "index.parquet"] * indexed
    if indexed:
        counts = tmp_path / "counts.csv"
        index_folder(source["path"], index=indices[0], counts=counts, threads=1)
        monkeypatch.setattr("cogworks.images.sources.class_images.list_class", None)
    outputs = {split: tmp_path / f"{split}.parquet" for split in ("train", "val", "test")}
    build_manifests(spec, sorted(WNIDS), outputs, threads=2, indices=indices)

    rows = pd.DataFrame(plain_rows(source)).assign(
        container=source["kind"].replace("folder", "file")
    )
    order = [shuffle_by_hash(group["id"], "images", 0)[:9] for _, group in rows.groupby("wnid")]
    parts = {"test": [ids[:2] for ids in order], "train": [ids[2:] for ids in order], "val": []}
    for split, path in outputs.items():
        chosen = rows[rows["id"].isin([image for ids in parts[split] for image in ids])]
        facts: dict[str, Any] = {"dataset": "x", "split": split, "classes": sorted(WNIDS)}
        plain = write_manifest(chosen, tmp_path / "plain.parquet", **facts)
        assert path.read_bytes() == plain.path.read_bytes()
        assert read_manifest(path).digest == plain.digest
        assert len(plain) == len(chosen) == {"test": 10, "train": 33, "val": 0}[split]


@pytest.mark.parametrize(("size", "most"), [(100_000, 1.2), (1000, 0.04)])
def test_headers_take_few_system_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, most: float
) -> None:
    """One where members are large, and one for many where they are small."""
    names = [f"{number}.jpg" for number in range(200)]
    write_tar(tmp_path / "a.tar", dict.fromkeys(names, bytes(size)), tarfile.USTAR_FORMAT)
    calls = Mock(wraps=os.pread)
    monkeypatch.setattr(os, "pread", calls)
    assert [member.name for member in list_members(tmp_path / "a.tar")] == names
    assert calls.call_count <= most * 200


def test_classes_are_found_by_the_first_headers(
    fill: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the others are read once, when the manifests are made."""
    for wnid, names in {"b": ["README", *"123"], "a": "123", "c": ["README"], "d": []}.items():
        members = {f"{n}.jpg" if n.isdigit() else n: bytes(100_000) for n in names}
        write_tar(tmp_path / f"{wnid}.tar", members, tarfile.USTAR_FORMAT)
    section = {"source": {"kind": "tar", "path": str(tmp_path)}, "classes": {"part": "source"}}
    spec = fill({"x": section | {"test_images": 1}}).datasets["x"].classes_spec
    calls = Mock(wraps=os.pread)
    monkeypatch.setattr(os, "pread", calls)
    assert list_classes(spec, [], threads=1)["wnid"].tolist() == ["a", "b"]
    assert calls.call_count <= 9


def test_a_label_comes_with_the_headers_of_its_sample(
    fill: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members: dict[str, bytes] = {}
    for number in range(100):
        members |= {f"{number}.cls": b"ab"[number % 2 :][:1], f"{number}.jpg": bytes(100_000)}
    write_tar(tmp_path / "s.tar", members, tarfile.USTAR_FORMAT)
    source = {"kind": "tar", "layout": "samples", "path": str(tmp_path / "s.tar")}
    section = {"source": source, "classes": {"names": ["a", "b"]}, "test_images": 1}
    found = fill({"x": section}).datasets["x"]
    calls = Mock(wraps=os.pread)
    monkeypatch.setattr(os, "pread", calls)
    (frame,) = scan.list_images(found.source, ["a", "b"], threads=1)
    assert frame["wnid"].tolist() == ["a", "b"] * 50
    assert calls.call_count <= 1.2 * 100


def test_a_folder_is_listed_once_for_all_who_read_it(fill: Any, tmp_path: Path) -> None:
    (tmp_path / "im").mkdir()
    counted = {"image_counts": str(tmp_path / "im"), "min_images": 1}
    counts = tmp_path / "counts.csv"
    levels = {"classes": {"benchmark": "one", "part": "levels"}, "test_images": 1}
    plan = fill(
        {
            "cog": {"source": {"kind": "folder", "path": f"{tmp_path}/im/"}, **levels},
            "tars": {"source": {"kind": "tar", "path": f"{tmp_path}/im"}, **levels},
            "other": {"source": {"kind": "folder", "path": str(tmp_path)}, **levels},
        },
        concepts={
            "one": counted,
            "two": counted | {"image_counts": [f"{tmp_path}/im/.", str(counts)]},
            "none": {},
        },
    )
    (one,) = plan.folders.values()
    assert plan.folder_of == {one.name: one}
    assert one.index == f"results/folders/{one.name}/images.parquet"
    assert plan.benchmarks["one"].scan_spec.sources == [one.counts]
    assert plan.benchmarks["two"].scan_spec.sources == [one.counts, str(counts)]
    found = {name: dataset.indices for name, dataset in plan.datasets.items()}
    assert found["cog_l1"] == found["tars_l2"] == [one.index]
    assert found["other_l1"] == []
