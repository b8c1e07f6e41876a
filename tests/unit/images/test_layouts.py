"""Folders, packs and tar files as people have them on disk."""

import io
import os
import tarfile
import unicodedata
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cogworks.core.errors import InputError
from cogworks.core.patterns import expand
from cogworks.images.folder_index import index_folder
from cogworks.plan.datasets import Dataset

W = ["n01440764", "n01443537"]


def _counted(folder: Path) -> dict[str, int]:
    files = {"index": folder.parent / "index.parquet", "counts": folder.parent / "counts.csv"}
    return index_folder(str(folder), threads=1, **files)


def put(root: Path, *names: str) -> str:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return str(root)


def test_the_manifest_and_the_counts_take_the_same_images(
    listed: Any, tmp_path: Path, capfd: Any
) -> None:
    """Nested folders, hidden companions, links, and folders and files that are not images."""
    for wnid in W:
        put(tmp_path, *(f"{wnid}/images/{wnid}_{k}.JPEG" for k in range(3)))
        put(tmp_path, f"{wnid}/._{wnid}_0.JPEG", f"{wnid}/.cache/a.jpg", f"{wnid}/boxes.txt")
        put(tmp_path, f"{wnid}/a.heic", f"{wnid}/b.JFIF", f"{wnid}/c.jpg/d.Webp")
    os.symlink("nowhere", tmp_path / W[0] / "lost.jpg")
    os.symlink("../" + W[0], tmp_path / W[0] / "round")
    put(tmp_path / "elsewhere", "e.png")
    os.symlink("../elsewhere", tmp_path / W[1] / "linked")
    frame = listed({"kind": "folder", "path": str(tmp_path)}, W)
    assert frame["wnid"].value_counts().to_dict() == {W[0]: 5, W[1]: 6}
    log = capfd.readouterr().err
    assert f"{tmp_path}: left out, since they are not images: 2 .heic, 2 .txt, 1 links b" in log
    assert _counted(tmp_path) == {W[0]: 5, W[1]: 6}


def test_class_folders_that_are_links(listed: Any, tmp_path: Path) -> None:
    put(tmp_path / "disk2", f"{W[0]}/a.jpg")
    (tmp_path / "im").mkdir()
    os.symlink(tmp_path / "disk2" / W[0], tmp_path / "im" / W[0])
    assert list(listed({"kind": "folder", "path": str(tmp_path / "im")}, W[:1])["id"]) == [
        f"{W[0]}/a.jpg"
    ]
    assert _counted(tmp_path / "im") == {W[0]: 1}


def test_images_beside_the_class_folders_are_told_of(
    listed: Any, tmp_path: Path, capsys: Any
) -> None:
    root = put(tmp_path, "a/1.jpg", "2.jpg", "3.jpg", "._4.jpg", "list.txt")
    assert list(listed({"kind": "folder", "path": root}, ["a"])["id"]) == ["a/1.jpg"]
    assert "2 beside the class folders" in capsys.readouterr().err


def test_names_are_compared_in_one_form_and_opened_by_their_own(
    listed: Any, tmp_path: Path
) -> None:
    composed = "Übung café"
    apart = unicodedata.normalize("NFD", composed)
    assert apart != composed
    root = put(tmp_path, f"{apart}/{apart}.jpg", "plain/1.jpg")
    for wanted in (composed, apart):
        frame = listed({"kind": "folder", "path": root}, [wanted, "plain"])
        assert list(frame["wnid"]) == ["plain", composed]
        assert list(frame["id"]) == ["plain/1.jpg", f"{composed}/{composed}.jpg"]
        assert all(Path(path).read_bytes() == b"x" for path in frame["path"])
    put(tmp_path, f"{composed}/2.jpg")
    with pytest.raises(InputError, match=r"the same name as .* in another Unicode form"):
        listed({"kind": "folder", "path": root}, [composed])


def test_names_that_are_not_utf8_are_named(listed: Any, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with open(os.fsencode(tmp_path / "a") + b"/caf\xe9.jpg", "wb"):
        pass
    with pytest.raises(InputError, match=r"caf\\xe9\.jpg'.*not UTF-8"):
        listed({"kind": "folder", "path": str(tmp_path)}, ["a"])


@pytest.mark.parametrize("name", ["a b.jpg", "a#b%20.jpg", "a\nb.jpg", "{1}[2]*.jpg", "a\"'$x.jpg"])
def test_names_with_odd_signs(listed: Any, tmp_path: Path, name: str) -> None:
    frame = listed({"kind": "folder", "path": put(tmp_path / "x [1]", f"a/{name}")}, ["a"])
    assert list(frame["id"]) == [f"a/{name}"]
    assert Path(frame["path"][0]).read_bytes() == b"x"


def test_a_data_set_in_two_folders(listed: Any, tmp_path: Path) -> None:
    """The schema promises a list; the same file name may be in both."""
    one = put(tmp_path / "disk1" / "train", "a/1.jpg", "b/1.jpg")
    two = put(tmp_path / "disk2" / "train", "b/1.jpg", "c/1.jpg")
    frame = listed({"kind": "folder", "path": [one, two]}, ["a", "b", "c"])
    assert list(frame["id"]) == [
        "disk1/train/a/1.jpg",
        "disk1/train/b/1.jpg",
        "disk2/train/b/1.jpg",
        "disk2/train/c/1.jpg",
    ]
    assert list(listed({"kind": "folder", "path": [two, one]}, ["a", "b", "c"])["id"]) == list(
        frame["id"]
    )
    with pytest.raises(InputError, match=r"1 class folder missing: d; there are a, b, b, c"):
        listed({"kind": "folder", "path": [one, two]}, ["a", "d"])
    os.symlink(one, tmp_path / "link")
    for again in (one, f"{one}/../train", str(tmp_path / "link")):
        with pytest.raises(InputError, match=r"given twice: .*disk1/train"):
            listed({"kind": "folder", "path": [one, again]}, ["a"])
    pattern = str(tmp_path / "disk*" / "train")
    assert list(listed({"kind": "folder", "path": pattern}, ["a", "b"])["wnid"]) == ["a", "b", "b"]


def test_train_in_class_folders_and_a_flat_val(listed: Any, tmp_path: Path) -> None:
    """ImageNet as most people store it."""
    train = put(tmp_path / "train", *(f"{w}/{w}_{k}.JPEG" for w in W for k in range(2)))
    val = put(tmp_path / "val", "ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000002.JPEG")
    (tmp_path / "LOC_val_solution.csv").write_text(
        "ImageId,PredictionString\n"
        f"ILSVRC2012_val_00000002,{W[0]} 1 2 3 4\nILSVRC2012_val_00000001,{W[1]} 1 2 3 4\n"
    )
    source = {
        "kind": "folder",
        "train_path": train,
        "test_path": val,
        "test_layout": "flat",
        "mapping": str(tmp_path / "LOC_val_solution.csv"),
    }
    frame = listed(source, W)
    assert frame["split"].value_counts().to_dict() == {"train": 4, "test": 2}
    assert list(frame["wnid"])[:2] == [W[1], W[0]]
    put(tmp_path / "v2", "0/a.jpg", "1/b.jpg")
    index = {"test_path": str(tmp_path / "v2"), "test_layout": "index"}
    (tmp_path / "synsets.txt").write_text(f"{W[0]} tench, Tinca tinca\n{W[1]} goldfish\n")
    frame = listed(source | index | {"mapping": str(tmp_path / "synsets.txt")}, W)
    assert list(frame["wnid"])[:2] == W


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([f"{W[0]}/train/1.jpg", f"{W[0]}/val/2.jpg"], r"folders of several splits .*train, val"),
        (["train/n01440764/1.jpg", "val/n01440764/1.jpg"], "n01440764; there are train, val"),
    ],
)
def test_splits_in_one_folder_are_not_mixed(
    listed: Any, tmp_path: Path, names: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        listed({"kind": "folder", "path": put(tmp_path, *names)}, W[:1])


def test_a_class_may_be_called_train(listed: Any, tmp_path: Path) -> None:
    root = put(tmp_path, "train/1.jpg", "test/1.jpg", "train/valley/2.jpg")
    assert len(listed({"kind": "folder", "path": root}, ["train", "test"])) == 3


def write_pack(path: Path, image: Any = None, label: Any = None) -> str:
    path.parent.mkdir(exist_ok=True)
    columns = {"image": image or pa.array([b"x", b"y"]), "label": label or pa.array([0, 1])}
    pq.write_table(pa.table(columns), path)
    return str(path)


def test_packs_of_several_splits_in_one_folder(listed: Any, tmp_path: Path) -> None:
    for name in ("train-00000-of-00001", "validation-00000-of-00001", "test-00000-of-00001"):
        write_pack(tmp_path / "data" / f"{name}.parquet")
    put(tmp_path / "data", "._train-00000-of-00001.parquet", "dataset_infos.json")
    source = {"kind": "parquet", "class_column": "label"}
    with pytest.raises(InputError, match=r"several splits \(test-.*, train-.*, validation-.*\)"):
        listed(source | {"path": str(tmp_path / "data")}, None)
    parts = {f"{s}_path": f"{tmp_path}/data/{n}-*" for s, n in (("train", "tr*"), ("test", "v*"))}
    frame = listed(source | parts, None)
    assert frame["split"].value_counts().to_dict() == {"train": 2, "test": 2}
    assert len(listed(source | {"path": f"{tmp_path}/data/*.parquet"}, None)) == 6
    assert len(listed(source | {"path": f"{tmp_path}/data/train-*"}, None)) == 2


def test_patterns_are_inputs_and_are_missed_when_nothing_matches(fill: Any, tmp_path: Path) -> None:
    one = write_pack(tmp_path / "train-0.parquet")
    source = {"kind": "parquet", "class_column": "label"}

    def found(path: str) -> Dataset:
        section = {"source": source | {"path": path}, "classes": {"part": "source"}}
        made: Dataset = fill({"x": section | {"test_images": 1}}).datasets["x"]
        return made

    assert found(f"{tmp_path}/train-*").source_files == [one]
    assert found(f"{tmp_path}/train-*").missing == []
    lines = found(f"{tmp_path}/val-*").missing
    assert lines == [f"images.x.source.path: {tmp_path}/val-* does not exist"]
    # A folder of packs may be named like a pack; folders are not tracked.
    (tmp_path / "many.parquet").mkdir()
    assert found(str(tmp_path / "many.parquet")).source_files == []


def test_a_folder_before_a_pattern_stands_for_itself(listed: Any, tmp_path: Path) -> None:
    for folder in ("data [2]", "data 2"):
        (tmp_path / folder).mkdir()
    write_pack(tmp_path / "data [2]" / "train-0.parquet")
    source = {"kind": "parquet", "path": f"{tmp_path}/data [2]/train-*", "class_column": "label"}
    assert set(listed(source, None)["path"]) == {f"{tmp_path}/data [2]/train-0.parquet"}


def test_shards_in_a_range_of_numbers(fill: Any, tmp_path: Path) -> None:
    """As WebDataset writes it; each is an input, and a missing one is reported."""
    names = [f"{tmp_path}/s-{number:02}.tar" for number in (8, 9, 10)]
    source = {"kind": "tar", "layout": "samples", "path": f"{tmp_path}/s-{{08..10}}.tar"}
    section = {"source": source, "classes": {"part": "source"}, "test_images": 1}
    found = fill({"x": section}).datasets["x"]
    assert found.source_files == names
    put(tmp_path, "s-08.tar", "s-10.tar")
    assert found.missing == [f"images.x.source.path: {names[1]} does not exist"]
    assert expand(["{9..10}/{1..2}*"]) == ["9/1*", "9/2*", "10/1*", "10/2*"]
    # A folder of this very name, and a range of nothing.
    put(tmp_path / "{1..2}", "a.tar")
    odd = [f"{tmp_path}/{{1..2}}/a.tar", f"{tmp_path}/{{2..1}}.tar"]
    assert expand(odd) == odd


def test_packs_may_be_links_but_none_may_be_lost(listed: Any, tmp_path: Path) -> None:
    """Hugging Face's cache holds links to blobs."""
    write_pack(tmp_path / "blobs" / "0af3")
    (tmp_path / "snapshot").mkdir()
    os.symlink("../blobs/0af3", tmp_path / "snapshot" / "train-0.parquet")
    source = {"kind": "parquet", "path": str(tmp_path / "snapshot"), "class_column": "label"}
    assert len(listed(source, None)) == 2
    os.symlink("../blobs/1bf4", tmp_path / "snapshot" / "train-1.parquet")
    with pytest.raises(InputError, match=r"snapshot: links that lead nowhere: train-1\.parquet"):
        listed(source, None)


def test_the_present_folder_has_a_name_too(listed: Any, tmp_path: Path, monkeypatch: Any) -> None:
    put(tmp_path / "one", "a/1.jpg")
    put(tmp_path / "two", "a/1.jpg")
    monkeypatch.chdir(tmp_path / "one")
    frame = listed({"kind": "folder", "path": [".", "../two"]}, ["a"])
    assert list(frame["id"]) == ["one/a/1.jpg", "two/a/1.jpg"]
    assert list(listed({"kind": "folder", "path": "."}, ["a"])["id"]) == ["a/1.jpg"]


def test_packs_of_one_name_in_two_folders(listed: Any, tmp_path: Path) -> None:
    packs = [write_pack(tmp_path / part / "0000.parquet") for part in "ab"]
    frame = listed({"kind": "parquet", "path": packs, "class_column": "label"}, ["0"])
    assert list(frame["id"]) == ["a/0000.parquet:0", "b/0000.parquet:0"]


@pytest.mark.parametrize(
    "content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"<html>"]
)
@pytest.mark.parametrize("kind", ["parquet", "tar"])
def test_what_stands_in_the_place_of_a_pack_is_named(
    listed: Any, tmp_path: Path, kind: str, content: bytes
) -> None:
    path = tmp_path / f"p.{kind}"
    path.write_bytes(content)
    source = {"kind": kind, "path": str(path)} | ({"layout": "samples"} if kind == "tar" else {})
    with pytest.raises(InputError, match=rf"p\.{kind} is (an empty|a Git LFS|a web)"):
        listed(source, None)


def write_tar(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"0"))
    return path


def test_shards_and_class_tars_of_two_folders(listed: Any, tmp_path: Path) -> None:
    shards = [str(write_tar(tmp_path / part / "00000.tar", "1.jpg", "1.cls")) for part in "ab"]
    frame = listed({"kind": "tar", "layout": "samples", "path": shards}, None)
    assert list(frame["id"]) == ["a/00000.tar/1", "b/00000.tar/1"]
    folders = []
    for part, names in (("old", ("a", "b")), ("new", ("b", "c"))):
        folders.append(str(tmp_path / part))
        for name in names:
            write_tar(tmp_path / part / f"{name}.tar", f"{name}_1.JPEG", f"._{name}_1.JPEG")
    frame = listed({"kind": "tar", "path": folders}, ["a", "b"])
    assert list(frame["id"]) == ["new/b.tar/b_1.JPEG", "old/a.tar/a_1.JPEG", "old/b.tar/b_1.JPEG"]
    # An id does not depend on which classes are wanted.
    assert list(listed({"kind": "tar", "path": folders}, ["a"])["id"]) == ["old/a.tar/a_1.JPEG"]


def test_shards_of_several_splits_in_one_folder(listed: Any, tmp_path: Path) -> None:
    for name in ("imagenet-train-000000", "imagenet-val-000000"):
        write_tar(tmp_path / f"{name}.tar", "1.jpg", "1.cls")
    source = {"kind": "tar", "layout": "samples", "path": str(tmp_path)}
    with pytest.raises(
        InputError, match=r"several splits .*imagenet-train-000000\.tar, imagenet-v"
    ):
        listed(source, None)
