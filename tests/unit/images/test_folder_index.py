"""A folder of classes that is listed once: what is counted, and what its index knows."""

import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError
from cogworks.images import class_rows
from cogworks.images.folder_index import FolderIndex, index_folder
from cogworks.images.sources.class_images import list_class

Counted = Callable[..., dict[str, int]]


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """Index a folder; returns its counts."""

    def count(folder: Path, threads: int = 1) -> dict[str, int]:
        index, counts = tmp_path / "out" / "index.parquet", tmp_path / "out" / "counts.csv"
        return index_folder(str(folder), index=index, counts=counts, threads=threads)

    return count


@pytest.fixture
def imagenet(tmp_path: Path) -> Path:
    """Two class folders, one class archive, and things that are not classes."""
    root = tmp_path / "imagenet"
    for wnid, names in {
        "n00000001": ["a.JPEG", "b.jpg", "c.png", "notes.txt"],
        "n00000002": [],
        "train": ["a.JPEG"],
    }.items():
        (root / wnid).mkdir(parents=True)
        for name in names:
            (root / wnid / name).write_bytes(b"x")
    with tarfile.open(root / "n00000003.tar", "w") as archive:
        for name in ("a.JPEG", "b.JPEG", "readme"):
            archive.add(root / "n00000001" / "a.JPEG", arcname=name)
    (root / "n00000009").write_text("a file, not a class")
    return root


def test_folders_and_archives_are_counted_alike(
    imagenet: Path, tmp_path: Path, counted: Counted
) -> None:
    counts = {"n00000001": 3, "n00000002": 0, "n00000003": 2}
    assert counted(imagenet) == counts
    assert counted(imagenet, threads=3) == counts
    table = (tmp_path / "out" / "counts.csv").read_text()
    assert table == "wnid,images\nn00000001,3\nn00000002,0\nn00000003,2\n"


def test_archives_in_capitals_count_and_what_looks_like_a_class_is_told(
    imagenet: Path, counted: Counted, capfd: Any
) -> None:
    os.rename(imagenet / "n00000003.tar", imagenet / "n00000003.TAR")
    (imagenet / "n00000004.tar.gz").write_bytes(b"x")
    os.symlink("nowhere", imagenet / "n00000005")
    counts = {"n00000001": 3, "n00000002": 0, "n00000003": 2}
    assert counted(imagenet) == counts
    log = capfd.readouterr().err
    assert "not counted, since they are neither folders named by wnid nor" in log
    assert "(.tar): 3, first n00000004.tar.gz" in log


def test_errors_name_the_place(imagenet: Path, tmp_path: Path, counted: Counted) -> None:
    with pytest.raises(InputError, match=r"no folder .*nowhere"):
        counted(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no classes, but a\.JPEG"):
        counted(imagenet / "train")
    archive = imagenet / "n00000003.tar"
    archive.write_bytes(archive.read_bytes()[:700])
    with pytest.raises(InputError, match=r"n00000003\.tar: not a readable"):
        counted(imagenet, threads=2)
    (imagenet / "n00000003").mkdir()
    with pytest.raises(InputError, match=r"n00000003 both as a folder and as n00000003\.tar"):
        counted(imagenet)


def test_what_is_no_image_does_not_count(tmp_path: Path, counted: Counted, capfd: Any) -> None:
    root = tmp_path / "n00000001"
    (root / "images" / "more").mkdir(parents=True)
    for name in ("images/a.JPEG", "images/more/b.jpg", "c.PNG", "d.jfif", "e.webp", "f.avif"):
        (root / name).write_bytes(b"x")
    for name in ("._a.JPEG", ".hidden.jpg", "notes.txt", "g.heic", "h.HEIC", "README"):
        (root / name).write_bytes(b"x")
    for name in (".git", "__MACOSX", "folder.jpg"):
        (root / name).mkdir()
    (root / ".git" / "i.jpg").write_bytes(b"x")
    (root / "folder.jpg" / "j.jpg").write_bytes(b"x")
    os.symlink("nowhere.jpg", root / "lost.jpg")
    os.symlink("self.jpg", root / "self.jpg")
    os.symlink("..", root / "images" / "round")
    os.symlink("images/a.JPEG", root / "again.jpg")
    os.mkfifo(root / "pipe.jpg")
    assert counted(tmp_path) == {"n00000001": 8}
    assert capfd.readouterr().err.splitlines()[-1] == (
        f"warning: {tmp_path}: left out, since they are not images: 2 .heic, 1 .txt, "
        "1 links back to a folder above, 2 links that lead nowhere, "
        "1 pipes, sockets or devices, 1 without a suffix"
    )


@pytest.mark.parametrize("group", [1, 4, 10**6])
def test_an_index_has_what_each_class_has(
    imagenet: Path, tmp_path: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    """However its rows are grouped, and in whatever order it is asked."""
    monkeypatch.setattr(class_rows, "GROUP", group)
    counted(imagenet)
    index = FolderIndex(tmp_path / "out" / "index.parquet")
    for entry in ("n00000003.tar", "n00000001", "n00000002", "n00000001"):
        assert entry in index
        assert index.images(entry) == list_class(imagenet / entry)[0]
    assert index.images("n00000003.tar").names == ["a.JPEG", "b.JPEG"]
    assert "n00000009" not in index
