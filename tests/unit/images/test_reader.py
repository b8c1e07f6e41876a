import io
import multiprocessing
import os
import pickle
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cogworks.core.errors import InputError
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest, write_manifest
from cogworks.images.reader import OPEN_TARS, ImageReader

BLOBS = [bytes([number]) * (50 + number) for number in range(10)]


def places(tmp_path: Path, container: str) -> pd.DataFrame:
    """The same ten blobs in one of the three containers."""
    rows: list[tuple[str, int, int]]
    if container == "file":
        paths = [tmp_path / f"{number}.bin" for number in range(10)]
        for path, blob in zip(paths, BLOBS, strict=True):
            path.write_bytes(blob)
        rows = [(str(path), 0, len(blob)) for path, blob in zip(paths, BLOBS, strict=True)]
    elif container == "parquet":
        path = tmp_path / "pack.parquet"
        pq.write_table(pa.table({"image": BLOBS, "other": range(10)}), path, row_group_size=3)
        rows = [(str(path), number, -1) for number in range(10)]
    else:
        path = tmp_path / "pack.tar"
        with tarfile.open(path, "w") as archive:
            for number, blob in enumerate(BLOBS):
                member = tarfile.TarInfo(f"{number}.bin")
                member.size = len(blob)
                archive.addfile(member, io.BytesIO(blob))
        with tarfile.open(path) as archive:
            rows = [(str(path), member.offset_data, member.size) for member in archive]
    frame = pd.DataFrame(rows, columns=["path", "locator", "size"])
    return frame.assign(id=[f"{n}" for n in range(10)], container=container, wnid="a")


def manifest(tmp_path: Path, container: str, **options: Any) -> Manifest:
    return write_manifest(
        places(tmp_path, container),
        tmp_path / "m.parquet",
        dataset="d",
        split="train",
        classes=["a"],
        **options,
    )


def _read_all(reader: ImageReader) -> list[bytes]:
    return [reader.read_bytes(index) for index in range(len(reader))]


@pytest.mark.parametrize("container", ["file", "parquet", "tar"])
def test_each_container_gives_the_same_bytes(tmp_path: Path, container: str) -> None:
    reader = ImageReader(manifest(tmp_path, container))
    assert _read_all(reader) == BLOBS
    assert [reader.read_bytes(index) for index in (9, 0, 5)] == [BLOBS[9], BLOBS[0], BLOBS[5]]


@pytest.mark.parametrize("container", ["file", "parquet", "tar"])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_an_open_reader_works_in_other_processes(
    tmp_path: Path, container: str, method: str
) -> None:
    reader = ImageReader(manifest(tmp_path, container))
    reader.read_bytes(3)
    if method == "spawn":
        assert _read_all(pickle.loads(pickle.dumps(reader))) == BLOBS
        return
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(reader.read_bytes, range(10)) == BLOBS


@pytest.mark.parametrize("container", ["parquet", "tar"])
def test_threads_can_share_a_reader(tmp_path: Path, container: str) -> None:
    reader = ImageReader(manifest(tmp_path, container), cache_bytes=1)
    order = list(range(10)) * 20
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(reader.read_bytes, order)) == [BLOBS[index] for index in order]


def test_the_cache_of_row_groups_is_bounded(tmp_path: Path) -> None:
    small = ImageReader(manifest(tmp_path, "parquet"), cache_bytes=1)
    large = ImageReader(manifest(tmp_path, "parquet"))
    assert _read_all(small) == _read_all(large) == BLOBS
    assert len(small._groups) == 1
    assert len(large._groups) == 4


def test_an_empty_place_in_a_pack_is_a_damaged_image(tmp_path: Path) -> None:
    """So that it is named with the others, and left out where they are."""
    values = [blob if number != 4 else None for number, blob in enumerate(BLOBS)]
    taken = manifest(tmp_path, "parquet")
    pq.write_table(pa.table({"image": values}), tmp_path / "pack.parquet", row_group_size=4)
    reader = ImageReader(taken)
    assert reader.read_bytes(5) == BLOBS[5]
    with pytest.raises(CorruptImageError, match=r"pack\.parquet, row 4: the image is missing"):
        reader.read_bytes(4)


def test_the_images_can_lie_in_a_struct(tmp_path: Path) -> None:
    values = [{"bytes": blob, "path": None} for blob in BLOBS]
    frame = places(tmp_path, "parquet")
    pq.write_table(pa.table({"picture": values}), tmp_path / "pack.parquet", row_group_size=4)
    taken = write_manifest(
        frame,
        tmp_path / "m.parquet",
        dataset="d",
        split="train",
        classes=["a"],
        image_column="picture.bytes",
    )
    assert _read_all(ImageReader(taken)) == BLOBS


def test_few_of_many_tar_files_are_open(tmp_path: Path) -> None:
    rows = []
    for number in range(OPEN_TARS + 30):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(b"%04d" % number)
        rows.append((f"{number}", str(path), "tar", 0, 4, "a"))
    frame = pd.DataFrame(rows, columns=["id", "path", "container", "locator", "size", "wnid"])
    made = write_manifest(frame, tmp_path / "m.parquet", dataset="s", split="train", classes=["a"])
    reader = ImageReader(made)
    before = len(os.listdir("/proc/self/fd"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(reader.read_bytes, [*range(len(made))] * 5))
    assert found == [image.zfill(4).encode() for image in made.frame["id"]] * 5
    assert len(os.listdir("/proc/self/fd")) <= before + OPEN_TARS


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    reader = ImageReader(manifest(tmp_path, "file"))
    (tmp_path / "4.bin").unlink()
    with pytest.raises(
        InputError, match=r"4\.bin: the file has gone since .*snakemake --cores all .*4\.bin"
    ):
        reader.read_bytes(4)


def test_a_shortened_tar_file_is_named_with_the_place(tmp_path: Path) -> None:
    made = manifest(tmp_path, "tar")
    path, last = tmp_path / "pack.tar", int(made.frame["locator"].iloc[9])
    path.write_bytes(path.read_bytes()[: last + 10])
    with pytest.raises(InputError, match=rf"pack\.tar, byte {last}: .*after 10 of 59 bytes"):
        ImageReader(made).read_bytes(9)


def test_a_pack_with_fewer_rows_or_another_column_is_named(tmp_path: Path) -> None:
    made = manifest(tmp_path, "parquet")
    pq.write_table(pa.table({"image": BLOBS[:5]}), tmp_path / "pack.parquet")
    with pytest.raises(InputError, match=r"pack\.parquet, row 7: .*5 rows"):
        ImageReader(made).read_bytes(7)
    pq.write_table(pa.table({"photo": BLOBS}), tmp_path / "pack.parquet")
    with pytest.raises(InputError, match="no column image"):
        ImageReader(made).read_bytes(7)
