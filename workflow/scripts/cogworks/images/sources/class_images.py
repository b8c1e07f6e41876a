"""The images of one class: those in its folder or in its tar archive."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from cogworks.core.image_files import images_below, is_image, note_left_out
from cogworks.core.parallel import in_order
from cogworks.core.progress import track
from cogworks.core.tar_files import has_member, list_members


class Images(NamedTuple):
    """The images of a class, by name in a folder, in their order in an archive.

    Attributes:
        names: paths in the folder or archive.
        locators: positions of the first bytes in the archive, 0 in a folder.
        sizes: in bytes, -1 in a folder, where no file is looked at.
    """

    names: list[str]
    locators: list[int]
    sizes: list[int]


class Index(Protocol):
    """Knows the images of classes that were listed before, see `images.folder_index`."""

    def __contains__(self, entry: str) -> bool:
        """Say whether it knows a class, by the name of its folder or archive."""

    def images(self, entry: str) -> Images:
        """Return the images of a class that it knows."""


# Indices by the real path of the folder that each lists.
Indices = Mapping[str, Index]
NO_INDICES: Indices = {}


def list_class(place: Path) -> tuple[Images, Counter[str]]:
    """Return the images of a class, and how many other files were left out, by kind.

    A folder and those in it are each listed once; of an archive the headers are read.

    Raises:
        InputError: a folder that cannot be read, a damaged archive, a name that is not UTF-8; names
            the folder or archive.
    """
    left_out: Counter[str] = Counter()
    if not is_archive(place.name):
        start = len(str(place)) + 1
        names = [path[start:] for path in images_below(place, left_out)]
        return Images(names, [0] * len(names), [-1] * len(names)), left_out
    members = []
    for member in list_members(place):
        if is_image(member.name):
            members.append(member)
        else:
            note_left_out(member.name, left_out)
    images = Images(
        [member.name for member in members],
        [member.offset for member in members],
        [member.size for member in members],
    )
    return images, left_out


def has_images(place: Path) -> bool:
    """Say whether a class has images; an archive is read up to the first one."""
    if is_archive(place.name):
        return has_member(place, is_image)
    return bool(images_below(place, Counter()))


def is_archive(name: str) -> bool:
    """Say whether a class of this name is a tar archive, not a folder."""
    return name.lower().endswith(".tar")


def list_classes(
    places: Sequence[Path],
    *,
    label: str,
    left_out: Counter[str],
    workers: int,
    threads: bool = False,
    indices: Indices = NO_INDICES,
) -> Iterator[Images]:
    """Yield the images of classes, in order, with progress.

    Args:
        places: their folders and archives.
        label: names the work in the progress display.
        left_out: receives the counts of other files, by kind.
        workers: how many are listed at once.
        threads: whether by threads in place of processes.
        indices: what knows some of the classes already.

    Raises:
        InputError: see `list_class`.
    """
    folders = {folder: os.path.realpath(folder) for folder in {place.parent for place in places}}
    index = [_known(place, indices.get(folders[place.parent])) for place in places]
    unknown = [place for place, found in zip(places, index, strict=True) if found is None]
    listed = in_order(list_class, unknown, workers=workers, threads=threads)
    pairs = zip(places, index, strict=True)
    for place, found in track(pairs, label=label, total=len(places), unit="classes"):
        if found is not None:
            yield found.images(place.name)
            continue
        images, others = next(listed)
        left_out.update(others)
        yield images
    next(listed, None)


def _known(place: Path, index: Index | None) -> Index | None:
    return index if index is not None and place.name in index else None
