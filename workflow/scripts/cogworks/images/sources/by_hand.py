"""Files of the transfer data sets that torchvision does not fetch: the user puts them there.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cogworks.core.errors import InputError


class ByHand(NamedTuple):
    """What must be in the root folder of a data set before anything is fetched.

    Attributes:
        files: paths below the root, or names that may also be in one of `folders`.
        folders: those folders below the root.
        fetched: the folder that torchvision makes, and takes for complete once it is there.
        advice: where the files come from.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    fetched: str | None
    advice: str


def _inaturalist(year: str) -> ByHand:
    files = (f"train{year}.json", f"val{year}.json")
    archives = " and ".join(f"{file}.tar.gz" for file in files)
    advice = f"unpack the competition's {archives} (github.com/visipedia/inat_comp) there"
    return ByHand(files, (year,), year, advice)


BY_HAND = {
    "Cars196": ByHand(
        (
            "stanford_cars/devkit/cars_meta.mat",
            "stanford_cars/devkit/cars_train_annos.mat",
            "stanford_cars/cars_test_annos_withlabels.mat",
            "stanford_cars/cars_train",
            "stanford_cars/cars_test",
        ),
        (),
        None,
        "the publisher has taken the data set down, and torchvision cannot fetch it; copy it there",
    ),
    "SUN397": ByHand(
        ("Training_01.txt", "Testing_01.txt"),
        ("SUN397", "Partitions"),
        "SUN397",
        "unpack Partitions.zip (vision.princeton.edu/projects/2010/SUN) there",
    ),
    "iNat2018": _inaturalist("2018"),
    "iNat2019": _inaturalist("2019"),
}


def find_list(name: str, file: str, root: Path) -> Path:
    """Return a list of data set `name` in the root or one of the folders where it may lie.

    Raises:
        InputError: it is in none of them.
    """
    places = [root / file, *(root / folder / file for folder in BY_HAND[name].folders)]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        looked = f" (looked for {', '.join(map(str, places))})" if len(places) > 1 else ""
        raise InputError(f"{root}: {file} is not there{looked}; {BY_HAND[name].advice}")
    return found


def missing_by_hand(name: str, root: Path) -> Iterator[str]:
    """Yield what must be put under `root` by hand before data set `name` can be fetched or read."""
    known = BY_HAND.get(name)
    if known is None:
        return
    for file in known.files:
        try:
            find_list(name, file, root)
        except InputError as error:
            yield str(error)
    fetched = root / known.fetched if known.fetched else None
    if fetched and fetched.is_dir() and not any(path.is_dir() for path in fetched.iterdir()):
        yield (
            f"{fetched} holds no images, and torchvision fetches none into a folder that is there; "
            f"move what is in it to {root} and remove it"
        )
