"""Files that name the training and the test images of each class (thesis 3.3.3).

The authors of ImageNet-CoG publish theirs as `cog_concepts_split_file.pkl`: for each wnid `train`
and `test`, each an array of file names below the folder of ImageNet-21K.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.plain_data import read_plain, texts_of
from cogworks.images.sources.listing import TEST, TRAIN, canonical, name_some

# Class -> name of an image -> its split, or `FOUND` once the image was met.
Named = dict[str, dict[str, str]]
FOUND = ""


def divide(
    frames: Iterable[pd.DataFrame], path: str, wnids: Sequence[str] | None
) -> Iterator[pd.DataFrame]:
    """Yield the images that a file names, with their splits; the others are left out.

    Args:
        frames: listings (`listing.COLUMNS`).
        path: the file, JSON or a pickle.
        wnids: the classes wanted; None for those of the listings.

    Raises:
        InputError: the file has another form, lacks a class, names an image twice, or names images
            that are not in the listings or there twice; the message names them.
    """
    content = read_plain(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected the images of each class, got {type(content).__name__}")
    named = _read(content, path, wnids or ())
    for frame in frames:
        if wnids is None:
            named |= _read(content, path, sorted(set(frame["wnid"].unique()) - named.keys()))
        splits = _take(frame, named)
        yield frame.assign(split=splits)[[split is not None for split in splits]]
    _check_found(path, named)


def _take(frame: pd.DataFrame, named: Named) -> list[str | None]:
    """Return the split of each image, None of those that are not named."""
    splits: list[str | None] = []
    twice: list[str] = []
    for wnid, image in zip(frame["wnid"], frame["id"], strict=True):
        of_class, name = named.get(wnid, {}), posixpath.basename(image)
        splits.append(of_class.get(name))
        if splits[-1] is not None:
            twice += [name] * (splits[-1] == FOUND)
            of_class[name] = FOUND
    if twice:
        raise InputError(f"the source: {len(twice)} names twice in their class: {name_some(twice)}")
    return splits


def _check_found(path: str, named: Named) -> None:
    lost = {
        wnid: names
        for wnid, images in named.items()
        if (names := [name for name, split in images.items() if split != FOUND])
    }
    if lost:
        names = [f"{wnid}/{name}" for wnid, of_class in lost.items() for name in of_class]
        raise InputError(
            f"{len(names)} of the {sum(map(len, named.values()))} images that {path} names are "
            f"missing, of {len(lost)} of {len(named)} classes: {name_some(names)}; complete the "
            "copy"
        )


def _read(content: dict[Any, Any], path: str, classes: Sequence[str]) -> Named:
    """Return what a file says of some classes."""
    if lacking := [wnid for wnid in classes if wnid not in content]:
        raise InputError(
            f"{path}: nothing on {len(lacking)} of {len(classes)} classes: {name_some(lacking)}"
        )
    named: Named = {wnid: {} for wnid in classes}
    twice: list[str] = []
    for wnid, split, text in _entries(content, path, classes):
        name = posixpath.basename(canonical(text))
        twice += [name] * (name in named[wnid])
        named[wnid][name] = split
    if twice:
        raise InputError(f"{path}: {len(twice)} names twice in their class: {name_some(twice)}")
    return named


def _entries(
    content: dict[Any, Any], path: str, classes: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    for wnid in classes:
        entry = content[wnid]
        if not isinstance(entry, dict) or not {TRAIN, TEST} <= entry.keys():
            raise InputError(f"{path}: {wnid}: expected `{TRAIN}` and `{TEST}`")
        for split in (TRAIN, TEST):
            for text in texts_of(entry[split], f"{path}: {wnid}, {split}"):
                yield wnid, split, text
