"""Files that are either whole or absent: written under another name, flushed, then renamed."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogworks.core import disk, leftovers
from cogworks.core.errors import InputError
from cogworks.core.parquet_footer import BLANK, KEY, check_seal, seal

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

METADATA_KEY = b"cogworks"


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on failure.

    A killed process leaves its temporary file behind. The next process that writes in the folder
    removes it, see `leftovers`.

    Raises:
        InputError: the disk is full or cannot be written to; what was at `path` is still there.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    leftovers.remove_from(target.parent)
    partial = leftovers.partial_path(target)
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
    """Write a table as Parquet, see `parquet_writer`; the same table gives the same bytes.

    Args:
        table: a data frame (its index is dropped) or an Arrow table.
        path: the file to write, atomically.
        metadata: a JSON-serialisable dict kept in the file, see `read_metadata`.
    """
    import pandas as pd
    import pyarrow as pa

    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    with parquet_writer(path, table.schema) as rows:
        rows.add(table)
        rows.describe(metadata or {})


@contextlib.contextmanager
def parquet_writer(
    path: str | Path, schema: "pa.Schema", **options: Any
) -> "Iterator[ParquetRows]":
    """Yield what writes a Parquet file, a row group at a time.

    Its pages have checksums and its footer has a digest, so that no reader here takes a changed bit
    for content.

    Args:
        path: the file to write, atomically.
        schema: of its rows.
        options: of Arrow's writer, in place of ours.
    """
    import pyarrow.parquet as pq

    with atomic(path) as partial:
        chosen = {"compression": "zstd", "write_page_checksum": True} | options
        with pq.ParquetWriter(partial, schema, **chosen) as writer:
            yield ParquetRows(writer)
            writer.add_key_value_metadata({KEY: BLANK})
        seal(partial)


class ParquetRows:
    """The rows of a Parquet file in the making."""

    def __init__(self, writer: "pq.ParquetWriter") -> None:
        self._writer = writer

    def add(self, rows: "pa.Table") -> None:
        """Write some rows as a row group."""
        self._writer.write_table(rows)

    def describe(self, metadata: dict[str, Any]) -> None:
        """Keep a JSON-serialisable dict in the file, once, see `read_metadata`."""
        text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
        self._writer.add_key_value_metadata({METADATA_KEY: text.encode()})


def read_parquet(path: str | Path, *, columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Read a Parquet file into a data frame.

    Raises:
        InputError: the file is missing, damaged, or lacks one of `columns`.
    """
    with _parquet(path, columns or ()) as file:
        table = file.read(columns=list(columns) if columns is not None else None)
        _check_rows(len(table), file.metadata.num_rows)
        return table.to_pandas()


def read_batches(
    path: str | Path, *, columns: Sequence[str], rows: int = 2**16
) -> "Iterator[pa.RecordBatch]":
    """Yield the rows of a Parquet file in order, so many at a time.

    Raises:
        InputError: the file is missing, damaged, or lacks one of `columns`.
    """
    with _parquet(path, columns) as file:
        found = 0
        for batch in file.iter_batches(rows, columns=list(columns)):
            found += len(batch)
            yield batch
        _check_rows(found, file.metadata.num_rows)


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Return the dict that a file was written with as its metadata (empty if there was none).

    Raises:
        InputError: the file is missing or damaged.
    """
    with _parquet(path) as file:
        return dict(json.loads((file.metadata.metadata or {}).get(METADATA_KEY, b"{}")))


def open_parquet(
    path: str | Path, *, columns: Sequence[str] = (), dictionaries: Sequence[str] = ()
) -> "pq.ParquetFile":
    """Open a Parquet file whose footer is checked, and its pages when they are read.

    Args:
        path: the file.
        columns: those that it must have.
        dictionaries: columns of texts to read as numbers of a dictionary.

    Raises:
        InputError: the file is missing, damaged, or lacks one of `columns`.
    """
    import pyarrow.parquet as pq

    _require(path)
    check_seal(path)
    with _told(path):
        file = pq.ParquetFile(
            path, page_checksum_verification=True, read_dictionary=list(dictionaries)
        )
        names = file.schema_arrow.names
    missing = [name for name in columns if name not in names]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; it has {', '.join(names)}")
    return file


def read_groups(
    path: str | Path, file: "pq.ParquetFile", groups: Sequence[int], columns: Sequence[str]
) -> "pa.Table":
    """Read some row groups of an open file; `path` is for errors.

    Raises:
        InputError: the file is damaged.
    """
    with _told(path):
        table = file.read_row_groups(list(groups), list(columns), use_threads=False)
        sizes = (file.metadata.row_group(group).num_rows for group in groups)
        _check_rows(len(table), sum(sizes))
        return table


@contextlib.contextmanager
def _parquet(path: str | Path, columns: Sequence[str] = ()) -> "Iterator[pq.ParquetFile]":
    """Yield an open Parquet file, and tell what its reader stumbles over."""
    with open_parquet(path, columns=columns) as file, _told(path):
        yield file


@contextlib.contextmanager
def _told(path: str | Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path}: not a readable Parquet file ({error}); delete it where the workflow made it"
        ) from error


def _check_rows(found: int, expected: int) -> None:
    # Arrow takes the length of a single column from its pages, whose headers have no checksum.
    if found != expected:
        raise ValueError(f"{found} rows, but its footer says {expected}")


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
