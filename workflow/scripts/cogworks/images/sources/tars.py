"""Tar files, read in place: WebDataset samples, or a tar file a class as ImageNet is shipped."""

import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.images.parallel import map_ordered
from cogworks.images.sources.folder import SUFFIXES
from cogworks.images.sources.listing import listing, name_some

Row = tuple[str, str, str, int, int, str, str]


def scan_class_tars(root: Path, wnids: Sequence[str], *, split: str, workers: int) -> pd.DataFrame:
    """List the images of `<root>/<wnid>.tar`, one tar file a class.

    Raises:
        InputError: tar files are missing or damaged; the message names them.
    """
    tars = [root / f"{wnid}.tar" for wnid in wnids]
    if missing := [tar.name for tar in tars if not tar.is_file()]:
        raise InputError(f"{root}: {len(missing)} class tar files missing: {name_some(missing)}")
    scan = partial(_class_tar, split=split)
    results = map_ordered(scan, tars, workers=workers, label=f"listing {root}", unit="tars")
    return listing(row for rows in results for row in rows)


def scan_samples(
    tars: Sequence[Path],
    *,
    class_field: str,
    numbered: Sequence[str] | None,
    split: str,
    workers: int,
) -> pd.DataFrame:
    """List the images of WebDataset tar files.

    Files that share the path up to the first dot of their name are one sample: an image, and its
    class in a `.json` file under `class_field`, or in a `.cls` file.

    Args:
        tars: the files.
        class_field: key of the class id in the JSON.
        numbered: where classes are numbers, the class id of each, from 0.
        split: the split that all of them belong to, or empty.
        workers: processes.

    Raises:
        InputError: a damaged tar file, or a sample without image or class.
    """
    scan = partial(_sample_tar, class_field=class_field, numbered=numbered, split=split)
    results = map_ordered(scan, list(tars), workers=workers, label="listing tar files", unit="tars")
    return listing(row for rows in results for row in rows)


def _class_tar(path: Path, *, split: str) -> list[Row]:
    return [
        (
            f"{path.name}/{member.name}",
            str(path),
            "tar",
            member.offset_data,
            member.size,
            path.stem,
            split,
        )
        for member, _ in _members(path)
        if _is_image(member.name)
    ]


def _sample_tar(
    path: Path, *, class_field: str, numbered: Sequence[str] | None, split: str
) -> list[Row]:
    images: dict[str, tarfile.TarInfo] = {}
    classes: dict[str, str] = {}
    for member, archive in _members(path):
        folder, name = os.path.split(member.name)
        stem, _, suffix = name.partition(".")
        key = os.path.join(folder, stem)
        if _is_image(name):
            if key in images:
                raise InputError(f"{path}: sample {key} has two images")
            images[key] = member
        elif suffix in ("json", "cls") and (suffix == "json" or key not in classes):
            text = _read(archive, member)
            value = _json_class(text, class_field) if suffix == "json" else text.strip()
            if value is not None:
                classes[key] = _class_id(value, numbered, f"{path}: {member.name}")
    if odd := sorted(images.keys() ^ classes.keys()):
        raise InputError(
            f"{path}: {len(odd)} samples lack an image or a class (key {class_field} of their "
            f"JSON, or a .cls file): {name_some(odd)}"
        )
    return [
        (f"{path.name}/{key}", str(path), "tar", image.offset_data, image.size, classes[key], split)
        for key, image in images.items()
    ]


def _members(path: Path) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    try:
        # "r:" refuses compressed archives: they cannot be read from the middle.
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                if member.isreg():
                    yield member, archive
    except (tarfile.TarError, OSError) as error:
        raise InputError(f"{path}: not a readable, uncompressed tar file ({error})") from error


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    handle = archive.extractfile(member)
    assert handle is not None  # members are regular files
    return handle.read().decode("utf-8")


def _json_class(text: str, field: str) -> Any:
    try:
        return json.loads(text).get(field)
    except (ValueError, AttributeError):
        return None


def _class_id(value: Any, numbered: Sequence[str] | None, where: str) -> str:
    if numbered is None:
        return str(value)
    try:
        return numbered[int(value)]
    except (ValueError, IndexError, TypeError) as error:
        raise InputError(
            f"{where}: class {value!r} is no number from 0 to {len(numbered) - 1}"
        ) from error


def _is_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES
