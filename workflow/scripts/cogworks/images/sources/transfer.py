"""The transfer data sets (thesis 4.4), from the folders that torchvision's classes make.

Their lists are read here rather than through torchvision: its EuroSAT and SUN397 know no split,
its INaturalist mixes training and validation images, and none shows its file list publicly.
Training and validation images together are the training images.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.core.inputs import is_hidden, read_lines, read_text
from cogworks.images.sources.by_hand import find_list
from cogworks.images.sources.labels import class_id
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, listing

# (path below the root, class, split)
Entry = tuple[str, str, str]


@dataclass(frozen=True)
class TransferSet:
    """One data set: how its lists are read, and what a complete copy holds.

    Attributes:
        read: yields its entries, given the root folder.
        classes, train, test: number of classes and of images; for a set without a split of its
            own, `train` counts all images.
    """

    read: Callable[[Path], Iterator[Entry]]
    classes: int
    train: int
    test: int


def scan_transfer(name: str, root: Path) -> pd.DataFrame:
    """List the images of transfer set `name` under `root` (torchvision's root folder).

    Raises:
        InputError: a list or an image is missing, or the copy is not complete.
    """
    known = TRANSFER_SETS[name]
    entries = list(known.read(root))
    found = (
        len({wnid for _, wnid, _ in entries}),
        sum(split != TEST for _, _, split in entries),
        sum(split == TEST for _, _, split in entries),
    )
    if found != (known.classes, known.train, known.test):
        raise InputError(
            f"{root}: {name} should have {known.classes} classes, {known.train} training and "
            f"{known.test} test images; the lists here have {found[0]}, {found[1]} and {found[2]}"
        )
    return list_entries(root, entries)


def list_entries(root: Path, entries: list[Entry]) -> pd.DataFrame:
    """Return a listing of `entries`, with the sizes of their files."""
    return listing(
        (path, str(root / path), "file", 0, _size(root / path), wnid, split)
        for path, wnid, split in entries
    )


def read_aircraft(root: Path) -> Iterator[Entry]:
    """FGVC-Aircraft, variants."""
    data = "fgvc-aircraft-2013b/data"
    for part, split in (("trainval", TRAIN), ("test", TEST)):
        for line in read_lines(root / data / f"images_variant_{part}.txt"):
            image, _, variant = line.partition(" ")
            yield f"{data}/images/{image}.jpg", variant, split


def read_cars(root: Path) -> Iterator[Entry]:
    """Stanford Cars."""
    names = [str(name) for name in _mat(root / "stanford_cars/devkit/cars_meta.mat", "class_names")]
    for part, lists, split in (
        ("cars_train", "devkit/cars_train_annos.mat", TRAIN),
        ("cars_test", "cars_test_annos_withlabels.mat", TEST),
    ):
        for row in _mat(root / "stanford_cars" / lists, "annotations"):
            # Its numbers begin at 1: without the look at them, a 0 would be the last class.
            wnid = class_id(int(row["class"]) - 1, names, f"{lists}: {row['fname']}")
            yield f"stanford_cars/{part}/{row['fname']}", wnid, split


def read_dtd(root: Path) -> Iterator[Entry]:
    """Describable Textures, partition 1."""
    data = "dtd/dtd"
    for part, split in (("train", TRAIN), ("val", TRAIN), ("test", TEST)):
        for line in read_lines(root / data / "labels" / f"{part}1.txt"):
            yield f"{data}/images/{line}", line.split("/")[0], split


def read_eurosat(root: Path) -> Iterator[Entry]:
    """EuroSAT in colour; it has no split of its own."""
    data = root / "eurosat" / "2750"
    if not data.is_dir():
        raise InputError(f"{data}: no such folder")
    for path in sorted(data.glob("*/*.jpg")):
        if not is_hidden(path.name):
            yield path.relative_to(root).as_posix(), path.parent.name, UNSPLIT


def read_flowers(root: Path) -> Iterator[Entry]:
    """Oxford Flowers 102; its classes are the publisher's numbers, 001 to 102."""
    data = "flowers-102"
    labels = _mat(root / data / "imagelabels.mat", "labels")
    for part, split in (("trnid", TRAIN), ("valid", TRAIN), ("tstid", TEST)):
        for image in map(int, _mat(root / data / "setid.mat", part)):
            yield f"{data}/jpg/image_{image:05d}.jpg", f"{int(labels[image - 1]):03d}", split


def read_pets(root: Path) -> Iterator[Entry]:
    """Oxford-IIIT Pets, breeds."""
    data = "oxford-iiit-pet"
    for part, split in (("trainval", TRAIN), ("test", TEST)):
        for line in read_lines(root / data / "annotations" / f"{part}.txt"):
            image = line.split()[0]
            yield f"{data}/images/{image}.jpg", image.rsplit("_", 1)[0], split


def read_food(root: Path) -> Iterator[Entry]:
    """Food-101."""
    for split in (TRAIN, TEST):
        for line in read_lines(root / "food-101" / "meta" / f"{split}.txt"):
            yield f"food-101/images/{line}.jpg", line.split("/")[0], split


def read_sun(root: Path) -> Iterator[Entry]:
    """SUN397, partition 01; its lists come in an archive of their own (Partitions.zip)."""
    for part, split in (("Training", TRAIN), ("Testing", TEST)):
        for line in read_lines(find_list("SUN397", f"{part}_01.txt", root)):
            # A line is `/a/airfield/sun_x.jpg`; a class can have two levels (`/a/apse/indoor`).
            yield f"SUN397{line}", line.rsplit("/", 1)[0][3:], split


def read_inat2018(root: Path) -> Iterator[Entry]:
    """INaturalist 2018; validation images are the test images."""
    yield from _read_inat(root, "2018")


def read_inat2019(root: Path) -> Iterator[Entry]:
    """INaturalist 2019; validation images are the test images."""
    yield from _read_inat(root, "2019")


def _read_inat(root: Path, year: str) -> Iterator[Entry]:
    """Read the competition's annotations; torchvision unpacks the images into `<root>/<year>`."""
    for part, split in (("train", TRAIN), ("val", TEST)):
        file = find_list(f"iNat{year}", f"{part}{year}.json", root)
        try:
            content = json.loads(read_text(file))
            classes = {row["image_id"]: row["category_id"] for row in content["annotations"]}
            for image in content["images"]:
                inside = image["file_name"].split("/", 1)[1]
                yield f"{year}/{inside}", f"{classes[image['id']]:04d}", split
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise InputError(f"{file}: not annotations of iNaturalist ({error!r})") from error


TRANSFER_SETS = {
    "Aircraft": TransferSet(read_aircraft, classes=100, train=6667, test=3333),
    "Cars196": TransferSet(read_cars, classes=196, train=8144, test=8041),
    "DTD": TransferSet(read_dtd, classes=47, train=3760, test=1880),
    "EuroSAT": TransferSet(read_eurosat, classes=10, train=27000, test=0),
    "Flowers": TransferSet(read_flowers, classes=102, train=2040, test=6149),
    "Pets": TransferSet(read_pets, classes=37, train=3680, test=3669),
    "Food101": TransferSet(read_food, classes=101, train=75750, test=25250),
    "SUN397": TransferSet(read_sun, classes=397, train=19850, test=19850),
    "iNat2018": TransferSet(read_inat2018, classes=8142, train=437513, test=24426),
    "iNat2019": TransferSet(read_inat2019, classes=1010, train=265213, test=3030),
}


def _mat(path: Path, key: str) -> Any:
    """Return one variable of a MATLAB file, without its singleton dimensions."""
    import scipy.io

    try:
        return scipy.io.loadmat(path, squeeze_me=True)[key]
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise InputError(f"{path}: cannot read {key} ({error})") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(
            f"{path}: listed, but the image is not there ({error.strerror})"
        ) from error
