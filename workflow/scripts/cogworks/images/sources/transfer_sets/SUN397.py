"""SUN397, partition 01; its lists come in an archive of their own (Partitions.zip)."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.core.inputs import read_lines
from cogworks.images.sources.by_hand import ByHand
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.transfer_sets import Entry, TransferSet

BY_HAND = ByHand(
    files=("Training_01.txt", "Testing_01.txt"),
    folders=("SUN397", "Partitions"),
    fetched="SUN397",
    advice="unpack Partitions.zip (vision.princeton.edu/projects/2010/SUN) there",
)


def _read(root: Path) -> Iterator[Entry]:
    for part, split in (("Training", TRAIN), ("Testing", TEST)):
        for line in read_lines(BY_HAND.find(f"{part}_01.txt", root)):
            # A line is `/a/airfield/sun_x.jpg`; a class can have two levels (`/a/apse/indoor`).
            yield f"SUN397{line}", line.rsplit("/", 1)[0][3:], split


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.SUN397(root, download=True)


TRANSFER_SET = TransferSet(
    _read,
    classes=397,
    train=19850,
    test=19850,
    folder="SUN397",
    fetch=_fetch,
    by_hand=BY_HAND,
)
