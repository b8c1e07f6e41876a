"""What a folder of photographs holds: a folder for each class, or torchvision's data sets.

A glance before work starts: file names and sizes, no pixels.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.image_files import images_below, is_image
from cogworks.core.inputs import is_hidden
from cogworks.core.words import counted
from cogworks.images.sources.listing import canonical, name_some
from cogworks.images.sources.places import SPLITS
from cogworks.images.sources.transfer import scan_transfer
from cogworks.images.sources.transfer_sets import TRANSFER_SETS

# Images of a class: one to test, one to choose hyper-parameters by, and two to learn from.
FEWEST = 4
LAYOUT = "expected a folder with one folder of images for each class"


@dataclass(frozen=True)
class Photographs:
    """The photographs of a folder.

    Attributes:
        folder: its absolute path.
        classes: how many images each class folder holds; empty for data sets of torchvision.
        datasets: which of these there are; empty for class folders.
        digest: of the names and sizes of all images.
        left_out: a sentence on files that are not used, or an empty text.
    """

    folder: Path
    classes: dict[str, int]
    datasets: list[str]
    digest: str
    left_out: str = ""

    @property
    def fewest(self) -> int:
        """Return how many images the smallest class folder has."""
        return min(self.classes.values())


def look(folder: Path, known: list[str]) -> Photographs:
    """Return what a folder holds.

    Args:
        folder: its absolute path.
        known: the data sets of torchvision that may be in it.

    Raises:
        InputError: it holds neither kind, or not all of it; says what to do.
    """
    _check_place(folder)
    found = {name: TRANSFER_SETS.load(name) for name in known}
    datasets = [name for name, one in found.items() if one.folder and one.is_there(folder)]
    if datasets:
        return _torchvision(folder, datasets)
    left_out: Counter[str] = Counter()
    images = _images(folder, left_out)
    _check_classes(folder, {name: len(files) for name, files in images.items()})
    if empty := [path for files in images.values() for path, size in files if not size]:
        raise InputError(
            f"{folder}: {counted(len(empty), 'empty image')} ({name_some(empty)}): the copy is not "
            "complete; fetch them again, or delete them"
        )
    return Photographs(
        folder=folder,
        classes={name: len(files) for name, files in images.items()},
        datasets=[],
        digest=_digest(f"{path} {size}" for files in images.values() for path, size in files),
        left_out=_left_out(left_out),
    )


def _check_place(folder: Path) -> None:
    if folder.is_file():
        raise InputError(f"{folder}: is a file; {LAYOUT} (docs/your-data.md has other sources)")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; {LAYOUT}")


def _torchvision(folder: Path, datasets: list[str]) -> Photographs:
    """Return the data sets, each of which must be complete."""
    frames = [scan_transfer(name, folder) for name in datasets]
    rows = (f"{i} {n}" for f in frames for i, n in zip(f["id"], f["size"], strict=True))
    return Photographs(folder=folder, classes={}, datasets=datasets, digest=_digest(rows))


def _images(folder: Path, left_out: Counter[str]) -> dict[str, list[tuple[str, int]]]:
    """Return paths and sizes of the images by class folder; count other files in `left_out`."""
    names = sorted(name for name in os.listdir(folder) if not is_hidden(name))
    folders = [name for name in names if (folder / name).is_dir()]
    loose = sum(is_image(name) for name in names if name not in folders)
    if not folders:
        found = (
            f"it holds {counted(loose, 'image')} and no folder" if loose else "it holds no images"
        )
        raise InputError(f"{folder}: {found}; {LAYOUT}")
    if all(name.lower() in SPLITS for name in folders):
        raise InputError(
            f"{folder}: its folders are splits, not classes ({', '.join(folders)}); name one of "
            f"them, such as {folder / folders[0]} (its images are divided here), or write a config "
            "with train_path and test_path (docs/your-data.md)"
        )
    left_out["images beside the class folders"] += loose
    images = {canonical(name): images_below(folder / name, left_out) for name in folders}
    return {
        name: [(path, os.path.getsize(path)) for path in paths] for name, paths in images.items()
    }


def _left_out(counts: Counter[str]) -> str:
    found = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()) if count)
    return f"Left out, since they are not images in a class folder: {found}." if found else ""


def _check_classes(folder: Path, counts: dict[str, int]) -> None:
    if not any(counts.values()):
        raise InputError(f"{folder}: no images in its {counted(len(counts), 'folder')}; {LAYOUT}")
    if len(counts) == 1:
        raise InputError(
            f"{folder}: {next(iter(counts))} is its only class folder, and one class cannot be "
            f"told from others; {LAYOUT}"
        )
    if few := [f"{name} ({count})" for name, count in counts.items() if count < FEWEST]:
        raise InputError(
            f"{folder}: {len(few)} of {len(counts)} class folders have fewer than {FEWEST} images: "
            f"{name_some(few)}; add images, or move these folders away"
        )


def _digest(rows: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
