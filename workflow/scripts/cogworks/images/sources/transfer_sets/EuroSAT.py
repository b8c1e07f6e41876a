"""EuroSAT in colour; it has no split of its own."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import is_hidden
from cogworks.images.sources.listing import UNSPLIT
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def _read(root: Path) -> Iterator[Entry]:
    data = root / "eurosat" / "2750"
    if not data.is_dir():
        raise InputError(f"{data}: no such folder")
    for path in sorted(data.glob("*/*.jpg")):
        if not is_hidden(path.name):
            yield path.relative_to(root).as_posix(), path.parent.name, UNSPLIT


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.EuroSAT(root, download=True)


TRANSFER_SET = TransferSet(_read, classes=10, train=27000, test=0, fetch=_fetch)
