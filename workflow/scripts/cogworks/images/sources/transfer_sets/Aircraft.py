"""FGVC-Aircraft, variants."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.core.inputs import read_lines
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    data = "fgvc-aircraft-2013b/data"
    for part, split in (("trainval", TRAIN), ("test", TEST)):
        for line in read_lines(root / data / f"images_variant_{part}.txt"):
            image, _, variant = line.partition(" ")
            yield f"{data}/images/{image}.jpg", variant, split


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.FGVCAircraft(root, split="trainval", download=True)


TRANSFER_SET = TransferSet(
    _read, classes=100, train=6667, test=3333, folder="fgvc-aircraft-2013b", fetch=_fetch
)
