"""Caltech-256, with its class of clutter; it has no split of its own."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.images.sources.class_folders import read_class_folders
from cogworks.images.sources.transfer_sets import Entry, TransferSet

FOLDER = "caltech256/256_ObjectCategories"


def _read(root: Path) -> Iterator[Entry]:
    return read_class_folders(root, FOLDER)


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.Caltech256(root, download=True)


TRANSFER_SET = TransferSet(_read, classes=257, train=30607, test=0, folder=FOLDER, fetch=_fetch)
