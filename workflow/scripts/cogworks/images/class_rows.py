"""Tables of more rows than memory holds, written in any order and read class by class.

Rows are sorted by class some at a time, and each such run is written in small row groups. Parquet
keeps the first and the last class of each group, so that the groups with a class are found without
a look at the others.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cogworks.core.files import (
    ParquetRows,
    open_parquet,
    parquet_writer,
    read_groups,
    read_metadata,
)

# Rows that are sorted together, and rows of a row group.
RUN, GROUP = 2**18, 2**12
# Of names longer than some thousand characters Parquet keeps no first and last one.
_ANY = "", chr(0x10FFFF)


class ClassRowsWriter:
    """Writes rows; it holds no more of them than a run.

    Attributes:
        counts: the rows of each class until now; also classes of 0 rows, if they are put there.
        facts: what else the file is to say, JSON-serialisable.
    """

    def __init__(self, file: ParquetRows, *, key: str) -> None:
        """Take the file; `key` is the column with the class."""
        self.counts: Counter[str] = Counter()
        self.facts: dict[str, Any] = {}
        self._file, self._key = file, key
        self._waiting: list[pa.Table] = []
        self._count = 0

    def add(self, rows: pa.Table) -> None:
        """Take rows in the columns of the schema."""
        self._waiting.append(rows)
        self._count += len(rows)
        if self._count >= RUN:
            self._write()

    def finish(self) -> None:
        """Write the rows that wait, and the facts."""
        self._write()
        self._file.describe({**self.facts, "counts": self.counts})

    def _write(self) -> None:
        if not self._count:
            return
        rows = pa.concat_tables(self._waiting).combine_chunks()
        self._waiting.clear()
        self._count = 0
        pairs = rows[self._key].value_counts()
        numbers = pairs.field("counts").to_pylist()
        self.counts.update(dict(zip(pairs.field("values").to_pylist(), numbers, strict=True)))
        # The order is stable: of a class, rows stay in the order in which they came.
        rows = rows.take(pc.sort_indices(rows[self._key]))
        for start in range(0, len(rows), GROUP):
            self._file.add(rows.slice(start, GROUP))


@contextlib.contextmanager
def class_rows_writer(
    path: str | Path, schema: pa.Schema, *, key: str
) -> Iterator[ClassRowsWriter]:
    """Yield what writes rows to `path`; the file is whole or, after an error, absent."""
    with parquet_writer(path, schema) as file:
        writer = ClassRowsWriter(file, key=key)
        yield writer
        writer.finish()


class ClassRows:
    """Rows that were written by class.

    Attributes:
        counts: the rows of each class.
        facts: what else the file says.
    """

    def __init__(self, path: str | Path, *, key: str) -> None:
        """Open a file.

        Raises:
            InputError: it is missing or damaged.
        """
        self.facts = read_metadata(path)
        self.counts: dict[str, int] = self.facts.pop("counts")
        self._path, self._key = path, key
        self._file = open_parquet(path, columns=[key])
        bounds = list(_bounds(self._file, key))
        self._first = np.array([first for first, _ in bounds], dtype=str)
        self._last = np.array([last for _, last in bounds], dtype=str)
        self._held: dict[int, pa.Table] = {}

    def of(self, classes: Sequence[str]) -> pa.Table:
        """Return the rows of classes that follow each other in the order of their names.

        Those of one class come in the order in which they were written. The groups that this call
        read are kept for the next one.
        """
        near = (self._first <= max(classes)) & (self._last >= min(classes))
        groups = np.flatnonzero(near).tolist()
        self._held = {group: self._group(group) for group in groups}
        if not groups:
            return self._file.schema_arrow.empty_table()
        rows = pa.concat_tables(self._held.values())
        return rows.filter(pc.is_in(rows[self._key], value_set=pa.array(classes, pa.string())))

    def pieces(self) -> Iterator[pa.Table]:
        """Yield all rows, some thousands at a time."""
        return map(self._group, range(self._file.num_row_groups))

    def _group(self, number: int) -> pa.Table:
        if number in self._held:
            return self._held[number]
        return read_groups(self._path, self._file, [number], self._file.schema_arrow.names)


def _bounds(file: pq.ParquetFile, key: str) -> Iterator[tuple[str, str]]:
    """Yield the first and the last class of each row group."""
    column = file.schema_arrow.get_field_index(key)
    for group in range(file.num_row_groups):
        known = file.metadata.row_group(group).column(column).statistics
        yield (known.min, known.max) if known is not None and known.has_min_max else _ANY
