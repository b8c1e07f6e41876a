"""Features under construction: a folder of finished chunks that survives a kill.

    features.npy       all rows of the range, written in place chunk by chunk
    key.json           what the chunks were made from; chunks of something else are thrown away
    chunk-000012.json  a finished chunk: SHA-256 of its bytes, rows without an image
    lock               held while a process writes here

A chunk counts once its mark is there, and its mark is written once its bytes are on the disk. On
resuming, the bytes are compared with the mark, since a file of the right length proves nothing.
"""

import fcntl
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cogworks.core.errors import InputError
from cogworks.core.files import atomic, read_json, write_json

DATA = "features.npy"
COPY_BYTES = 2**26


class PartialFeatures:
    """The work folder of one feature file; a context manager that holds the folder's lock.

    Args:
        folder: created where it is missing.
        key: everything that the features depend on. Chunks made under another key are discarded.
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
        rows: int,
        chunk_rows: int,
        dim: int,
        dtype: str,
    ) -> None:
        self._folder = folder
        self._key = key | {"rows": rows, "chunk_rows": chunk_rows, "dim": dim, "dtype": dtype}
        self.rows = rows
        self._chunk_rows = chunk_rows
        self._dim = dim
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self._row_bytes = dim * self._dtype.itemsize
        self._lock: BinaryIO | None = None

    def __enter__(self) -> "PartialFeatures":
        """Lock the folder and discard what was made from something else.

        Raises:
            InputError: another process is writing here, or the disk has no room.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(self._folder / "lock")
        key_file = self._folder / "key.json"
        same = key_file.is_file() and read_json(key_file) == json.loads(json.dumps(self._key))
        if not same or not self._data.is_file():
            self._start(key_file)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._lock is not None
        self._lock.close()

    @property
    def chunks(self) -> int:
        """Number of chunks of the range."""
        return -(-self.rows // self._chunk_rows)

    def span(self, chunk: int) -> tuple[int, int]:
        """Return first and last row (exclusive) of a chunk, from the start of the range."""
        return chunk * self._chunk_rows, min((chunk + 1) * self._chunk_rows, self.rows)

    def finished(self) -> set[int]:
        """Return the chunks whose bytes are on the disk as their marks say."""
        return {chunk for chunk in range(self.chunks) if self._is_whole(chunk)}

    def write(self, chunk: int, features: np.ndarray, dropped: list[int]) -> None:
        """Write the rows of a chunk and, once they are on the disk, its mark.

        Args:
            chunk: its number.
            features: (rows of the chunk, D).
            dropped: rows without an image, from the start of the range.
        """
        start, stop = self.span(chunk)
        assert features.shape == (stop - start, self._dim)
        data = np.ascontiguousarray(features, dtype=self._dtype).tobytes()
        with open(self._data, "r+b") as handle:
            handle.seek(self._offset(start))
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        write_json(
            {"sha256": hashlib.sha256(data).hexdigest(), "dropped": dropped}, self._mark(chunk)
        )

    def dropped(self) -> list[int]:
        """Return the rows without an image, in order; all chunks must be finished."""
        marks = [read_json(self._mark(chunk)) for chunk in range(self.chunks)]
        return sorted(row for mark in marks for row in mark["dropped"])

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
        # The header is what lies before the rows.
        return os.path.getsize(self._data) - (self.rows - row) * self._row_bytes

    def _start(self, key_file: Path) -> None:
        for path in self._folder.glob("chunk-*.json"):
            path.unlink()
        key_file.unlink(missing_ok=True)
        needed = self.rows * self._row_bytes
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise InputError(
                f"{self._folder}: the features need {needed / 1e9:.1f} GB and the disk has "
                f"{free / 1e9:.1f} GB left; free some, or set `dtype: float16`"
            )
        with open(self._data, "wb") as handle:
            write_header(handle, self.rows, self._dim, self._dtype)
            handle.truncate(handle.tell() + needed)
        write_json(self._key, key_file)

    def _is_whole(self, chunk: int) -> bool:
        if not self._mark(chunk).is_file():
            return False
        start, stop = self.span(chunk)
        with open(self._data, "rb") as handle:
            handle.seek(self._offset(start))
            data = handle.read((stop - start) * self._row_bytes)
        return bool(hashlib.sha256(data).hexdigest() == read_json(self._mark(chunk))["sha256"])


def write_header(handle: BinaryIO, rows: int, dim: int, dtype: np.dtype) -> None:
    """Write the header of a .npy file of shape (rows, dim)."""
    description = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": description, "fortran_order": False, "shape": (rows, dim)}
    np.lib.format.write_array_header_1_0(handle, header)


def _lock(path: Path) -> BinaryIO:
    """Take the lock of a folder, or say who holds it.

    An orphan of a killed workflow may still be writing; the lock goes with its process.
    """
    handle = open(path, "a+b")  # noqa: SIM115 (held until the context ends)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        holder = handle.read().decode() or "unknown"
        handle.close()
        raise InputError(
            f"{path.parent}: process {holder} is still writing here; "
            "wait for it, or end it, and run again"
        ) from error
    handle.seek(0)
    handle.truncate()
    handle.write(f"{os.getpid()} on {os.uname().nodename}".encode())
    handle.flush()
    return handle
