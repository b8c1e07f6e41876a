"""How many images each synset has: from tables, also those of folders' indices, and packs."""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cogworks.concepts.synset_tables import WNID
from cogworks.core.errors import InputError
from cogworks.core.files import atomic, read_batches
from cogworks.core.inputs import check_genuine, read_text

COLUMNS = ("wnid", "images")
TABLE_SUFFIXES = (".csv", ".tsv")


def is_folder(source: str) -> bool:
    """Say whether images are counted in a folder, by its name: it is no table and no pack."""
    return not source.lower().endswith((*TABLE_SUFFIXES, ".parquet"))


def read_counts(path: str | Path, *, key: str) -> dict[str, int]:
    """Read a table with the columns wnid and images (a whole number from 0).

    Its columns are parted by commas, or by semicolons or tabs, as some spreadsheets do.

    Raises:
        InputError: no such file, other columns, a wnid twice, or a value that is not a count; names
            the line.
    """
    counts: dict[str, int] = {}
    try:
        text = read_text(path)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
    header = text.partition("\n")[0]
    parted = next((sign for sign in ",;\t" if sign in header), ",")
    reader = csv.DictReader(io.StringIO(text), delimiter=parted)
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    if not set(COLUMNS) <= set(reader.fieldnames):
        found = ", ".join(reader.fieldnames) or "nothing"
        raise InputError(f"{key}: {path}: columns wnid,images expected, found {found}")
    for row in reader:
        place = f"{key}: {path}, line {reader.line_num}"
        wnid, images = ((row[name] or "").strip() for name in COLUMNS)
        if not WNID.fullmatch(wnid):
            raise InputError(f"{place}: {wnid!r} is not a wnid, such as n02124075")
        if wnid in counts:
            raise InputError(f"{place}: {wnid} stands there twice")
        if not (images.isascii() and images.isdigit()):
            raise InputError(f"{place}: images is {images!r}, a whole number expected")
        counts[wnid] = int(images)
    if not counts:
        raise InputError(f"{key}: {path} holds no counts")
    return counts


def write_counts(counts: dict[str, int], path: str | Path) -> None:
    """Write counts as CSV, sorted by wnid."""
    with atomic(path) as partial, open(partial, "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(counts.items()))


def add_counts(sources: Sequence[str], *, key: str) -> dict[str, int]:
    """Return the images of each class in packs and tables; counts of a class add up.

    Args:
        sources: Parquet packs with a column `wnid`, and tables as for `read_counts`.
        key: the config key to name in errors.

    Raises:
        InputError: a source that is given twice, a damaged pack, or as for `read_counts`.
    """
    real = [os.path.realpath(source) for source in sources]
    if len(set(real)) < len(real):
        raise InputError(f"{key}: a place is given twice, or a link to it: {', '.join(sources)}")
    counts: Counter[str] = Counter()
    for source in sources:
        is_table = source.lower().endswith(TABLE_SUFFIXES)
        counts.update(read_counts(source, key=key) if is_table else _count_pack(source, key))
    return dict(sorted(counts.items()))


def _count_pack(path: str, key: str) -> Counter[str]:
    check_genuine(path)
    counts: Counter[str] = Counter()
    for batch in read_batches(path, columns=["wnid"]):
        found = batch["wnid"].value_counts()
        pairs = zip(found.field("values"), found.field("counts"), strict=True)
        counts.update({str(wnid.as_py()): number.as_py() for wnid, number in pairs})
    if odd := next((wnid for wnid in counts if not WNID.fullmatch(wnid)), None):
        raise InputError(f"{key}: {path}: {odd!r} in column wnid is not a wnid, such as n02124075")
    return counts
