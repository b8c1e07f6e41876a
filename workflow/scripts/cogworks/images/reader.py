"""Encoded images of a manifest by position, wherever they lie: files, packs, tar files, CIFAR's."""

import bisect
import os
import shlex
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.core.files import read_groups
from cogworks.core.parquet_footer import check_seal
from cogworks.images.decode import CorruptImageError, decode_pil
from cogworks.images.manifest import Manifest

CACHE_BYTES = 256 * 2**20
# A process may have 1,024 files open, and ImageNet is a thousand tar files and more.
OPEN_TARS = 64


class _OpenTar:
    """A file descriptor that is closed when the last who uses it lets go of it."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


class Place(NamedTuple):
    """Where an encoded image lies: the columns of a manifest."""

    path: str
    container: str
    locator: int
    size: int

    @property
    def name(self) -> str:
        """Return the place in words, for messages."""
        unit = {"parquet": "row", "tar": "byte", "cifar": "byte"}.get(self.container)
        return f"{self.path}, {unit} {self.locator}" if unit else self.path


class PlaceReader:
    """Reads encoded bytes, given their places.

    It may be pickled, or inherited by a forked worker: files are opened when they are first
    needed, once per process. Parquet can only be read by row group, so the groups read last are
    kept, up to `cache_bytes` a process (one group at least): reading in manifest order, or at
    random from packs that fit, touches each group once. For random access to larger packs, write
    them with small row groups.
    """

    def __init__(self, column: str, *, cache_bytes: int = CACHE_BYTES) -> None:
        """Take the column of packs that has the images; nothing is opened yet."""
        self._column = column
        self._cache_bytes = cache_bytes
        self._start()

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key not in _PER_PROCESS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._start()

    def read(self, place: Place) -> bytes:
        """Return the encoded bytes at a place.

        Raises:
            CorruptImageError: the place in a pack is empty.
            InputError: the file is missing, unreadable or shorter than the place says.
        """
        if os.getpid() != self._pid:
            self._start()
        path, container, locator, size = place
        try:
            if container == "parquet":
                with self._lock:
                    return self._read_row(path, locator)
            if container in ("tar", "cifar"):
                data = self._read_span(path, locator, size)
                return _as_pixmap(data) if container == "cifar" else data
            # It is read as a whole: a buffer would cost half of the time.
            with open(path, "rb", buffering=0) as handle:
                return handle.read()
        except FileNotFoundError as error:
            raise InputError(
                f"{path}: the file has gone since the manifest was made; put it back, or, if the "
                f"workflow made it, make it again: snakemake --cores all {shlex.quote(path)}"
            ) from error
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{place.name}: the image cannot be read ({error})") from error

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._packs: dict[str, tuple[pq.ParquetFile, list[int]]] = {}
        self._groups: OrderedDict[tuple[str, int], pa.ChunkedArray] = OrderedDict()
        self._tars: OrderedDict[str, _OpenTar] = OrderedDict()

    def _read_row(self, path: str, row: int) -> bytes:
        if path not in self._packs:
            check_seal(path)
            pack = pq.ParquetFile(path, page_checksum_verification=True)
            counts = (pack.metadata.row_group(g).num_rows for g in range(pack.num_row_groups))
            self._packs[path] = pack, list(accumulate(counts, initial=0))
        starts = self._packs[path][1]
        if row >= starts[-1]:
            raise OSError(f"the pack has {starts[-1]} rows; has it changed since?")
        group = bisect.bisect_right(starts, row) - 1
        value = self._group(path, group)[row - starts[group]].as_py()
        if value is None:
            # No fault of the pack: one image is missing, as a damaged one is.
            raise CorruptImageError(
                f"{path}, row {row}: the image is missing (column {self._column} is empty there)"
            )
        return bytes(value)

    def _group(self, path: str, group: int) -> pa.ChunkedArray:
        key = path, group
        if key in self._groups:
            self._groups.move_to_end(key)
            return self._groups[key]
        root, *fields = self._column.split(".")
        table = read_groups(path, self._packs[path][0], [group], [self._column])
        if root not in table.column_names:
            raise OSError(f"the pack has no column {self._column}")
        column = table.column(root)
        self._groups[key] = pc.struct_field(column, fields) if fields else column
        while len(self._groups) > 1 and self._cached() > self._cache_bytes:
            self._groups.popitem(last=False)
        return self._groups[key]

    def _cached(self) -> int:
        return sum(column.nbytes for column in self._groups.values())

    def _read_span(self, path: str, offset: int, size: int) -> bytes:
        tar = self._open_tar(path)
        # pread keeps no position, so that threads and forked processes cannot disturb each other.
        data = os.pread(tar.descriptor, size, offset)
        if len(data) != size:
            raise OSError(f"the file ends after {len(data)} of {size} bytes")
        return data

    def _open_tar(self, path: str) -> _OpenTar:
        with self._lock:
            if path not in self._tars:
                self._tars[path] = _OpenTar(path)
            self._tars.move_to_end(path)
            if len(self._tars) > OPEN_TARS:
                self._tars.popitem(last=False)
            return self._tars[path]


class ImageReader(PlaceReader):
    """Reads the encoded bytes of image `i` of a manifest; see `PlaceReader`."""

    def __init__(self, manifest: Manifest, *, cache_bytes: int = CACHE_BYTES) -> None:
        """Take the places of the manifest's images; nothing is opened yet."""
        super().__init__(manifest.image_column, cache_bytes=cache_bytes)
        # Arrow arrays, not lists: forked workers share them, since no reference counts change.
        self._paths = manifest.rows.column("path")
        self._containers = manifest.rows.column("container")
        self._locators = manifest.rows.column("locator").to_numpy()
        self._sizes = manifest.rows.column("size").to_numpy()

    def __len__(self) -> int:
        return len(self._locators)

    def places(self, rows: range) -> list[Place]:
        """Return the places of images that follow each other."""
        texts = (
            c.slice(rows.start, len(rows)).to_pylist() for c in (self._paths, self._containers)
        )
        numbers = (c[rows.start : rows.stop].tolist() for c in (self._locators, self._sizes))
        return list(map(Place, *texts, *numbers))

    def name(self, index: int) -> str:
        """Return the place of image `index` in words, for messages."""
        return self._place(index).name

    def read_bytes(self, index: int) -> bytes:
        """Return the encoded bytes of image `index`; for errors see `read`."""
        return self.read(self._place(index))

    def _place(self, index: int) -> Place:
        texts = self._paths[index].as_py(), self._containers[index].as_py()
        return Place(*texts, int(self._locators[index]), int(self._sizes[index]))


def _as_pixmap(data: bytes) -> bytes:
    """Return 32 x 32 pixels, one colour after the other, as a file: a portable pixmap."""
    pixels = np.frombuffer(data, np.uint8).reshape(3, 32, 32).transpose(1, 2, 0)
    return b"P6 32 32 255\n" + pixels.tobytes()


def decode_images(
    reader: ImageReader, indices: Iterable[int], on_corrupt: str
) -> Iterator[tuple[int, Image.Image]]:
    """Yield some images with their positions; damaged ones are left out, where they may be.

    Args:
        reader: reads them.
        indices: their positions.
        on_corrupt: `error`, or `drop` to pass over damaged images; the log names them.

    Raises:
        CorruptImageError: a damaged image that may not be left out.
    """
    for index in indices:
        try:
            image = decode_pil(reader.read_bytes(index), name=reader.name(index))
        except CorruptImageError as error:
            if on_corrupt == "error":
                raise
            print(f"{error}; left out", file=sys.stderr)
            continue
        yield index, image


_PER_PROCESS = frozenset({"_pid", "_lock", "_packs", "_groups", "_tars"})
