"""A transfer data set (thesis 4.4), from the folders that torchvision's classes make."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.core.errors import InputError
from cogworks.images.sources.kinds import Source
from cogworks.images.sources.transfer import download_transfer, scan_transfer
from cogworks.images.sources.transfer_sets import TRANSFER_SETS, missing

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class Torchvision(Source):
    """One of torchvision's data sets, below one root folder."""

    dataset: str | None

    fetches = True

    @property
    def modules(self) -> tuple[str, ...]:
        """See `Source.modules`."""
        return (*super().modules, TRANSFER_SETS.module(self._name))

    @property
    def is_split(self) -> bool:
        """See `Source.is_split`."""
        return self.dataset is None or TRANSFER_SETS.load(self.dataset).is_split

    def blocks(
        self,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """See `Source.blocks`."""
        yield scan_transfer(self._name, _one(paths))

    def fetch(self) -> None:
        """See `Source.fetch`."""
        download_transfer(self._name, _one(self.path))

    def missing(self, *, online: bool) -> Iterator[str]:
        """See `Source.missing`."""
        return missing([self._name], _one(self.path), online=online)

    def problems(self) -> Iterator[str]:
        """See `Source.problems`."""
        yield from super().problems()
        if self.dataset is None or len(self.path) != 1:
            yield ": kind torchvision needs dataset and path (the root folder)"

    @property
    def _name(self) -> str:
        assert self.dataset is not None, "`problems` refuses a source without it"
        return self.dataset


def _one(paths: list[str]) -> Path:
    if len(paths) != 1:
        raise InputError(f"expected one folder, got {', '.join(paths)}")
    return Path(paths[0])


SOURCE = Torchvision
