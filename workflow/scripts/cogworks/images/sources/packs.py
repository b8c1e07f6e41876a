"""Parquet packs: encoded images in one column, their classes in another."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cogworks.core.errors import InputError
from cogworks.core.files import read_batches
from cogworks.core.inputs import check_genuine
from cogworks.images.sources.labels import class_id
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, name_some
from cogworks.images.sources.places import distinct_names

_FIRST_ROWS = 16


@dataclass(frozen=True)
class PackColumns:
    """Which columns of a pack hold what (config `images.<name>.source`).

    Attributes:
        class_column: the class id, or its number.
        numbered: the class id of each number, from 0; None for the names that Hugging Face's packs
            give their numbers, or else the labels as they stand there.
        id_column: the image id, or None for the pack's name and the row.
        split_column: the official split, or None.
        train_splits, test_splits: values of that column that are training and test images.
    """

    class_column: str
    numbered: Sequence[str] | None = None
    id_column: str | None = None
    split_column: str | None = None
    train_splits: Sequence[str] = (TRAIN,)
    test_splits: Sequence[str] = (TEST,)


def scan_packs(
    packs: Sequence[Path], columns: PackColumns, *, split: str
) -> Iterator[pd.DataFrame]:
    """List the images of Parquet packs, some at a time; the images themselves are not read.

    Args:
        packs: the files.
        columns: which column holds what.
        split: the split that all of them belong to, or empty.

    Raises:
        InputError: a column is missing, a class or id is empty, a split is never met.
    """
    if columns.numbered is None:
        _check_numbers_alike(packs, columns.class_column)
    named = zip(distinct_names(packs), packs, strict=True)
    frames = (frame for name, pack in named for frame in _scan_pack(name, pack, columns))
    if columns.split_column is None:
        return (frame.assign(split=split) for frame in frames)
    return _by_split(frames, packs[0], columns)


def find_images(pack: Path, column: str) -> str:
    """Return the column of `pack` with the encoded images: `column`, or its field `bytes`.

    Hugging Face's packs hold them in a struct of `bytes` and `path`.

    Raises:
        InputError: there is no such column, or it holds something else.
    """
    schema = _schema(pack)
    root, *fields = column.split(".")
    if root not in schema.names:
        raise InputError(
            f"{pack}: no column {root} with images (source.image_column); it has "
            f"{', '.join(schema.names)}"
        )
    found: pa.DataType | None = schema.field(root).type
    for field in fields:
        found = _field(found, field)
    if inside := _field(found, "bytes"):
        column, found = f"{column}.bytes", inside
    if not _holds_bytes(found):
        raise InputError(
            f"{pack}: column {column} holds {found}, expected encoded images (binary); see "
            "source.image_column"
        )
    _check_filled(pack, column)
    return column


def _scan_pack(name: str, pack: Path, columns: PackColumns) -> Iterator[pd.DataFrame]:
    schema = _schema(pack)
    wanted = [columns.class_column, columns.id_column, columns.split_column]
    start = 0
    for batch in read_batches(pack, columns=list(dict.fromkeys(name for name in wanted if name))):
        table = batch.to_pandas()
        _check_text(table, pack)
        for column in table:
            if table[column].isna().any():
                row = start + int(table[column].isna().to_numpy().argmax())
                raise InputError(f"{pack}: column {column} is empty in row {row}")
        rows = pd.RangeIndex(start, start + len(table))
        start += len(table)
        ids = table[columns.id_column] if columns.id_column else name + ":" + rows.astype(str)
        splits = table[columns.split_column].astype(str) if columns.split_column else UNSPLIT
        yield pd.DataFrame(
            {
                "id": pd.Series(ids).astype(str),
                "path": str(pack),
                "container": "parquet",
                "locator": rows,
                "size": -1,
                "wnid": _class_ids(table[columns.class_column], pack, schema, columns),
                "split": splits,
            }
        )


def _check_text(table: pd.DataFrame, pack: Path) -> None:
    for column in table:
        try:
            table[column].to_numpy()
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise InputError(f"{pack}: column {column} holds text that is not UTF-8") from error


def _class_ids(
    labels: pd.Series, pack: Path, schema: pa.Schema, columns: PackColumns
) -> "pd.Series[str]":
    where = f"{pack}: column {columns.class_column}"
    kind = schema.field(columns.class_column).type
    if pa.types.is_nested(kind):
        raise InputError(f"{where} holds {kind}, expected one class for each image")
    numbered = columns.numbered
    if numbered is None:
        numbered = _label_names(schema, columns.class_column, pack)
    classes = {label: class_id(label, numbered, where) for label in labels.unique().tolist()}
    return labels.map(classes).astype(str)


def _check_numbers_alike(packs: Sequence[Path], column: str) -> None:
    """Refuse packs of one source of which only some say what their numbers mean."""
    names: dict[bool, Path] = {}
    for pack in packs:
        schema = _schema(pack)
        if column in schema.names and pa.types.is_integer(schema.field(column).type):
            names.setdefault(_label_names(schema, column, pack) is not None, pack)
    if len(names) > 1:
        raise InputError(
            f"{names[True]} holds names for the numbers in column {column}, and {names[False]} "
            "does not; give a file of class ids as source.mapping"
        )


def _label_names(schema: pa.Schema, column: str, pack: Path) -> list[str] | None:
    """Return the names that a pack of Hugging Face's `datasets` keeps of its numbers, if any."""
    if not pa.types.is_integer(schema.field(column).type):
        return None
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(names, list) or len(set(names)) < len(names):
        raise InputError(
            f"{pack}: the names of column {column} in its metadata are not distinct; give a file "
            "of class ids as source.mapping"
        )
    return [str(name) for name in names]


def _schema(pack: Path) -> pa.Schema:
    check_genuine(pack)
    try:
        return pq.read_schema(pack)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{pack}: not a readable Parquet file ({error})") from error


def _field(kind: pa.DataType | None, name: str) -> pa.DataType | None:
    if kind is None or not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
        return None
    return kind.field(name).type


def _holds_bytes(kind: pa.DataType | None) -> bool:
    if kind is None:
        return False
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return bool(pa.types.is_uint8(kind.value_type))
    types = pa.types
    checks = (
        types.is_binary,
        types.is_large_binary,
        types.is_fixed_size_binary,
        types.is_binary_view,
    )
    return any(check(kind) for check in checks)


def _check_filled(pack: Path, column: str) -> None:
    """Look for images that are not there but named by a path: into the statistics, if any.

    Packs without statistics are judged by their first rows, since to read all takes minutes.
    """
    metadata = pq.read_metadata(pack)
    if not metadata.num_rows:
        return
    chunks = [
        chunk
        for group in map(metadata.row_group, range(metadata.num_row_groups))
        for chunk in map(group.column, range(group.num_columns))
        if chunk.path_in_schema == column
    ]
    rows, empty = metadata.num_rows, 0
    if all(chunk.is_stats_set and chunk.statistics.has_null_count for chunk in chunks):
        empty = sum(chunk.statistics.null_count for chunk in chunks)
    else:
        head = next(pq.ParquetFile(pack).iter_batches(_FIRST_ROWS, columns=[column]))
        fields = column.split(".")[1:]
        values = pc.struct_field(head.column(0), fields) if fields else head.column(0)
        rows, empty = len(values), values.null_count
    if empty:
        raise InputError(
            f"{pack}: column {column} is empty in {empty} of {rows} rows: the images "
            "themselves are not in this file"
        )


def _by_split(
    frames: Iterable[pd.DataFrame], first: Path, columns: PackColumns
) -> Iterator[pd.DataFrame]:
    """Translate the packs' own names of splits; images of other splits are left out."""
    names = dict.fromkeys(columns.train_splits, TRAIN)
    names |= dict.fromkeys(columns.test_splits, TEST)
    found: set[str] = set()
    for frame in frames:
        found |= set(frame["split"].unique())
        some = frame[frame["split"].isin(names)]
        yield some.assign(split=some["split"].map(names))
    if absent := sorted(set(names) - found):
        raise InputError(
            f"{first}: no image with {columns.split_column} = {name_some(absent)}; "
            f"it has {name_some(sorted(found))} (source.train_splits, source.test_splits)"
        )
