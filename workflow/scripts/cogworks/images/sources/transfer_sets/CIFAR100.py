"""CIFAR-100, fine labels: 32 x 32 pixels, which lie in two pickled files.

The files are read without running what is in them, and are those that torchvision knows by their
MD5.
"""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogworks.core.errors import InputError
from cogworks.images.sources.listing import TEST, TRAIN, listing
from cogworks.images.sources.transfer_sets import Entry, TransferSet

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "cifar-100-python"
# Bytes of an image: all red values, then all green, then all blue ones.
SIZE = 3 * 32 * 32


def _read(root: Path) -> Iterator[Entry]:
    names = _content(root, "meta")["fine_label_names"]
    for split in (TRAIN, TEST):
        labels = _content(root, split)["fine_labels"]
        for row, label in enumerate(labels):
            yield f"{FOLDER}/{split}/{row:05d}", names[label], split


def _listed(root: Path, entries: list[Entry]) -> "pd.DataFrame":
    """Return a listing in which an image is a stretch of one of the two files."""
    starts = {split: _start(root, split) for split in (TRAIN, TEST)}
    return listing(
        (
            name,
            str(root / FOLDER / split),
            "cifar",
            starts[split] + SIZE * int(name.rpartition("/")[2]),
            SIZE,
            wnid,
            split,
        )
        for name, wnid, split in entries
    )


def _content(root: Path, name: str) -> dict[str, Any]:
    from torchvision import datasets

    from cogworks.core.plain_data import unpickle

    known = datasets.CIFAR100
    md5 = {
        **dict(known.train_list),
        **dict(known.test_list),
        known.meta["filename"]: known.meta["md5"],
    }
    path = root / FOLDER / name
    try:
        with open(path, "rb") as handle:
            found = hashlib.file_digest(
                handle, partial(hashlib.md5, usedforsecurity=False)
            ).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if found != md5[name]:
        raise InputError(
            f"{path}: {path.stat().st_size} bytes with the MD5 {found}, and {md5[name]} was "
            f"published; remove {path.parent} and fetch or copy it again"
        )
    content: dict[str, Any] = unpickle(path)
    return content


def _start(root: Path, split: str) -> int:
    """Return the byte at which the pixels of the first image begin: they lie there as they are."""
    pixels = _content(root, split)["data"].tobytes()
    path = root / FOLDER / split
    start = path.read_bytes().find(pixels)
    if start < 0:
        raise InputError(f"{path}: its pixels are packed in a way that is not known here")
    return start


def _fetch(root: Path) -> None:
    from torchvision import datasets

    datasets.CIFAR100(root, download=True)


TRANSFER_SET = TransferSet(
    _read, classes=100, train=50000, test=10000, folder=FOLDER, fetch=_fetch, listed=_listed
)
