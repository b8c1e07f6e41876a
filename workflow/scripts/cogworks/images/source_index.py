"""An index of a source whose images come in no order of their classes.

WebDataset samples and packs mix their classes, and so does the list of a flat folder. Such a source
is read once, from front to back, into a table on disk, which is then read class by class. It has
the columns of `listing.COLUMNS`, one row an image; its metadata holds `counts`, the images of each
class, and `containers`, all kinds of files that hold them.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.images.class_rows import ClassRows, class_rows_writer
from cogworks.images.sources.listing import COLUMNS, ROWS, name_some

_NUMBERS = ("locator", "size")
SCHEMA = pa.schema([(name, pa.int64() if name in _NUMBERS else pa.string()) for name in COLUMNS])


class SourceIndex:
    """An index, read class by class.

    Attributes:
        counts: the images of each class.
        in_packs: whether images are in Parquet packs.
    """

    def __init__(self, path: str | Path) -> None:
        """Open an index.

        Raises:
            InputError: it is missing or damaged.
        """
        self._rows = ClassRows(path, key="wnid")
        self.counts = self._rows.counts
        self.in_packs = "parquet" in self._rows.facts["containers"]

    def blocks(
        self, wnids: Sequence[str], *, whole: bool
    ) -> Iterator[tuple[list[str], pd.DataFrame]]:
        """Yield classes that follow each other, and their images, some thousands at a time.

        Args:
            wnids: the classes wanted, sorted.
            whole: whether to yield all at once.
        """
        for some in [list(wnids)] if whole else self._divided(wnids):
            yield some, self._rows.of(some).to_pandas()

    def _divided(self, wnids: Sequence[str]) -> Iterator[list[str]]:
        some: list[str] = []
        rows = 0
        for wnid in wnids:
            count = self.counts.get(wnid, 0)
            if some and rows + count > ROWS:
                yield some
                some, rows = [], 0
            some.append(wnid)
            rows += count
        if some:
            yield some


def index_images(listings: Iterable[pd.DataFrame], path: str | Path) -> None:
    """Write the index of a source.

    Args:
        listings: its images, some at a time.
        path: the file to write; it is whole or, after an error, absent.

    Raises:
        InputError: image ids are given twice; the message names them and where they are.
    """
    containers: set[str] = set()
    marks: list[np.ndarray] = []
    with atomic(path) as partial:
        with class_rows_writer(partial, SCHEMA, key="wnid") as writer:
            for frame in listings:
                containers |= set(frame["container"].unique())
                marks.append(_marks(frame["id"]))
                writer.add(pa.Table.from_pandas(frame, SCHEMA, preserve_index=False))
            writer.facts["containers"] = sorted(containers)
        _check_distinct(ClassRows(partial, key="wnid"), marks)


@contextmanager
def passing_index(listings: Iterable[pd.DataFrame]) -> Iterator[SourceIndex]:
    """Yield an index that is kept for a while; for errors see `index_images`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.parquet")
        index_images(listings, path)
        yield SourceIndex(path)


def _marks(ids: pd.Series) -> np.ndarray:
    """Return 64 bits of a hash for each id."""
    return pd.util.hash_array(ids.to_numpy(dtype=object), categorize=False)


def _check_distinct(rows: ClassRows, marks: list[np.ndarray]) -> None:
    """Refuse ids that repeat, in whatever classes.

    Where all hashes differ, all ids do. Where some are equal, the ids themselves are compared.
    """
    known = np.concatenate([*marks, np.array([], np.uint64)])
    marks.clear()
    known.sort()
    again = np.unique(known[1:][known[1:] == known[:-1]])
    if not len(again):
        return
    alike = pd.concat(
        frame[np.isin(_marks(frame["id"]), again)]
        for frame in (piece.to_pandas() for piece in rows.pieces())
    )
    twice = alike[alike["id"].duplicated(keep=False)].sort_values("id", kind="stable")
    if twice.empty:
        return
    names = list(twice["id"].unique())
    first = twice[twice["id"] == names[0]]
    places = [f"{path} at {at}" for path, at in zip(first["path"], first["locator"], strict=True)]
    raise InputError(
        f"{len(names)} image ids are given twice: {name_some(names)}; {names[0]} is in "
        f"{name_some(places, most=2)} (rows of packs, bytes of archives, both from 0)"
    )
