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

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet, write_parquet

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
CONTAINERS = ("file", "parquet", "tar")


@dataclass(frozen=True)
class Manifest:
    """One split of one data set.

    Attributes:
        frame: the table, N rows.
        classes: the sorted class ids, C of them; `label` indexes this list. A split need not hold
            images of all of them (a data set that only has a test split has an empty train split).
        dataset: name of the data set.
        split: `train`, `val` or `test`.
        digest: SHA-256 (hex) of classes and rows, see `digest_rows`.
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
    metadata: dict[str, Any] = {
        "dataset": dataset,
        "split": split,
        "classes": list(classes),
        "digest": digest_rows(frame, classes),
        "on_corrupt": on_corrupt,
        "image_column": image_column,
        "dropped": dropped,
    }
    table = pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False)
    write_parquet(table.replace_schema_metadata(None), path, metadata=metadata)
    return Manifest(frame=frame, path=Path(path), **metadata)


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
    """Return the SHA-256 (hex) of classes, ids, labels, places and sizes, in the order of rows.

    It is cheap, since no pixel is read: an image file that is edited without a change of its
    length goes unseen. A Parquet pack counts with its footer, which holds the position, size and
    statistics of each block of the pack.
    """
    digest = hashlib.sha256("\0".join(classes).encode())
    for name in ("id", "path", "container"):
        digest.update(b"\1")
        digest.update("\0".join(frame[name]).encode())
    for name in ("locator", "size", "label"):
        digest.update(b"\1")
        digest.update(frame[name].to_numpy().astype("<i8").tobytes())
    for pack in sorted(set(frame["path"][frame["container"] == "parquet"])):
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
