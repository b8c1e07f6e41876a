"""Copies of images on a disk of the machine: the same bytes, shared, gone with the last user."""

import multiprocessing
import os
import shutil
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cogworks.core.errors import InputError
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.images.reader import ImageReader
from cogworks.images.scratch import local_reader

BLOBS = [bytes([number]) * (50 + number) for number in range(10)]


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """Images in files of unknown size, in a pack with an empty row, and in a part of a file."""
    rows: list[tuple[str, str, int, int]] = []
    for number, blob in enumerate(BLOBS[:4]):
        (tmp_path / f"{number}.bin").write_bytes(blob)
        rows.append((str(tmp_path / f"{number}.bin"), "file", 0, -1))
    pq.write_table(pa.table({"image": [*BLOBS[4:7], None]}), tmp_path / "pack.parquet")
    rows += [(str(tmp_path / "pack.parquet"), "parquet", row, -1) for row in range(4)]
    (tmp_path / "tar").write_bytes(b"".join(BLOBS[7:9]))
    rows += [(str(tmp_path / "tar"), "tar", 0, 57), (str(tmp_path / "tar"), "tar", 57, 58)]
    frame = pd.DataFrame(rows, columns=["path", "container", "locator", "size"])
    frame = frame.assign(id=[f"{n}" for n in range(10)], wnid="a")
    return write_manifest(frame, tmp_path / "m.parquet", dataset="d", split="train", classes=["a"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def content(reader: ImageReader) -> list[Any]:
    """Return the bytes of all images; of one that is missing, the error."""
    found: list[Any] = []
    for index in range(len(reader)):
        try:
            found.append(reader.read_bytes(index))
        except CorruptImageError as error:
            found.append(str(error).split(":")[0])
    return found


def test_a_copy_gives_the_same_bytes_and_names_the_images(
    manifest: Manifest, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_DISK", str(folder))
    there = ImageReader(manifest)
    expected = content(there)
    assert expected[7].endswith("pack.parquet, row 3")
    with local_reader(manifest, "") as reader:
        assert type(reader) is ImageReader
    with local_reader(manifest, "$NODE_DISK") as reader:
        for path in tmp_path.iterdir():
            if path.is_file():
                path.unlink()  # All is read from the copy.
        assert content(reader) == expected
        assert [reader.name(index) for index in range(10)] == list(map(there.name, range(10)))
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(reader.read_bytes, [9, 0, 5]) == [expected[i] for i in (9, 0, 5)]
    assert [path.suffix for path in folder.iterdir()] == [".lock"]


def test_the_last_of_those_who_share_a_copy_removes_it(manifest: Manifest, folder: Path) -> None:
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(local_reader(manifest, str(folder)))
        (copy,) = folder.glob("*.images")
        made = copy.stat()
        reader = second.enter_context(local_reader(manifest, str(folder)))
        assert os.path.samestat(copy.stat(), made)
        first.close()
        assert content(reader)[0] == BLOBS[0]
        second.close()
        assert not copy.exists()


def _hold(manifest: Manifest, folder: Path) -> None:
    with local_reader(manifest, str(folder)):
        time.sleep(60)


def test_what_a_killed_job_leaves_is_used_by_the_next(manifest: Manifest, folder: Path) -> None:
    killed = multiprocessing.get_context("fork").Process(target=_hold, args=(manifest, folder))
    killed.start()
    while not list(folder.glob("cogworks-*.images")):
        time.sleep(0.01)
    assert killed.pid is not None
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()
    (copy,) = folder.glob("*.images")
    made = copy.stat()
    with local_reader(manifest, str(folder)):
        assert os.path.samestat(copy.stat(), made)
    assert not copy.exists()


def test_a_folder_that_will_not_do_is_an_error(
    manifest: Manifest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(scratch: str) -> str:
        with pytest.raises(InputError) as error, local_reader(manifest, scratch):
            pass
        assert not list(folder.glob("*.images"))
        return str(error.value)

    assert "compute.scratch: $NO_SUCH_PLACE/x: " in refused("$NO_SUCH_PLACE/x")
    assert "has no such variable" in refused("$NO_SUCH_PLACE/x")
    assert f"{folder}/none is not a folder on " in refused(f"{folder}/none")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    assert " GB, 1e-06 are free); make room, name another folder" in refused(str(folder))
    monkeypatch.undo()
    # As on a disk that others fill meanwhile.
    monkeypatch.setattr("cogworks.core.files.os.fsync", _no_space)
    assert ".images: cannot be written (No space left on device); make room" in refused(str(folder))


def _no_space(*_: Any) -> None:
    raise OSError(28, os.strerror(28))
