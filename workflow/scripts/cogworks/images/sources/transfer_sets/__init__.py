"""The transfer data sets (thesis 4.4): one file each, named as in the config.

Each is read from the folders that torchvision's classes make, and by its own lists rather than
through torchvision: its EuroSAT and SUN397 know no split, its INaturalist mixes training and
validation images, and none shows its file list publicly. Training and validation images together
are the training images.

Imported while the DAG is planned: a set imports what reads or downloads only where it is used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cogworks.core.registry import Registry
from cogworks.images.sources.by_hand import ByHand

# (path below the root, class, split)
Entry = tuple[str, str, str]


@dataclass(frozen=True)
class TransferSet:
    """One data set: how its lists are read, and what a complete copy holds.

    Attributes:
        read: yields its entries, given the root folder.
        classes, train, test: number of classes and of images; for a set without a split of its
            own, `train` counts all images.
        fetch: downloads what is not in the root folder yet; None if all of it is put there by hand.
        by_hand: what `fetch` does not download.
    """

    read: Callable[[Path], Iterator[Entry]]
    classes: int
    train: int
    test: int
    fetch: Callable[[Path], object] | None = None
    by_hand: ByHand = field(default_factory=ByHand)

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
    ),
)
