"""Listing and downloading the transfer data sets (thesis 4.4)."""

from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.core.errors import InputError
from cogworks.core.lock import wait_for
from cogworks.images.sources.listing import TEST, listing, name_some
from cogworks.images.sources.transfer_sets import TRANSFER_SETS, Entry, TransferSet

if TYPE_CHECKING:
    import pandas as pd


def scan_transfer(name: str, root: Path) -> "pd.DataFrame":
    """List the images of transfer set `name` under `root` (torchvision's root folder).

    Raises:
        InputError: a list or an image is missing, or the copy is not complete.
    """
    known = TRANSFER_SETS.load(name)
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
            f"{_again(known)}"
        )
    return (known.listed or list_entries)(root, entries)


def list_entries(root: Path, entries: list[Entry]) -> "pd.DataFrame":
    """Return a listing of `entries`, with the sizes of their files.

    Raises:
        InputError: some are not there, or empty; the message says how many.
    """
    sizes = [_size(root / path) for path, _, _ in entries]
    if lost := [path for (path, _, _), size in zip(entries, sizes, strict=True) if not size]:
        raise InputError(
            f"{root}: {len(lost)} of {len(entries)} listed images are not there, or empty: "
            f"{name_some(lost)}; copy or unpack them again"
        )
    return listing(
        (path, str(root / path), "file", 0, size, wnid, split)
        for (path, wnid, split), size in zip(entries, sizes, strict=True)
    )


def download_transfer(name: str, root: Path) -> None:
    """Fetch data set `name` into `root`; what is there already is left alone.

    Raises:
        InputError: files that are not downloaded are missing, which is said before anything is
            fetched, or the download failed.
    """
    known = TRANSFER_SETS.load(name)
    problems = list(known.by_hand.missing(root))
    if problems:
        raise InputError("\n".join(problems))
    if known.fetch is None:
        return
    try:
        root.mkdir(parents=True, exist_ok=True)
        # Several data sets of a config may be made of one of these, at once.
        with wait_for(root / f".{name}.lock"):
            known.fetch(root)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{name}: the download into {root} failed ({error})") from error


def _again(known: TransferSet) -> str:
    return f"; remove {known.folder} there and fetch or copy it again" if known.folder else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
