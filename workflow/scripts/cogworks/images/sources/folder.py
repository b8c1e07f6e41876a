"""Folders of image files: a folder a class, folders by number, or one flat folder."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.progress import track
from cogworks.images.sources.listing import listing, name_some, read_lines

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
)


def scan_classes(root: Path, folders: dict[str, Path], *, split: str, threads: int) -> pd.DataFrame:
    """List the images of classes that have a folder each, however deep below it.

    Args:
        root: ids are the paths relative to it.
        folders: class id -> folder.
        split: the split that all of them belong to, or empty.
        threads: folders read at once; the file system, not Python, is what takes the time.

    Raises:
        InputError: class folders are missing; the message names them.
    """
    missing = [f"{path} ({wnid})" for wnid, path in folders.items() if not path.is_dir()]
    if missing:
        raise InputError(f"{root}: {len(missing)} class folders are missing: {name_some(missing)}")
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(_images_below, folders.values())
        shown = track(found, label=f"listing {root}", total=len(folders), unit="classes")
        return listing(
            (_id(path, root), str(path), "file", 0, size, wnid, split)
            for wnid, images in zip(folders, shown, strict=True)
            for path, size in images
        )


def wnid_folders(root: Path, wnids: Sequence[str]) -> dict[str, Path]:
    """Return class id -> folder where the folders bear the class ids."""
    return {wnid: root / wnid for wnid in wnids}


def numbered_folders(root: Path, wnids: Sequence[str], numbered: Sequence[str]) -> dict[str, Path]:
    """Return class id -> folder where the folders bear numbers, as in ImageNet-v2.

    Args:
        root: holds the folders `0`, `1`, `2`, ... (also `000`): they are read as whole numbers,
            since sorting them as text puts `10` before `2`.
        wnids: the classes wanted.
        numbered: the class id of each number, from 0.

    Raises:
        InputError: a number stands for no class, two folders for one, or a class has no number.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    found: dict[str, Path] = {}
    for path in sorted(path for path in root.iterdir() if path.is_dir()):
        if not path.name.isdecimal() or int(path.name) >= len(numbered):
            raise InputError(f"{path}: expected folders named 0 to {len(numbered) - 1}")
        wnid = numbered[int(path.name)]
        if wnid in found:
            raise InputError(f"{path}: the same number as {found[wnid].name}")
        found[wnid] = path
    unknown = sorted(set(wnids) - set(numbered))
    if unknown:
        raise InputError(f"{root}: no number stands for {name_some(unknown)}; see source.mapping")
    return {wnid: found.get(wnid, root / str(numbered.index(wnid))) for wnid in wnids}


def scan_flat(root: Path, mapping: str | Path, wnids: Sequence[str], *, split: str) -> pd.DataFrame:
    """List the images of one flat folder whose classes stand in a file.

    Args:
        root: the folder.
        mapping: text file with a line `file-name class-id` for each image.
        wnids: the classes wanted.
        split: the split that all of them belong to, or empty.

    Raises:
        InputError: an image without a line, a line without an image, or a damaged line.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    classes: dict[str, str] = {}
    for line in read_lines(mapping):
        name, _, wnid = line.partition(" ")
        if not wnid.strip() or name in classes:
            raise InputError(f"{mapping}: expected one `file-name class-id` a file, got {line!r}")
        classes[name] = wnid.strip()
    images = dict(_images_below(root))
    names = {_id(path, root) for path in images}
    for problem, odd in (
        (f"images without a line in {mapping}", sorted(names - classes.keys())),
        (f"lines of {mapping} without an image", sorted(classes.keys() - names)),
    ):
        if odd:
            raise InputError(f"{root}: {len(odd)} {problem}: {name_some(odd)}")
    wanted = set(wnids)
    return listing(
        (_id(path, root), str(path), "file", 0, size, classes[_id(path, root)], split)
        for path, size in images.items()
        if classes[_id(path, root)] in wanted
    )


def _images_below(folder: Path) -> list[tuple[Path, int]]:
    """Return the images under a folder with their sizes in bytes, sorted by path."""
    return sorted(_walk(folder))


def _walk(folder: Path) -> Iterator[tuple[Path, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _walk(Path(entry.path))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                yield Path(entry.path), entry.stat().st_size


def _id(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
