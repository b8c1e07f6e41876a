"""Stanford Cars."""

from collections.abc import Iterator
from pathlib import Path

from cogworks.images.sources.by_hand import ByHand
from cogworks.images.sources.labels import class_id
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.matlab import read_variable
from cogworks.images.sources.transfer_sets import Entry, TransferSet

BY_HAND = ByHand(
    files=(
        "stanford_cars/devkit/cars_meta.mat",
        "stanford_cars/devkit/cars_train_annos.mat",
        "stanford_cars/cars_test_annos_withlabels.mat",
        "stanford_cars/cars_train",
        "stanford_cars/cars_test",
    ),
    advice=(
        "the publisher has taken the data set down, and torchvision cannot fetch it; copy it there"
    ),
)


def _read(root: Path) -> Iterator[Entry]:
    base = root / "stanford_cars"
    names = [str(name) for name in read_variable(base / "devkit/cars_meta.mat", "class_names")]
    for part, lists, split in (
        ("cars_train", "devkit/cars_train_annos.mat", TRAIN),
        ("cars_test", "cars_test_annos_withlabels.mat", TEST),
    ):
        for row in read_variable(base / lists, "annotations"):
            # Its numbers begin at 1: without the look at them, a 0 would be the last class.
            wnid = class_id(int(row["class"]) - 1, names, f"{lists}: {row['fname']}")
            yield f"stanford_cars/{part}/{row['fname']}", wnid, split


TRANSFER_SET = TransferSet(_read, classes=196, train=8144, test=8041, by_hand=BY_HAND)
