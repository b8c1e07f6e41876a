"""A transfer data set (thesis 4.4), from the folders that torchvision's classes make."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.core.errors import InputError
from cogworks.core.inputs import list_of
from cogworks.images.sources.by_hand import missing_by_hand
from cogworks.images.sources.kinds import Section, Source

if TYPE_CHECKING:
    import pandas as pd

# The sets that come without a split of their own (protocol: per class, seeded).
UNSPLIT = ("EuroSAT",)


def _scan(
    source: Section, paths: list[str], wnids: Sequence[str] | None, split: str, threads: int
) -> "pd.DataFrame":
    from cogworks.images.sources.transfer import scan_transfer

    return scan_transfer(source["dataset"], _one(paths))


def _fetch(source: Section) -> None:
    from cogworks.images.sources.download import download_transfer

    download_transfer(source["dataset"], _one(list_of(source["path"])))


def _missing(source: Section) -> Iterator[str]:
    return missing_by_hand(source["dataset"], Path(source["path"]))


def _problems(source: Section) -> Iterator[str]:
    if source["dataset"] is None or source["path"] is None:
        yield ": kind torchvision needs dataset and path (the root folder)"


def _is_split(source: Section) -> bool:
    return source["dataset"] not in UNSPLIT


def _one(paths: list[str]) -> Path:
    if len(paths) != 1:
        raise InputError(f"expected one folder, got {', '.join(paths)}")
    return Path(paths[0])


SOURCE = Source(
    scan=_scan,
    only=("dataset",),
    problems=_problems,
    is_split=_is_split,
    fetch=_fetch,
    missing=_missing,
)
