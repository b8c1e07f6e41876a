"""The procedural world, which the workflow draws itself."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from cogworks.images.sources.kinds import Source

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class World(Source):
    """How images are drawn, see the config. Once drawn, they are a Parquet pack like any other."""

    size: int
    format: Literal["png", "jpeg"]
    world_seed: int
    distinctness: float
    nuisance: float

    drawn = True

    @property
    def names_classes(self) -> bool:
        """See `Source.names_classes`: it can draw any class."""
        return False

    def problems(self) -> Iterator[str]:
        """See `Source.problems`."""
        if self.places:
            yield ": the procedural world has no path; remove path, train_path and test_path"

    def blocks(
        self,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """Refuse: the pack is read in its place."""
        raise AssertionError("what is drawn is a Parquet pack by now")


SOURCE = World
