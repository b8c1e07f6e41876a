"""Files that are either whole or absent: written under another name, flushed, then renamed."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogworks.core import disk
from cogworks.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

METADATA_KEY = b"cogworks"
_WRITTEN: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on failure.

    The temporary name keeps the suffix, by which some writers choose their format, and contains the
    process id, so that an orphan of a killed run and its successor do not share a file.

    Raises:
        InputError: the disk is full or cannot be written to; what was at `path` is still there.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.{os.getpid()}.partial{target.suffix}")
    try:
        yield partial
        with open(partial, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, target)
    except Exception as error:
        if not (words := disk.refusal(error)):
            raise
        raise InputError(f"{target}: cannot be written ({words}); {disk.ADVICE}") from error
    finally:
        with contextlib.suppress(OSError):  # There is none on a disk that is read-only.
            partial.unlink()


def write_parquet(
    table: "pd.DataFrame | pa.Table",
    path: str | Path,
    *,
    metadata: dict[str, Any] | None = None,
) -> None:
    """Write a table as Parquet with page checksums; the same table gives the same bytes.

    Args:
        table: a data frame (its index is dropped) or an Arrow table.
        path: the file to write, atomically.
        metadata: a JSON-serialisable dict kept in the file's schema, see `read_metadata`.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    if metadata is not None:
        table = table.replace_schema_metadata(_packed(metadata))
    with atomic(path) as partial:
        pq.write_table(table, partial, **_WRITTEN)


@contextlib.contextmanager
def parquet_writer(path: str | Path, schema: "pa.Schema") -> "Iterator[ParquetRows]":
    """Yield what writes a Parquet file as `write_parquet` does, a row group at a time."""
    import pyarrow.parquet as pq

    with atomic(path) as partial, pq.ParquetWriter(partial, schema, **_WRITTEN) as writer:
        yield ParquetRows(writer)


class ParquetRows:
    """The rows of a Parquet file in the making."""

    def __init__(self, writer: "pq.ParquetWriter") -> None:
        self._writer = writer

    def add(self, rows: "pa.Table") -> None:
        """Write some rows as a row group."""
        self._writer.write_table(rows)

    def describe(self, metadata: dict[str, Any]) -> None:
        """Keep a JSON-serialisable dict in the file, once, see `read_metadata`."""
        self._writer.add_key_value_metadata(_packed(metadata))


def _packed(metadata: dict[str, Any]) -> dict[bytes, bytes]:
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
    return {METADATA_KEY: text.encode()}


def read_parquet(path: str | Path, *, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read a Parquet file into a data frame.

    Raises:
        InputError: the file is missing, damaged, or lacks one of `columns`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    _require(path)
    try:
        _check_columns(path, pq.read_schema(path).names, columns or ())
        wanted = list(columns) if columns is not None else None
        return pq.read_table(path, columns=wanted, page_checksum_verification=True).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error


def read_batches(path: str | Path, *, columns: Sequence[str]) -> "Iterator[pa.RecordBatch]":
    """Yield the rows of a Parquet file in order, some thousands at a time.

    Raises:
        InputError: the file is missing, damaged, or lacks one of `columns`.
    """
    import pyarrow as pa

    try:
        with open_parquet(path, columns=columns) as file:
            yield from file.iter_batches(columns=list(columns))
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error


def open_parquet(
    path: str | Path, *, columns: Sequence[str] = (), dictionaries: Sequence[str] = ()
) -> "pq.ParquetFile":
    """Open a Parquet file whose pages are checked when they are read.

    Args:
        path: the file.
        columns: those that it must have.
        dictionaries: columns of texts to read as numbers of a dictionary.

    Raises:
        InputError: the file is missing, damaged, or lacks one of `columns`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    _require(path)
    try:
        file = pq.ParquetFile(
            path, page_checksum_verification=True, read_dictionary=list(dictionaries)
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error
    _check_columns(path, file.schema_arrow.names, columns)
    return file


def _check_columns(path: str | Path, names: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in names]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; it has {', '.join(names)}")


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Return the dict that a file was written with as its metadata (empty if there was none)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _require(path)
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({error})") from error
    return dict(json.loads(metadata.get(METADATA_KEY, b"{}")))


def write_json(value: Any, path: str | Path) -> None:
    """Write `value` as indented JSON with sorted keys, atomically."""
    with atomic(path) as partial:
        text = json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
        partial.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; raises InputError if it is missing or not JSON."""
    _require(path)
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON ({error})") from error


def write_text(text: str, path: str | Path) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic(path) as partial:
        partial.write_text(text, encoding="utf-8")


def sha256_file(path: str | Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _require(path: str | Path) -> None:
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
