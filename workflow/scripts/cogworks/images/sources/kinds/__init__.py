"""The kinds of image sources: one file each, named as in the config.

Imported while the DAG is planned: a kind imports what reads images only where it is used.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cogworks.core.inputs import is_hidden
from cogworks.core.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

PACK_SUFFIXES = (".parquet", ".tar")

# The section `source` of a data set.
Section = dict[str, Any]


class Scan(Protocol):
    """Lists the images at some of a source's paths."""

    def __call__(
        self,
        source: Section,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
    ) -> "pd.DataFrame":
        """Return the columns of `listing.COLUMNS`; see `scan.scan`."""


def _no_packs(source: Section, path: str) -> list[str]:
    return []


def _no_problems(source: Section) -> Iterator[str]:
    yield from ()


def _has_split(source: Section) -> bool:
    places = source["train_path"] is not None or source["test_path"] is not None
    return places or source["split_column"] is not None


@dataclass(frozen=True)
class Source:
    """What the workflow asks of a kind of image source.

    Attributes:
        scan: lists images; null for what is drawn, which becomes a Parquet pack.
        layouts: the values of `layout` that it knows, where that has a meaning.
        only: keys that no other kind has.
        problems: yields what is wrong with its keys, as `key: message` or `: message`.
        names_classes: whether its images can say which classes there are.
        parallel: whether several threads list them faster.
        is_split: whether it divides its images into training and test images itself.
        packs: returns the files that are tracked, of those that a path stands for.
        fetch: downloads what is not there.
        missing: yields what must be put there by hand and is not.
        image_column: returns the column of the images, given the paths of each part; null where
            they are in no column.
    """

    scan: Scan | None
    layouts: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    problems: Callable[[Section], Iterator[str]] = _no_problems
    names_classes: bool = True
    parallel: bool = False
    is_split: Callable[[Section], bool] = _has_split
    packs: Callable[[Section, str], list[str]] = _no_packs
    fetch: Callable[[Section], None] | None = None
    missing: Callable[[Section], Iterator[str]] = _no_problems
    image_column: Callable[[Section, list[list[str]]], str] | None = None

    @property
    def drawn(self) -> bool:
        """Whether the workflow draws the images itself."""
        return self.scan is None


def packs_at(path: str, suffix: str) -> list[str]:
    """Return the packs that a path stands for; a folder that is not there has none."""
    if not Path(path).is_dir():
        return [path] if path.lower().endswith(PACK_SUFFIXES) else []
    names = sorted(name for name in os.listdir(path) if name.lower().endswith(suffix))
    return [f"{path.rstrip('/')}/{name}" for name in names if not is_hidden(name)]


SOURCES: Registry[Source] = Registry(
    "cogworks.images.sources.kinds",
    "SOURCE",
    (
        "folder",
        "parquet",
        "tar",
        "torchvision",
        "world",
    ),
)
