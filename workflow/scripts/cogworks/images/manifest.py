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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cogworks.core.errors import InputError
from cogworks.core.files import ParquetRows, parquet_writer, read_metadata, read_parquet

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
# Rows that a writer holds at a time.
GROUP = 2**17


@dataclass(frozen=True)
class Manifest:
    """One split of one data set.

    Attributes:
        frame: the table, N rows.
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

    frame: pd.DataFrame
    classes: list[str]
    dataset: str
    split: str
    digest: str
    path: Path
    on_corrupt: str = "error"
    image_column: str = "image"
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.frame)


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
    frame = _with_labels(frame, list(classes), where=f"{dataset}/{split}")
    facts: dict[str, Any] = {
        "dataset": dataset,
        "split": split,
        "classes": list(classes),
        "on_corrupt": on_corrupt,
        "image_column": image_column,
        "dropped": dropped,
    }
    with manifest_writer(path, **facts) as writer:
        for start in range(0, len(frame), GROUP):
            rows = frame[start : start + GROUP]
            writer.add(pa.Table.from_pandas(rows, schema=SCHEMA, preserve_index=False))
    return Manifest(frame=frame, path=Path(path), digest=writer.digest, **facts)


class ManifestWriter:
    """Writes the rows of a manifest; it holds no more of them than a row group."""

    def __init__(self, file: ParquetRows, classes: Sequence[str]) -> None:
        self._file = file
        self._digest = RowsDigest(classes)
        self._waiting: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """Append rows in the columns of `SCHEMA`, which follow those before in (label, id)."""
        rows = rows.replace_schema_metadata(None)
        self._digest.update(rows)
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait for a row group to be full."""
        if self._waiting:
            self._file.add(pa.concat_tables(self._waiting).combine_chunks())
            self._waiting.clear()

    @property
    def digest(self) -> str:
        """Return the digest of classes and rows, see `RowsDigest`."""
        return self._digest.hexdigest()


@contextlib.contextmanager
def manifest_writer(
    path: str | Path,
    *,
    dataset: str,
    split: str,
    classes: Sequence[str],
    on_corrupt: str = "error",
    image_column: str = "image",
    dropped: int = 0,
) -> Iterator[ManifestWriter]:
    """Yield what writes a manifest to `path` piece by piece; for the arguments see `Manifest`.

    The file is whole or, after an error, absent.
    """
    with parquet_writer(path, SCHEMA) as file:
        writer = ManifestWriter(file, classes)
        yield writer
        writer.flush()
        file.describe(
            {
                "dataset": dataset,
                "split": split,
                "classes": list(classes),
                "digest": writer.digest,
                "on_corrupt": on_corrupt,
                "image_column": image_column,
                "dropped": dropped,
            }
        )


def read_manifest(path: str | Path) -> Manifest:
    """Read a manifest and check that its labels agree with its classes.

    Raises:
        InputError: missing or damaged file, not a manifest, or labels that contradict its classes.
    """
    frame = read_parquet(path, columns=SCHEMA.names)
    metadata = read_metadata(path)
    try:
        manifest = Manifest(frame=frame, path=Path(path), **metadata)
    except TypeError as error:
        raise InputError(f"{path}: not a manifest of this project ({error})") from error
    _check_labels(manifest)
    return manifest


def digest_rows(frame: pd.DataFrame, classes: Sequence[str]) -> str:
    """Return the digest of classes and rows, see `RowsDigest`."""
    digest = RowsDigest(classes)
    digest.update(pa.Table.from_pandas(frame, columns=DIGESTED, preserve_index=False))
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
        for batch in rows.to_batches(max_chunksize=GROUP):
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


def _with_labels(frame: pd.DataFrame, classes: list[str], *, where: str) -> pd.DataFrame:
    """Return the columns of `SCHEMA`, labelled and sorted by (label, id)."""
    if classes != sorted(set(classes)):
        raise InputError(f"{where}: classes must be sorted and distinct")
    missing = [name for name in SCHEMA.names if name != "label" and name not in frame]
    if missing:
        raise InputError(f"{where}: a manifest needs the columns {', '.join(missing)}")
    labels = pd.Index(classes).get_indexer(frame["wnid"])
    if (labels < 0).any():
        unknown = sorted(set(frame["wnid"][labels < 0]))
        raise InputError(f"{where}: images of {', '.join(unknown[:5])}, which is not a class of it")
    twice = frame["id"][frame["id"].duplicated()]
    if len(twice):
        raise InputError(f"{where}: {len(twice)} image ids are given twice, first {twice.iloc[0]}")
    frame = frame.assign(label=np.asarray(labels, dtype=np.int32))
    frame = frame.astype({"locator": np.int64, "size": np.int64})
    return frame[SCHEMA.names].sort_values(["label", "id"], ignore_index=True)


def _check_labels(manifest: Manifest) -> None:
    expected = pd.Index(manifest.classes).get_indexer(manifest.frame["wnid"])
    if not np.array_equal(expected, manifest.frame["label"].to_numpy()):
        raise InputError(
            f"{manifest.path}: labels do not follow from the sorted classes; "
            "delete the file and let the workflow make it again"
        )
