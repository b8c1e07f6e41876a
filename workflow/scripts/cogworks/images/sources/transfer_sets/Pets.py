"""Oxford-IIIT Pets, breeds."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.core.inputs import read_lines
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    data = "oxford-iiit-pet"
    for part, split in (("trainval", TRAIN), ("test", TEST)):
        for line in read_lines(root / data / "annotations" / f"{part}.txt"):
            image = line.split()[0]
            yield f"{data}/images/{image}.jpg", image.rsplit("_", 1)[0], split


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.OxfordIIITPet(root, download=True)


TRANSFER_SET = TransferSet(
    _read, classes=37, train=3680, test=3669, folder="oxford-iiit-pet", fetch=_fetch
)
