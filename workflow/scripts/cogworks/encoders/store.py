"""Feature files: an array (.npy) and its index (.parquet), checked when they are read.

The index has one row for each row of the array: id, label, wnid. Its metadata:

=============  =====================================================================
encoder        name of the encoder
version        digest of its weights, architecture and preparation of images
dataset        name of the data set
split          name of the split
classes        sorted class ids; labels index this list
manifest       digest of the manifest
start, stop    rows of the manifest that were encoded (all of them unless it is a shard)
images         number of images in the manifest
dropped        ids of the corrupt images that were left out
sha256         of the array file
dim, dtype     of the array
image          how images were prepared, see `registry.Preparation`
weights        the files that its weights come from, see `registry.Encoder`
=============  =====================================================================
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet, write_parquet

SCHEMA = pa.schema([("id", pa.string()), ("label", pa.int32()), ("wnid", pa.string())])
READ_BYTES = 2**26
# Making features again helps only where the encoder is the same each time that it is loaded.
CHANGING = (
    " If the versions differ again, the encoder's weights change from one job to the next: its "
    "entry point must read them from a file or draw them from a fixed seed"
)


@dataclass(frozen=True)
class Features:
    """Features of one split of one data set by one encoder.

    Attributes:
        x: (N, D) float32 or float16, read-only, on the disk (a memory map).
        labels: (N,) int32; they index `classes`.
        classes: sorted class ids.
        ids: (N,) ids of the images.
        metadata: see the module.
    """

    x: np.ndarray
    labels: np.ndarray
    classes: list[str]
    ids: np.ndarray
    metadata: dict[str, Any]


def write_index(rows: pa.Table, path: str | Path, *, metadata: dict[str, Any]) -> None:
    """Write the index of a feature array; `rows` holds id, label, wnid of each of its rows."""
    write_parquet(rows.select(SCHEMA.names).cast(SCHEMA), path, metadata=metadata)


def read_features(
    npy: str | Path,
    index: str | Path,
    *,
    manifest: str | None = None,
    version: str | None = None,
    verify: bool = True,
) -> Features:
    """Open a feature file and refuse it unless it is whole and what is asked for.

    Args:
        npy: the array.
        index: its index.
        manifest: digest that its manifest must have.
        version: version that its encoder must have.
        verify: also read the whole array once and compare its digest; a NaN is found only so.

    Raises:
        InputError: missing or damaged file, another length, dimension or type than the index
            says, another manifest or encoder version, a NaN or infinity (the image is named),
            or bytes that are not those that were written.
    """
    frame = read_parquet(index, columns=SCHEMA.names)
    metadata = read_metadata(index)
    missing = [key for key in _METADATA if key not in metadata]
    if missing:
        raise InputError(f"{index}: not an index of features (no {', '.join(missing)})")
    _require(index, "manifest", metadata["manifest"], manifest)
    _require(index, "version", metadata["version"], version)
    x = _open(npy, len(frame), metadata)
    if verify:
        _verify(x, npy, frame, metadata)
    return Features(
        x=x,
        labels=frame["label"].to_numpy(),
        classes=list(metadata["classes"]),
        ids=frame["id"].to_numpy(),
        metadata=metadata,
    )


def read_rows(x: np.ndarray, first: int, last: int) -> np.ndarray:
    """Return the rows first to last (exclusive) of a stored array (N, D).

    They are read from its file: what is touched of a map counts as memory of this process.
    """
    if not isinstance(x, np.memmap) or x.filename is None:
        return x[first:last]
    count = max(0, min(last, len(x)) - first)
    with open(x.filename, "rb") as handle:
        handle.seek(x.offset + first * x.shape[1] * x.itemsize)
        return np.fromfile(handle, x.dtype, count * x.shape[1]).reshape(count, x.shape[1])


def check_finite(features: np.ndarray, ids: np.ndarray, *, encoder: str, place: str) -> None:
    """Refuse features that are not finite numbers.

    Args:
        features: (n, D).
        ids: (n,) ids of their images, for the message.
        encoder: name of the encoder.
        place: where they are from or in, for the message.

    Raises:
        InputError: naming encoder and image.
    """
    # A sum in float64 is finite exactly if its float32 terms are, and reads memory only once.
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero(~np.isfinite(features.sum(axis=1, dtype=np.float64)))
    if len(rows):
        kind = "NaN" if np.isnan(features[rows[0]]).any() else "infinite"
        raise InputError(
            f"{place}: the features of encoder {encoder} for image {ids[rows[0]]} are {kind} "
            f"({len(rows)} such images here); check its weights, and set its `precision` and "
            f"`dtype` to float32, where they are not (`dtype` is {features.dtype})"
        )


_METADATA = ("encoder", "version", "dataset", "split", "classes", "manifest", "sha256", "dim")


def _require(index: str | Path, what: str, given: str, wanted: str | None) -> None:
    if wanted is not None and given != wanted:
        raise InputError(
            f"{index}: made with {what} {given[:12]}, expected {wanted[:12]}; "
            "delete the file and let the workflow make it again"
        )


def _open(npy: str | Path, rows: int, metadata: dict[str, Any]) -> np.ndarray:
    try:
        # Nothing can be mapped where there is no row.
        x: np.ndarray = np.load(npy, mmap_mode="r" if rows else None, allow_pickle=False)
    except Exception as error:  # the parser of its header raises whatever it stumbles over
        raise InputError(f"{npy}: not a readable .npy file ({error})") from error
    if x.ndim != 2 or x.shape[0] != rows:
        raise InputError(f"{npy}: has shape {x.shape}, its index {rows} rows")
    if x.shape[1] != metadata["dim"] or x.dtype != np.dtype(metadata["dtype"]):
        raise InputError(
            f"{npy}: {x.shape[1]} features of {x.dtype}, its index says "
            f"{metadata['dim']} of {metadata['dtype']}"
        )
    return x


def _verify(x: np.ndarray, npy: str | Path, frame: pd.DataFrame, metadata: dict[str, Any]) -> None:
    """Read the array once: every byte goes into the digest, every number is checked.

    A damaged file is told as such, also where the damage is a NaN.
    """
    digest = hashlib.sha256()
    with open(npy, "rb") as handle:
        digest.update(handle.read(Path(npy).stat().st_size - x.nbytes))
    ids = frame["id"].to_numpy()
    step = max(1, READ_BYTES // max(1, x.shape[1] * x.itemsize))
    not_finite = None
    for first in range(0, len(x), step):
        part = np.ascontiguousarray(read_rows(x, first, first + step))
        digest.update(part.data)
        try:
            check_finite(
                part, ids[first : first + step], encoder=metadata["encoder"], place=str(npy)
            )
        except InputError as error:
            not_finite = not_finite or error
    if digest.hexdigest() != metadata["sha256"]:
        raise InputError(
            f"{npy}: its bytes are not those that were written; "
            "delete the file and let the workflow make it again"
        )
    if not_finite:
        raise not_finite
