"""Features under construction: a folder of finished chunks that survives a kill.

    features.npy       all rows of the range, written in place chunk by chunk
    key.json           what the chunks were made from; chunks of something else are thrown away
    chunk-000012.json  a finished chunk: SHA-256 of its bytes, digest of its images, and the rows
                       whose image cannot be decoded, with the reasons
    lock               held while a process writes here

A chunk counts once its mark is there, and its mark is written once its bytes are on the disk. On
resuming, the bytes are compared with the mark, since a file of the right length proves nothing.
A chunk depends on its own images only: it outlives changes of others, and whether damaged ones are
an error or left out.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cogworks.core import lock
from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.core.records import find_record, read_record, write_record

DATA = "features.npy"
COPY_BYTES = 2**26


class PartialFeatures:
    """The work folder of one feature file; a context manager that holds the folder's lock.

    Args:
        folder: created where it is missing.
        key: everything that the features depend on, except the images. Chunks made under another
            key are discarded.
        images: digest of the images of a span of rows (first, last exclusive).
        rows: rows of the range.
        chunk_rows: rows of a chunk; the last one may be shorter.
        dim: D.
        dtype: `float32` or `float16`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: dict[str, Any],
        images: Callable[[int, int], str],
        rows: int,
        chunk_rows: int,
        dim: int,
        dtype: str,
    ) -> None:
        self._folder = folder
        self._key = key | {"chunk_rows": chunk_rows, "dim": dim, "dtype": dtype}
        self._images = images
        self.rows = rows
        self.chunk_rows = chunk_rows
        self._dim = dim
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._row_bytes = dim * self._dtype.itemsize
        self._held = contextlib.ExitStack()

    def __enter__(self) -> "PartialFeatures":
        """Lock the folder and discard what was made from something else.

        Raises:
            InputError: another process is writing here, or the disk has no room.
        """
        self._held.enter_context(lock.hold(self._folder / "lock", what="these features"))
        key_file = self._folder / "key.json"
        same = find_record(key_file) == json.loads(json.dumps(self._key))
        if not same or not self._data.is_file():
            self._discard(key_file)
        self._allocate()
        write_record(self._key, key_file)
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @property
    def chunks(self) -> int:
        """Number of chunks of the range."""
        return -(-self.rows // self.chunk_rows)

    def span(self, chunk: int) -> tuple[int, int]:
        """Return first and last row (exclusive) of a chunk, from the start of the range."""
        return chunk * self.chunk_rows, min((chunk + 1) * self.chunk_rows, self.rows)

    def finished(self) -> set[int]:
        """Return the chunks whose images and whose bytes on the disk are as their marks say."""
        return {chunk for chunk in range(self.chunks) if self._is_whole(chunk)}

    def write(self, chunk: int, features: np.ndarray, corrupt: dict[int, str]) -> None:
        """Write the rows of a chunk and, once they are on the disk, its mark.

        Args:
            chunk: its number.
            features: (rows of the chunk, D).
            corrupt: rows without an image, from the start of the range, and the reasons.
        """
        start, stop = self.span(chunk)
        assert features.shape == (stop - start, self._dim)
        data = np.ascontiguousarray(features, dtype=self._dtype).tobytes()
        with open(self._data, "r+b") as handle:
            handle.seek(self._offset(start))
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        mark = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "images": self._images(start, stop),
            "corrupt": {str(row): reason for row, reason in corrupt.items()},
        }
        write_record(mark, self._mark(chunk))

    def corrupt(self, chunks: Iterable[int]) -> dict[int, str]:
        """Return the rows of finished chunks that have no image, in order, and the reasons."""
        marks = [read_record(self._mark(chunk))["corrupt"] for chunk in chunks]
        found = {int(row): reason for mark in marks for row, reason in mark.items()}
        return dict(sorted(found.items()))

    def dropped(self) -> list[int]:
        """Return the rows without an image, in order; all chunks must be finished."""
        return list(self.corrupt(range(self.chunks)))

    def result(self) -> Path:
        """Return the finished array, in the folder, without the rows that have no image."""
        dropped = self.dropped()
        if not dropped:
            return self._data
        kept = np.setdiff1d(np.arange(self.rows), dropped)
        source = np.load(self._data, mmap_mode="r")
        target = self._folder / "kept.npy"
        step = max(1, COPY_BYTES // self._row_bytes)
        with atomic(target) as partial, open(partial, "wb") as handle:
            write_header(handle, len(kept), self._dim, self._dtype)
            for first in range(0, len(kept), step):
                handle.write(source[kept[first : first + step]].tobytes())
        return target

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder)

    @property
    def _data(self) -> Path:
        return self._folder / DATA

    def _mark(self, chunk: int) -> Path:
        return self._folder / f"chunk-{chunk:06d}.json"

    def _offset(self, row: int) -> int:
        # The header is what comes before the rows.
        return os.path.getsize(self._data) - (self.rows - row) * self._row_bytes

    def _discard(self, key_file: Path) -> None:
        for path in self._folder.glob("chunk-*.json"):
            path.unlink()
        key_file.unlink(missing_ok=True)
        self._data.unlink(missing_ok=True)

    def _allocate(self) -> None:
        """Give the array its header and length; what is written of it stays in its place."""
        self._data.touch()
        needed = self.rows * self._row_bytes - self._data.stat().st_blocks * 512
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise InputError(
                f"{self._folder}: the features need {needed / 1e9:.1f} GB and the disk has "
                f"{free / 1e9:.1f} GB left; free some, or set `dtype: float16`"
            )
        with open(self._data, "r+b") as handle:
            # As long for any number of rows: the format leaves room for larger ones.
            write_header(handle, self.rows, self._dim, self._dtype)
            handle.truncate(handle.tell() + self.rows * self._row_bytes)

    def _is_whole(self, chunk: int) -> bool:
        mark = find_record(self._mark(chunk))
        if mark is None:
            return False
        start, stop = self.span(chunk)
        if mark["images"] != self._images(start, stop):
            return False
        with open(self._data, "rb") as handle:
            handle.seek(self._offset(start))
            data = handle.read((stop - start) * self._row_bytes)
        return bool(hashlib.sha256(data).hexdigest() == mark["sha256"])


def write_header(handle: BinaryIO, rows: int, dim: int, dtype: np.dtype) -> None:
    """Write the header of a .npy file of shape (rows, dim)."""
    description = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": description, "fortran_order": False, "shape": (rows, dim)}
    np.lib.format.write_array_header_1_0(handle, header)
