"""How many images each synset has: from a table, or by scanning an ImageNet folder."""

import csv
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cogworks.concepts.wnid_lists import WNID
from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.core.progress import track

COLUMNS = ("wnid", "images")
IMAGE_SUFFIXES = frozenset((".jpeg", ".jpg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"))


def read_counts(path: str | Path, *, key: str) -> dict[str, int]:
    """Read a CSV with the columns wnid and images (a whole number from 0).

    Raises:
        InputError: no such file, other columns, a wnid twice, or a value that is no count; names
            the line.
    """
    counts: dict[str, int] = {}
    try:
        with open(path, newline="", encoding="utf-8") as handle:
            reader = csv.DictReader(handle)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                raise InputError(f"{key}: {path}: columns wnid,images expected, found {found}")
            for row in reader:
                place = f"{key}: {path}, line {reader.line_num}"
                wnid, images = row["wnid"] or "", row["images"] or ""
                if not WNID.fullmatch(wnid):
                    raise InputError(f"{place}: {wnid!r} is no wnid, such as n02124075")
                if wnid in counts:
                    raise InputError(f"{place}: {wnid} stands there twice")
                if not (images.isascii() and images.isdigit()):
                    raise InputError(f"{place}: images is {images!r}, a whole number expected")
                counts[wnid] = int(images)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{key}: {path} cannot be read ({error})") from error
    if not counts:
        raise InputError(f"{key}: {path} holds no counts")
    return counts


def write_counts(counts: dict[str, int], path: str | Path) -> None:
    """Write counts as CSV, sorted by wnid."""
    with atomic(path) as partial, open(partial, "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(counts.items()))


def scan_folder(folder: str | Path, *, threads: int, key: str) -> dict[str, int]:
    """Count the images of each class below an ImageNet folder, in `threads` processes.

    A class is a folder or a tar archive named by its wnid; what else lies there is not looked at.
    In a class, files with an image's suffix count. An empty class counts 0.

    Raises:
        InputError: no such folder, no class in it, a class twice, or a damaged archive.
    """
    classes = _find_classes(Path(folder), key)
    counts: dict[str, int] = {}
    with ProcessPoolExecutor(max_workers=threads) as pool:
        results = pool.map(_count, classes.values(), chunksize=16)
        counted: Iterator[int] = track(
            results, label="scan image counts", total=len(classes), unit="classes"
        )
        for wnid, images in zip(classes, counted, strict=True):
            counts[wnid] = images
    return counts


def _find_classes(folder: Path, key: str) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{key}: no folder {folder}")
    classes: dict[str, Path] = {}
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            stem = entry.name.removesuffix(".tar")
            is_class = entry.is_dir() if stem == entry.name else entry.is_file()
            if not is_class or not WNID.fullmatch(stem):
                continue
            if stem in classes:
                raise InputError(f"{key}: {folder} holds {stem} both as a folder and as {stem}.tar")
            classes[stem] = Path(entry.path)
    if not classes:
        raise InputError(
            f"{key}: {folder} holds no classes; expected folders named by wnid, such as "
            "n02124075, or archives such as n02124075.tar"
        )
    return classes


def _count(path: Path) -> int:
    try:
        if path.suffix == ".tar":
            with tarfile.open(path, "r:") as archive:
                return sum(_is_image(member.name) for member in archive if member.isfile())
        with os.scandir(path) as entries:
            return sum(_is_image(entry.name) for entry in entries)
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{path} cannot be counted ({error})") from error


def _is_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES
