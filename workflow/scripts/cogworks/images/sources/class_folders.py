"""Data sets that come as a folder for each class, without a split of their own.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import is_hidden
from cogworks.images.sources.listing import UNSPLIT
from cogworks.images.sources.transfer_sets import Entry


def read_class_folders(
    root: Path, folder: str, *, left_out: Collection[str] = ()
) -> Iterator[Entry]:
    """Yield the JPEGs of a data set by class, those right in its folder.

    Args:
        root: torchvision's root folder.
        folder: that of the class folders, below it.
        left_out: class folders that hold no class.

    Raises:
        InputError: there is no such folder.
    """
    place = root / folder
    if not place.is_dir():
        raise InputError(f"{place}: no such folder")
    for path in sorted(place.glob("*/*.jpg")):
        if not is_hidden(path.name) and path.parent.name not in left_out:
            yield path.relative_to(root).as_posix(), path.parent.name, UNSPLIT
