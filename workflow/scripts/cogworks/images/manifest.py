"""The manifest: one format for every data set, whatever holds its pixels.

A manifest is a Parquet table with one row an image, sorted by (label, id):

=========  ======  ================================================================
column     type    meaning
=========  ======  ================================================================
id         string  names the image within the data set; unique; never a row number
path       string  the file that holds it, as the config spells it
container  string  what that file is: `file`, `parquet`, `tar` or `cifar`
locator    int64   where in it: 0, the row, or the offset of the first byte
size       int64   length in bytes, -1 where unknown (needed for `tar` and `cifar`)
label      int32   position of `wnid` in the sorted list of classes
wnid       string  the class: a synset, or whatever class id the source uses
=========  ======  ================================================================

The file's metadata holds the data set's name, the split, the classes, the digest, and what the
readers of the images need to know (`image_column` of packs, `on_corrupt`).
"""

import contextlib
import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cogworks.core.errors import InputError
from cogworks.core.files import (
    ParquetRows,
    open_parquet,
    parquet_writer,
    read_groups,
    read_metadata,
)

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("path", pa.string()),
        ("container", pa.string()),
        ("locator", pa.int64()),
        ("size", pa.int64()),
        ("label", pa.int32()),
        ("wnid", pa.string()),
    ]
)
DIGESTED = ["id", "path", "container", "locator", "size", "label"]
# Texts that repeat: they are read as numbers of a dictionary, one for each row group.
REPEATED = ("path", "container", "wnid")
# Rows of a row group.
GROUP = 2**17


class Rows(Protocol):
    """The rows of a manifest, in the columns of `SCHEMA`: a `pa.Table`, or `StoredRows`."""

    @property
    def num_rows(self) -> int:
        """Return their number."""

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column; texts may be numbers of a dictionary."""

    def slice(self, offset: int, length: int) -> "Rows":
        """Return some of the rows."""


@dataclass(frozen=True)
class Manifest:
    """One split of one data set.

    ImageNet-21K has 14 million images. So columns are read when they are used; only what looks at
    few images asks for the `frame`.

    Attributes:
        rows: N rows.
        classes: the sorted class ids, C of them; `label` indexes this list. A split need not hold
            images of all of them (a data set that only has a test split has an empty train split).
        dataset: name of the data set.
        split: `train`, `val` or `test`.
        digest: SHA-256 (hex) of classes and rows, see `RowsDigest`.
        path: the manifest's own file.
        on_corrupt: what its readers do with an image that cannot be decoded: `error`, or `drop`
            it and count it.
        image_column: column of the packs (container `parquet`) with the encoded images;
            `image.bytes` stands for a field of a struct.
        dropped: damaged images of the data set that were left out (and replaced where others were
            left) when it was verified.
    """

    rows: Rows
    classes: list[str]
    dataset: str
    split: str
    digest: str
    path: Path
    on_corrupt: str = "error"
    image_column: str = "image"
    dropped: int = 0

    def __len__(self) -> int:
        return self.rows.num_rows

    @cached_property
    def labels(self) -> np.ndarray:
        """Return the classes of the images, (N,) int32, ascending."""
        return self.rows.column("label").to_numpy()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return all of it as a data frame: some hundred bytes a row."""
        return self.table(SCHEMA.names).to_pandas()

    def table(self, names: Sequence[str], rows: range | None = None) -> pa.Table:
        """Return some columns as they are declared in `SCHEMA`, of all rows or of a range."""
        schema = pa.schema([SCHEMA.field(name) for name in names])
        found = pa.table({name: self.rows.column(name) for name in names})
        return (found if rows is None else found.slice(rows.start, len(rows))).cast(schema)

    def of_class(self, wnid: str) -> range:
        """Return the rows of a class, which follow each other; none of one that is not there."""
        label = bisect_left(self.classes, wnid)
        if self.classes[label : label + 1] != [wnid]:
            return range(0)
        return range(*np.searchsorted(self.labels, [label, label + 1]).tolist())

    def ids(self, rows: range) -> list[str]:
        """Return the ids of some rows that follow each other."""
        found: list[str] = self.rows.column("id").slice(rows.start, len(rows)).to_pylist()
        return found

    def find(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the row of each image, by id; those that are not there are left out."""
        found = pc.is_in(self.rows.column("id"), value_set=pa.array(ids, pa.string()))
        return {self.ids(range(row, row + 1))[0]: row for row in np.flatnonzero(found).tolist()}

    def part(self, start: int, stop: int) -> "Manifest":
        """Return some rows; all else, the digest too, is that of the whole."""
        return replace(self, rows=self.rows.slice(start, stop - start))


class StoredRows:
    """Rows of a Parquet file, of which columns are read when they are asked for."""

    def __init__(self, path: str | Path, file: pq.ParquetFile, start: int, stop: int) -> None:
        """Take the rows from `start` to `stop` (exclusive) of an open file."""
        self._path, self._file, self._start, self._stop = path, file, start, stop
        self._columns: dict[str, pa.ChunkedArray] = {}

    @property
    def num_rows(self) -> int:
        """See `Rows`."""
        return self._stop - self._start

    def slice(self, offset: int, length: int) -> "StoredRows":
        """See `Rows`; nothing is read."""
        start = min(self._start + offset, self._stop)
        return StoredRows(self._path, self._file, start, min(start + length, self._stop))

    def column(self, name: str) -> pa.ChunkedArray:
        """See `Rows`; row groups without a row of these are not read.

        Raises:
            InputError: the file is damaged.
        """
        if name not in self._columns:
            sizes = map(self._file.metadata.row_group, range(self._file.num_row_groups))
            spans = list(pairwise(accumulate((size.num_rows for size in sizes), initial=0)))
            groups = [g for g, (a, b) in enumerate(spans) if a < self._stop and self._start < b]
            found = read_groups(self._path, self._file, groups, [name]).column(name)
            skipped = self._start - spans[groups[0]][0] if groups else 0
            self._columns[name] = found.slice(skipped, self.num_rows)
        return self._columns[name]


def as_rows(frame: pd.DataFrame) -> pa.Table:
    """Return a data frame as rows of a manifest; columns may be missing."""
    return pa.Table.from_pandas(frame, preserve_index=False)


def write_manifest(
    frame: pd.DataFrame,
    path: str | Path,
    *,
    dataset: str,
    split: str,
    classes: Sequence[str],
    on_corrupt: str = "error",
    image_column: str = "image",
    dropped: int = 0,
) -> Manifest:
    """Check `frame`, sort it by (label, id), write it to `path` and return the manifest.

    Args:
        frame: the columns of `SCHEMA` without `label`, which follows from `wnid` and `classes`.
        path: the file to write.
        dataset: name of the data set.
        split: name of the split.
        classes: all class ids, sorted and distinct.
        on_corrupt, image_column, dropped: see `Manifest`.

    Raises:
        InputError: a column is missing, a class is unknown, ids or classes repeat.
    """
    facts: dict[str, Any] = {
        "dataset": dataset,
        "split": split,
        "classes": list(classes),
        "on_corrupt": on_corrupt,
        "image_column": image_column,
    }
    with manifest_writer(path, **facts) as writer:
        writer.add_images(frame)
        writer.dropped = dropped
    return read_manifest(path)


class ManifestWriter:
    """Writes the rows of a manifest; it holds no more of them than a row group and what is added.

    Attributes:
        images: how many it took.
        dropped: see `Manifest`; to be set before the end.
    """

    def __init__(self, file: ParquetRows, classes: Sequence[str], *, where: str) -> None:
        """Take the file; `where` names the manifest in errors.

        Raises:
            InputError: classes repeat or are not sorted.
        """
        if list(classes) != sorted(set(classes)):
            raise InputError(f"{where}: classes must be sorted and distinct")
        self.images = self.dropped = 0
        self._file, self._where = file, where
        self._labels = pd.Index(classes)
        self._digest = RowsDigest(classes)
        self._waiting: list[pa.Table] = []
        self._count = 0

    def add_images(self, frame: pd.DataFrame) -> None:
        """Label, check, sort and append images of classes that follow those before.

        Args:
            frame: the columns of `SCHEMA` without `label`.

        Raises:
            InputError: a column is missing, a class is unknown, ids repeat.
        """
        missing = [name for name in SCHEMA.names if name != "label" and name not in frame]
        if missing:
            raise InputError(f"{self._where}: a manifest needs the columns {', '.join(missing)}")
        labels = self._labels.get_indexer(frame["wnid"])
        if (labels < 0).any():
            unknown = ", ".join(sorted(set(frame["wnid"][labels < 0]))[:5])
            raise InputError(f"{self._where}: images of {unknown}, which is not a class of it")
        twice = frame["id"][frame["id"].duplicated()]
        if len(twice):
            raise InputError(
                f"{self._where}: {len(twice)} image ids are given twice, first {twice.iloc[0]}"
            )
        frame = frame.assign(label=np.asarray(labels, dtype=np.int32))
        frame = frame.astype({"locator": np.int64, "size": np.int64})
        frame = frame[SCHEMA.names].sort_values(["label", "id"], ignore_index=True)
        self.add(pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False))

    def add(self, rows: pa.Table) -> None:
        """Append rows in the columns of `SCHEMA`, which follow those before in (label, id)."""
        self._waiting.append(rows.replace_schema_metadata(None))
        self.images += len(rows)
        self._count += len(rows)
        if self._count >= GROUP:
            self._write(whole=True)

    def finish(self) -> str:
        """Write the rows that wait for a row group to be full; return the digest of all."""
        self._write(whole=False)
        return self._digest.hexdigest()

    def _write(self, *, whole: bool) -> None:
        """Write row groups, of which the last one may be smaller unless they are to be `whole`."""
        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting)
        end = len(rows) // GROUP * GROUP if whole else len(rows)
        for start in range(0, end, GROUP):
            group = rows.slice(start, min(GROUP, end - start)).combine_chunks()
            self._digest.update(group)
            self._file.add(group)
        self._waiting = [rows.slice(end)] if end < len(rows) else []
        self._count = len(rows) - end


@contextlib.contextmanager
def manifest_writer(
    path: str | Path,
    *,
    dataset: str,
    split: str,
    classes: Sequence[str],
    on_corrupt: str = "error",
    image_column: str = "image",
) -> Iterator[ManifestWriter]:
    """Yield what writes a manifest to `path` piece by piece; for the arguments see `Manifest`.

    The file is whole or, after an error, absent. Its bytes do not depend on the pieces.
    """
    with parquet_writer(path, SCHEMA) as file:
        writer = ManifestWriter(file, classes, where=f"{dataset}/{split}")
        yield writer
        digest = writer.finish()
        file.describe(
            {
                "dataset": dataset,
                "split": split,
                "classes": list(classes),
                "digest": digest,
                "on_corrupt": on_corrupt,
                "image_column": image_column,
                "dropped": writer.dropped,
            }
        )


def read_manifest(path: str | Path) -> Manifest:
    """Open a manifest and check that its labels agree with its classes.

    Raises:
        InputError: missing or damaged file, not a manifest, or labels that contradict its classes.
    """
    file = open_parquet(path, columns=SCHEMA.names, dictionaries=REPEATED)
    metadata = read_metadata(path)
    rows = StoredRows(path, file, 0, file.metadata.num_rows)
    try:
        manifest = Manifest(rows=rows, path=Path(path), **metadata)
    except TypeError as error:
        raise InputError(f"{path}: not a manifest of this project ({error})") from error
    _check_labels(manifest)
    return manifest


def digest_rows(rows: pa.Table, classes: Sequence[str]) -> str:
    """Return the digest of classes and rows, see `RowsDigest`."""
    digest = RowsDigest(classes)
    digest.update(rows)
    return digest.hexdigest()


class RowsDigest:
    """The SHA-256 of classes, ids, labels, places and sizes, in the order of rows.

    Each column has a digest of its own, so that rows may come piece by piece; where they are cut
    does not show. It is cheap, since no pixel is read: an image file that is edited without a
    change of its length goes unseen. A Parquet pack counts with its footer, which holds the
    position, size and statistics of each block of the pack.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = "\0".join(classes).encode()
        self._columns = {name: hashlib.sha256() for name in DIGESTED}
        self._packs: set[str] = set()

    def update(self, rows: pa.Table) -> None:
        """Take more rows in: the columns `DIGESTED`."""
        for batch in rows.select(DIGESTED).to_batches(max_chunksize=GROUP):
            for name, column in self._columns.items():
                values = batch[name]
                if pa.types.is_integer(values.type):
                    column.update(values.to_numpy().astype("<i8").tobytes())
                else:
                    column.update("\0".join([*values.to_pylist(), ""]).encode())
            packs = batch.filter(pc.equal(batch["container"], "parquet"))["path"]
            self._packs.update(packs.unique().to_pylist())

    def hexdigest(self) -> str:
        """Return the digest of what was taken in."""
        digest = hashlib.sha256(self._classes)
        for column in self._columns.values():
            digest.update(b"\1" + column.digest())
        for pack in sorted(self._packs):
            digest.update(b"\1" + _footer(pack))
        return digest.hexdigest()


def _footer(pack: str) -> bytes:
    """Return the raw footer of a Parquet file: its last bytes give its length."""
    try:
        with open(pack, "rb") as handle:
            handle.seek(-8, os.SEEK_END)
            length = int.from_bytes(handle.read(4), "little")
            handle.seek(-8 - length, os.SEEK_END)
            return handle.read(length)
    except OSError as error:
        raise InputError(f"{pack}: not a readable Parquet file ({error})") from error


def _check_labels(manifest: Manifest) -> None:
    """Compare the labels with the classes' names, row group by row group."""
    positions, row = pd.Index(manifest.classes), 0
    for wnids in manifest.rows.column("wnid").chunks:
        expected = positions.get_indexer(wnids.dictionary.to_pylist())[wnids.indices.to_numpy()]
        labels = manifest.labels[row : row + len(wnids)]
        row += len(wnids)
        if not np.array_equal(expected, labels):
            raise InputError(
                f"{manifest.path}: labels do not follow from the sorted classes; "
                "delete the file and let the workflow make it again"
            )
