"""Several of torchvision's data sets as one, whose classes are WordNet synsets.

A table gives each class of a data set its synset (`concepts.synset_tables`). Classes with the same
synset are one. Where two data sets have a synset, its images are those of the one that is named
first, so that a class is never told by what tells two data sets apart; Caltech-256 took many of its
pictures from Caltech-101, too.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.synset_tables import read_table, table_of
from cogworks.core.errors import InputError
from cogworks.images.sources.kinds import SOURCES, Source
from cogworks.images.sources.listing import UNSPLIT, name_some
from cogworks.images.sources.transfer import download_transfer, scan_transfer
from cogworks.images.sources.transfer_sets import TRANSFER_SETS, missing

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class Synsets(Source):
    """Data sets below one root folder; their own splits do not count.

    Attributes:
        datasets: their names.
    """

    datasets: list[str]

    fetches = True

    @property
    def modules(self) -> tuple[str, ...]:
        """See `Source.modules`."""
        return (SOURCES.module(self.kind), *map(TRANSFER_SETS.module, self.datasets))

    @property
    def lists(self) -> dict[str, list[str]]:
        """See `Source.lists`."""
        return {"datasets": [table_of(name) for name in self.datasets]}

    @property
    def synsets(self) -> set[str]:
        """Return those that its tables name."""
        tables = (read_table(table_of(name)) for name in self.datasets)
        return {wnid for table in tables for wnid in table.values() if wnid}

    def blocks(
        self,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """See `Source.blocks`.

        Raises:
            InputError: a class that stands in no row of its data set's table, or one of `wnids`
                that none of the tables has.
        """
        from cogworks.images.sources.synsets import as_synsets

        self._check_wanted(wnids or ())
        taken: set[str] = set()
        for name in self.datasets:
            table = table_of(name)
            for frame in as_synsets([scan_transfer(name, Path(paths[0]))], table):
                own = frame[~frame["wnid"].isin(taken)]
                yield own.assign(id=f"{name}/" + own["id"], split=UNSPLIT)
            taken |= set(read_table(table).values())

    def _check_wanted(self, wnids: Sequence[str]) -> None:
        there = self.synsets
        if lost := [wnid for wnid in wnids if wnid not in there]:
            raise InputError(
                f"{len(lost)} of the {len(wnids)} synsets wanted are in no table of "
                f"source.datasets ({', '.join(self.datasets)}): {name_some(lost)}. Name the tables "
                "of the same data sets in the benchmark's pool; for seen classes, set "
                "classes.with_images"
            )

    def fetch(self) -> None:
        """See `Source.fetch`."""
        for name in self.datasets:
            download_transfer(name, Path(self.path[0]))

    def missing(self, *, online: bool) -> Iterator[str]:
        """See `Source.missing`."""
        return missing(self.datasets, Path(self.path[0]), online=online)

    def problems(self) -> Iterator[str]:
        """See `Source.problems`."""
        yield from super().problems()
        if not self.datasets or len(self.path) != 1:
            yield ": kind synsets needs datasets and path (the root folder)"
        for name in self.datasets:
            if not Path(table_of(name)).is_file():
                yield (
                    f".datasets: {name} has no table of its classes' synsets; write "
                    f"{table_of(name)} (columns class,wnid)"
                )


SOURCE = Synsets
