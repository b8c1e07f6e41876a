"""Food-101."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.core.inputs import read_lines
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    for split in (TRAIN, TEST):
        for line in read_lines(root / "food-101" / "meta" / f"{split}.txt"):
            yield f"food-101/images/{line}.jpg", line.split("/")[0], split


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.Food101(root, download=True)


TRANSFER_SET = TransferSet(
    _read, classes=101, train=75750, test=25250, folder="food-101", fetch=_fetch
)
