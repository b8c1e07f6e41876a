"""The years of iNaturalist's competition: the same annotations, so one reader for all.

Imported while the DAG is planned: standard library only.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import read_text
from cogworks.images.sources.by_hand import ByHand
from cogworks.images.sources.listing import TEST, TRAIN
from cogworks.images.sources.transfer_sets import Entry, TransferSet


def inaturalist(year: str, *, classes: int, train: int, test: int) -> TransferSet:
    """Return the data set of a year; torchvision unpacks its images into `<root>/<year>`."""
    files = (f"train{year}.json", f"val{year}.json")
    archives = " and ".join(f"{file}.tar.gz" for file in files)
    advice = f"unpack the competition's {archives} (github.com/visipedia/inat_comp) there"
    by_hand = ByHand(files, folders=(year,), fetched=year, advice=advice)

    def read(root: Path) -> Iterator[Entry]:
        for name, split in zip(files, (TRAIN, TEST), strict=True):
            yield from _read(by_hand.find(name, root), year, split)

    def fetch(root: Path) -> None:
        from torchvision import datasets

        datasets.INaturalist(root, version=year, download=True)

    return TransferSet(read, classes, train, test, folder=year, fetch=fetch, by_hand=by_hand)


def _read(file: Path, year: str, split: str) -> Iterator[Entry]:
    try:
        content = json.loads(read_text(file))
        classes = {row["image_id"]: row["category_id"] for row in content["annotations"]}
        for image in content["images"]:
            inside = image["file_name"].split("/", 1)[1]
            yield f"{year}/{inside}", f"{classes[image['id']]:04d}", split
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"{file}: not annotations of iNaturalist ({error!r})") from error
