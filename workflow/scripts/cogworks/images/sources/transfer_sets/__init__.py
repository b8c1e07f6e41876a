"""Torchvision's data sets: those for transfer (thesis 4.4), and others of CoG-lite.

There is one file each, named as in the config.

Each is read from the folders that torchvision's classes make, and by its own lists rather than
through torchvision: its EuroSAT and SUN397 know no split, its INaturalist mixes training and
validation images, and none shows its file list publicly. Training and validation images together
are the training images.

Imported while the DAG is planned: a set imports what reads or downloads only where it is used.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.core.registry import Registry
from cogworks.images.sources.by_hand import ByHand

if TYPE_CHECKING:
    import pandas as pd

# (path below the root, class, split)
Entry = tuple[str, str, str]


@dataclass(frozen=True)
class TransferSet:
    """One data set: how its lists are read, and what a complete copy holds.

    Attributes:
        read: yields its entries, given the root folder.
        classes, train, test: number of classes and of images; for a set without a split of its
            own, `train` counts all images.
        folder: what `fetch` makes below the root folder; None without one.
        fetch: downloads what is not in the root folder yet; None if all of it is put there by hand.
        by_hand: what `fetch` does not download.
        listed: returns the listing of its entries, given the root folder, where an image is not a
            file of its own.
    """

    read: Callable[[Path], Iterator[Entry]]
    classes: int
    train: int
    test: int
    folder: str | None = None
    fetch: Callable[[Path], object] | None = None
    by_hand: ByHand = field(default_factory=ByHand)
    listed: "Callable[[Path, list[Entry]], pd.DataFrame] | None" = None

    def is_there(self, root: Path) -> bool:
        """Say whether the root folder has the folder that `fetch` makes."""
        return self.folder is None or (root / self.folder).is_dir()

    @property
    def is_split(self) -> bool:
        """Whether it comes with training and test images."""
        return self.test > 0


TRANSFER_SETS: Registry[TransferSet] = Registry(
    "cogworks.images.sources.transfer_sets",
    "TRANSFER_SET",
    (
        "Aircraft",
        "Cars196",
        "DTD",
        "EuroSAT",
        "Flowers",
        "Pets",
        "Food101",
        "SUN397",
        "iNat2018",
        "iNat2019",
        "Caltech101",
        "Caltech256",
        "CIFAR100",
    ),
)


def missing(names: Sequence[str], root: Path, *, online: bool) -> Iterator[str]:
    """Yield what some data sets lack and must be put there, or fetched where `online`."""
    found = {name: TRANSFER_SETS.load(name) for name in names}
    for known in found.values():
        yield from known.by_hand.missing(root)
    if online or root.is_file():
        return
    folders = [f"{one.folder} ({name})" for name, one in found.items() if not one.is_there(root)]
    if folders:
        yield (
            f"{root}: no folder {', '.join(folders)}; name in path the folder that holds what "
            "torchvision's classes make, or set compute.online to fetch it"
        )
