"""Describable Textures, partition 1."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.core.inputs import read_lines
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    data = "dtd/dtd"
    for part, split in (("train", TRAIN), ("val", TRAIN), ("test", TEST)):
        for line in read_lines(root / data / "labels" / f"{part}1.txt"):
            yield f"{data}/images/{line}", line.split("/")[0], split


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.DTD(root, download=True)


TRANSFER_SET = TransferSet(_read, classes=47, train=3760, test=1880, folder="dtd", fetch=_fetch)
