"""Folders of image files: a folder a class, folders by number, or flat folders with a list."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.image_files import FOLDER, find_images, is_image, kind_of, report_left_out
from cogworks.core.inputs import is_hidden
from cogworks.images.sources.class_images import NO_INDICES, Indices, list_classes
from cogworks.images.sources.flat_images import FlatImages
from cogworks.images.sources.labels import class_id
from cogworks.images.sources.listing import (
    BLOCK,
    canonical,
    class_listing,
    joined,
    listings,
    name_some,
)
from cogworks.images.sources.mapping import read_mapping
from cogworks.images.sources.places import SPLITS, distinct_names


def scan_classes(
    roots: Sequence[Path],
    wnids: Sequence[str],
    *,
    numbered: Sequence[str] | None,
    split: str,
    threads: int,
    indices: Indices = NO_INDICES,
) -> Iterator[pd.DataFrame]:
    """List the images of classes that have a folder each, however deep below it.

    Args:
        roots: folders of class folders; a class may have one in each. Ids are paths relative to
            them, with the root's name in front where there are several.
        wnids: the classes wanted.
        numbered: where folders bear numbers (as in ImageNet-v2), the class id of each, from 0; None
            where they bear the class ids.
        split: the split that all of them belong to, or empty.
        threads: folders read at once; the file system, not Python, is what takes the time.
        indices: what knows some of the classes already.

    Yields:
        the listing of each `BLOCK` of classes.

    Raises:
        InputError: class folders are missing or doubled; the message names them.
    """
    find = folders_by_name if numbered is None else _folders_by_number
    found = {root: find(root, numbered or wnids) for root in roots}
    _check_complete(found, wnids, numbered)
    prefixes = _prefixes(roots)
    places = [
        [(wnid, root, folders[wnid]) for root, folders in found.items() if wnid in folders]
        for wnid in wnids
    ]
    left_out: Counter[str] = Counter()
    where = name_some([str(root) for root in roots])
    listed = list_classes(
        [folder for _, _, folder in chain.from_iterable(places)],
        label=f"listing {where}",
        left_out=left_out,
        workers=threads,
        threads=True,
        indices=indices,
    )
    for start in range(0, len(wnids), BLOCK):
        frames = []
        for wnid, root, folder in chain.from_iterable(places[start : start + BLOCK]):
            images = next(listed)
            _check_one_split(folder, images.names)
            ids = f"{prefixes[root]}{folder.relative_to(root).as_posix()}/"
            place = str(folder)
            frames.append(
                class_listing(images, ids=ids, place=place, inside=False, wnid=wnid, split=split)
            )
        yield joined(frames)
    next(listed, None)
    report_left_out(left_out, where)


def scan_flat(
    roots: Sequence[Path], mapping: str, *, numbered: Sequence[str] | None, split: str
) -> Iterator[pd.DataFrame]:
    """List the images of flat folders whose classes stand in a file, some at a time.

    Args:
        roots: the folders.
        mapping: the file, see `mapping.read_mapping`.
        numbered: where it gives numbers, the class id of each, from 0; else None.
        split: the split that all of them belong to, or empty.

    Raises:
        InputError: an image without a line, a line without an image, a damaged line, or no room for
            the names on disk.
    """
    prefixes = list(_prefixes(roots).values())
    try:
        with closing(FlatImages(_names_in(roots))) as images:
            _classify(images, roots, mapping, numbered)
            yield from listings(
                (prefixes[folder] + name, f"{roots[folder]}/{name}", "file", 0, -1, wnid, split)
                for folder, name, wnid in images.labelled()
            )
    except sqlite3.OperationalError as error:
        raise InputError(
            f"{mapping}: its images are looked up in a temporary file, which failed ({error}); "
            "set TMPDIR to a folder on a disk with more room"
        ) from error


def _names_in(roots: Sequence[Path]) -> Iterator[tuple[int, str]]:
    left_out: Counter[str] = Counter()
    for folder, root in enumerate(roots):
        for path in find_images(root, left_out):
            yield folder, path[len(str(root)) + 1 :]
    report_left_out(left_out, name_some([str(root) for root in roots]))


def _classify(
    images: FlatImages, roots: Sequence[Path], mapping: str, numbered: Sequence[str] | None
) -> None:
    """Give each image the class of its line."""
    where = name_some([str(root) for root in roots])
    number, names = images.repeated()
    if number:
        raise InputError(
            f"{where}: {number} image{'s' * (number != 1)} in several of these folders, which "
            f"{mapping} cannot tell apart: {name_some(names, of=number)}"
        )
    for line, label in read_mapping(mapping, images):
        image = images.find(line)
        if image is None:
            images.lose(line)
        elif not images.label(image, class_id(label, numbered, f"{mapping}: {line}")):
            raise InputError(f"{mapping}: expected one line a file, got two of {line!r}")
    for problem, (number, names) in (
        (f"images without a line in {mapping}", images.unlabelled()),
        (f"lines of {mapping} without an image", images.lost()),
    ):
        if number:
            raise InputError(f"{where}: {number} {problem}: {name_some(names, of=number)}")


def _prefixes(roots: Sequence[Path]) -> dict[Path, str]:
    names = [f"{name}/" for name in distinct_names(roots)] if len(roots) > 1 else [""]
    return dict(zip(roots, names, strict=True))


def folders_by_name(root: Path, wnids: Sequence[str]) -> dict[str, Path]:
    """Return the folders in `root` by name, and deeper ones that are among `wnids`."""
    found: dict[str, Path] = {}
    for path in _subfolders(root):
        name = canonical(path.name)
        if name in found:
            raise InputError(f"{path}: the same name as {found[name]}, in another Unicode form")
        found[name] = path
    # A class of two levels, such as SUN397's `a/apse/indoor`, is a folder in a folder.
    deeper = [wnid for wnid in wnids if "/" in wnid and (root / wnid).is_dir()]
    return found | {wnid: root / wnid for wnid in deeper}


def _folders_by_number(root: Path, numbered: Sequence[str]) -> dict[str, Path]:
    """Read names as whole numbers (also `007`), since as text `10` comes before `2`."""
    found: dict[str, Path] = {}
    for path in _subfolders(root):
        name = path.name
        if not (name.isascii() and name.isdecimal()) or int(name) >= len(numbered):
            raise InputError(f"{path}: expected folders named 0 to {len(numbered) - 1}")
        wnid = numbered[int(name)]
        if wnid in found:
            raise InputError(f"{path}: the same number as {found[wnid].name}")
        found[wnid] = path
    return found


def _subfolders(root: Path) -> Iterator[Path]:
    """Yield the folders in `root`, also links to folders, by name; warn of images beside them."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    beside: Counter[str] = Counter()
    with os.scandir(root) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if is_hidden(entry.name):
                continue
            if kind_of(entry) == FOLDER:
                yield root / entry.name
            elif is_image(entry.name):
                beside["beside the class folders"] += 1
    report_left_out(beside, root)


def _check_complete(
    found: dict[Path, dict[str, Path]], wnids: Sequence[str], numbered: Sequence[str] | None
) -> None:
    there = {wnid for folders in found.values() for wnid in folders}
    missing = [wnid for wnid in wnids if wnid not in there]
    if not missing:
        return
    roots = name_some([str(root) for root in found])
    if numbered is not None:
        numbers = {wnid: str(number) for number, wnid in enumerate(numbered)}
        if unknown := sorted(set(missing) - numbers.keys()):
            raise InputError(
                f"{roots}: no number stands for {name_some(unknown)}; see source.mapping"
            )
        missing = [f"{numbers[wnid]} ({wnid})" for wnid in missing]
    names = sorted(path.name for folders in found.values() for path in folders.values())
    raise InputError(
        f"{roots}: {len(missing)} class folder{'s' * (len(missing) != 1)} missing: "
        f"{name_some(missing)}; there are {name_some(names) or 'none'}"
    )


def _check_one_split(folder: Path, images: Sequence[str]) -> None:
    inside = {image.partition("/")[0] for image in images if "/" in image}
    splits = {SPLITS[name.lower()]: name for name in sorted(inside) if name.lower() in SPLITS}
    if len(splits) > 1:
        raise InputError(
            f"{folder}: a class folder with folders of several splits in it "
            f"({', '.join(splits.values())}); put class folders into those of the splits instead, "
            "for train_path and test_path"
        )
