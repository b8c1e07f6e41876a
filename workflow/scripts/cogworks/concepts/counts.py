"""How many images each synset has: from a table, or by scanning folders, tar files and packs."""

import csv
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cogworks.concepts.synset_tables import WNID
from cogworks.core.errors import InputError
from cogworks.core.files import atomic, read_parquet
from cogworks.core.image_files import count_images, is_image, note_left_out, report_left_out
from cogworks.core.inputs import check_genuine, read_text
from cogworks.core.progress import track
from cogworks.core.tar_files import list_members

COLUMNS = ("wnid", "images")
TABLE_SUFFIXES = (".csv", ".tsv")


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


def scan_sources(sources: Sequence[str], *, threads: int, key: str) -> dict[str, int]:
    """Count the images of each class in folders, packs and tables; counts of a class add up.

    Args:
        sources: ImageNet folders (see `scan_folder`), Parquet packs with a column `wnid`, and
            tables as for `read_counts`.
        threads: processes.
        key: the config key to name in errors.

    Raises:
        InputError: as for `scan_folder` and `read_counts`.
    """
    real = [os.path.realpath(source) for source in sources]
    if len(set(real)) < len(real):
        raise InputError(f"{key}: a place is given twice, or a link to it: {', '.join(sources)}")
    counts: Counter[str] = Counter()
    for source in sources:
        if source.lower().endswith(TABLE_SUFFIXES):
            counts.update(read_counts(source, key=key))
        elif source.lower().endswith(".parquet"):
            counts.update(_count_pack(source, key))
        else:
            counts.update(scan_folder(source, threads=threads, key=key))
    return dict(sorted(counts.items()))


def scan_folder(folder: str | Path, *, threads: int, key: str) -> dict[str, int]:
    """Count the images of each class below an ImageNet folder, in `threads` processes.

    A class is a folder or a tar archive named by its wnid; everything else is ignored.
    What counts as an image is what the manifests take (`core.image_files`). An empty class
    counts 0.

    Raises:
        InputError: no such folder, no class in it, a class twice, or a damaged archive.
    """
    classes = _find_classes(Path(folder), key)
    counts: dict[str, int] = {}
    left_out: Counter[str] = Counter()
    with ProcessPoolExecutor(max_workers=threads) as pool:
        results = pool.map(_count, classes.values(), chunksize=16)
        counted: Iterator[tuple[int, Counter[str]]] = track(
            results, label="scan image counts", total=len(classes), unit="classes"
        )
        for wnid, (images, others) in zip(classes, counted, strict=True):
            counts[wnid] = images
            left_out.update(others)
    report_left_out(left_out, folder)
    return counts


def _find_classes(folder: Path, key: str) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{key}: no folder {folder}")
    classes: dict[str, Path] = {}
    odd: list[str] = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            stem = entry.name[:-4] if _is_tar(entry.name) else entry.name
            is_class = entry.is_dir() if stem == entry.name else entry.is_file()
            if not is_class or not WNID.fullmatch(stem):
                if WNID.match(entry.name):
                    odd.append(entry.name)
                continue
            if stem in classes:
                raise InputError(f"{key}: {folder} holds {stem} both as a folder and as {stem}.tar")
            classes[stem] = Path(entry.path)
    if odd:
        print(
            f"warning: {key}: {folder}: not counted, since they are neither folders named by wnid "
            f"nor their archives (.tar): {len(odd)}, first {odd[0]}",
            file=sys.stderr,
        )
    if not classes:
        names = ", ".join(sorted(os.listdir(folder))[:5]) or "nothing"
        raise InputError(
            f"{key}: {folder} holds no classes, but {names}; expected folders named by wnid, such "
            "as n02124075, or archives such as n02124075.tar"
        )
    return classes


def _count(path: Path) -> tuple[int, Counter[str]]:
    left_out: Counter[str] = Counter()
    if not _is_tar(path.name):
        return count_images(path, left_out), left_out
    names = [member.name for member in list_members(path)]
    for name in names:
        if not is_image(name):
            note_left_out(name, left_out)
    return len(names) - left_out.total(), left_out


def _is_tar(name: str) -> bool:
    return name.lower().endswith(".tar")


def _count_pack(path: str, key: str) -> Counter[str]:
    check_genuine(path)
    counts = Counter(str(wnid) for wnid in read_parquet(path, columns=["wnid"])["wnid"])
    if odd := next((wnid for wnid in counts if not WNID.fullmatch(wnid)), None):
        raise InputError(f"{key}: {path}: {odd!r} in column wnid is not a wnid, such as n02124075")
    return counts
