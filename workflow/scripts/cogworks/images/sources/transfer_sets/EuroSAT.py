"""EuroSAT in colour; it has no split of its own."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.images.sources.class_folders import read_class_folders
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    return read_class_folders(root, "eurosat/2750")


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.EuroSAT(root, download=True)


TRANSFER_SET = TransferSet(
    _read, classes=10, train=27000, test=0, folder="eurosat/2750", fetch=_fetch
)
