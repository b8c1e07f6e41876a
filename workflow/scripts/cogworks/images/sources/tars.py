"""Tar files, read in place: WebDataset samples, or a tar file a class as ImageNet is shipped."""

import json
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.image_files import is_image, report_left_out
from cogworks.core.inputs import decode_text
from cogworks.core.parallel import map_ordered
from cogworks.core.tar_files import Member, list_members
from cogworks.images.sources.class_images import NO_INDICES, Indices, has_images, list_classes
from cogworks.images.sources.labels import class_id
from cogworks.images.sources.listing import (
    BLOCK,
    Row,
    canonical,
    class_listing,
    joined,
    listings,
    name_some,
)
from cogworks.images.sources.places import distinct_names

Named = tuple[str, Path]

# What the members of a sample that hold its class are called; the first that is there counts.
JSON = "json"
LABELS = (JSON, "cls", "target.cls")


def scan_class_tars(
    tars: Sequence[Path],
    wnids: Sequence[str] | None,
    *,
    split: str,
    workers: int,
    indices: Indices = NO_INDICES,
) -> Iterator[pd.DataFrame]:
    """List the images of tar files that each hold a class and are named by it.

    Args:
        tars: the files; several may hold images of one class.
        wnids: the classes wanted; None for all, sorted.
        split: the split that all of them belong to, or empty.
        workers: processes.
        indices: what knows some of the files already.

    Yields:
        the listing of each `BLOCK` of classes.

    Raises:
        InputError: tar files are missing or damaged; the message names them.
    """
    of_class: dict[str, list[Named]] = {}
    # Named among all of them, so that an id is the same whichever classes are wanted.
    for name, tar in _named(tars):
        of_class.setdefault(canonical(tar.stem), []).append((name, tar))
    wanted = sorted(of_class) if wnids is None else wnids
    if missing := sorted(f"{wnid}.tar" for wnid in wanted if wnid not in of_class):
        where = name_some(sorted({str(tar.parent) for tar in tars}))
        raise InputError(f"{where}: {len(missing)} class tar files missing: {name_some(missing)}")
    left_out: Counter[str] = Counter()
    listed = list_classes(
        [tar for wnid in wanted for _, tar in of_class[wnid]],
        label=_LABEL,
        left_out=left_out,
        workers=workers,
        indices=indices,
    )
    for start in range(0, len(wanted), BLOCK):
        yield joined(
            [
                class_listing(
                    next(listed),
                    ids=f"{name}/",
                    place=str(tar),
                    inside=True,
                    wnid=wnid,
                    split=split,
                )
                for wnid in wanted[start : start + BLOCK]
                for name, tar in of_class[wnid]
            ]
        )
    next(listed, None)
    report_left_out(left_out, "class tar files")


def classes_with_images(tars: Sequence[Path], *, workers: int) -> set[str]:
    """Return the classes of tar files that each hold a class, where there is an image.

    Raises:
        InputError: a damaged tar file.
    """
    found = map_ordered(has_images, tars, workers=workers, label=_LABEL, unit="tars")
    return {canonical(tar.stem) for tar, there in zip(tars, found, strict=True) if there}


def scan_samples(
    tars: Sequence[Path],
    *,
    class_field: str,
    numbered: Sequence[str] | None,
    split: str,
    workers: int,
) -> Iterator[pd.DataFrame]:
    """List the images of WebDataset tar files, some at a time.

    Files that share the path up to the first dot of their name are one sample: an image, and its
    class in a `.json` file under `class_field`, or in a `.cls` or `.target.cls` file.

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
    results = map_ordered(scan, _named(tars), workers=workers, label=_LABEL, unit="tars")
    return listings(row for rows in results for row in rows)


_LABEL = "listing tar files"


def _named(tars: Sequence[Path]) -> list[Named]:
    return list(zip(distinct_names(tars), tars, strict=True))


def _sample_tar(
    named: Named, *, class_field: str, numbered: Sequence[str] | None, split: str
) -> list[Row]:
    name, path = named
    images: dict[str, Member] = {}
    labels: dict[tuple[str, str], Any] = {}
    for member in list_members(path, wanted=lambda name: _sample_of(name)[1] in LABELS):
        key, field = _sample_of(member.name)
        if is_image(member.name):
            if key in images:
                raise InputError(
                    f"{path}: {images[key].name} and {member.name} are two images of one sample: "
                    "files belong together up to the first dot of their names"
                )
            images[key] = member
        elif field in LABELS:
            labels[key, field] = _label(path, member, class_field if field == JSON else None)
    classes = _classes(path, labels, numbered)
    if odd := sorted(images.keys() ^ classes.keys()):
        raise InputError(
            f"{path}: {len(odd)} samples lack an image or a class (key {class_field} of their "
            f"JSON, or a .cls file): {name_some(odd)}"
        )
    return [
        (f"{name}/{key}", str(path), "tar", image.offset, image.size, classes[key], split)
        for key, image in images.items()
    ]


def _sample_of(member: str) -> tuple[str, str]:
    """Return the key of the sample that a member belongs to, and which of its fields it is."""
    folder, name = posixpath.split(member)
    stem, _, field = name.partition(".")
    return posixpath.join(folder, stem), field.lower()


def _classes(
    path: Path, labels: dict[tuple[str, str], Any], numbered: Sequence[str] | None
) -> dict[str, str]:
    """Return sample -> class id, from the first of `LABELS` that says something."""
    classes: dict[str, str] = {}
    for wanted in LABELS:
        for (key, field), label in labels.items():
            if field == wanted and label is not None and key not in classes:
                classes[key] = class_id(label, numbered, f"{path}: {key}.{field}")
    return classes


def _label(path: Path, member: Member, json_field: str | None) -> Any:
    """Return what a member says of the class: its text, or the value of a key of its JSON."""
    where = f"{path}: {member.name}"
    text = decode_text(member.content, where)
    if json_field is None:
        return text
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not valid JSON ({error})") from error
    if not isinstance(content, dict):
        raise InputError(f"{where}: expected a JSON object with the class under {json_field!r}")
    return content.get(json_field)
