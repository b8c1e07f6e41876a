"""Caltech-101, without its pictures of anything; it has no split of its own."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.images.sources.class_folders import read_class_folders
from cogworks.images.sources.transfer_sets import Entry, TransferSet

FOLDER = "caltech101/101_ObjectCategories"


def _read(root: Path) -> Iterator[Entry]:
    return read_class_folders(root, FOLDER, left_out=("BACKGROUND_Google",))


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.Caltech101(root, download=True)


TRANSFER_SET = TransferSet(_read, classes=101, train=8677, test=0, folder=FOLDER, fetch=_fetch)
