"""Oxford Flowers 102; its classes are the publisher's numbers, 001 to 102."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.matlab import read_variable
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    data = "flowers-102"
    labels = read_variable(root / data / "imagelabels.mat", "labels")
    for part, split in (("trnid", TRAIN), ("valid", TRAIN), ("tstid", TEST)):
        for image in map(int, read_variable(root / data / "setid.mat", part)):
            yield f"{data}/jpg/image_{image:05d}.jpg", f"{int(labels[image - 1]):03d}", split


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.Flowers102(root, download=True)


TRANSFER_SET = TransferSet(
    _read, classes=102, train=2040, test=6149, folder="flowers-102", fetch=_fetch
)
