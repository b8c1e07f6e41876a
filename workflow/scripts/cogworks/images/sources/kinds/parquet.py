"""Parquet packs: encoded images in one column, their classes in another."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cogworks.concepts.synset_tables import is_table
from cogworks.core.errors import InputError
from cogworks.images.sources.kinds import Mapped, pack_faults, packs_at

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class Parquet(Mapped):
    """Packs; their columns as in the config."""

    image_column: str
    class_column: str
    id_column: str | None
    split_column: str | None
    train_splits: list[str]
    test_splits: list[str]

    @property
    def is_split(self) -> bool:
        """See `Source.is_split`; a column may name the split too."""
        return super().is_split or self.split_column is not None

    @property
    def mixed(self) -> bool:
        """See `Source.mixed`."""
        return True

    def packs(self, path: str) -> list[str]:
        """See `Source.packs`."""
        return packs_at(path, ".parquet")

    def faults(self, path: str) -> Iterator[str]:
        """See `Source.faults`."""
        return pack_faults(path, self.packs(path), ".parquet")

    def blocks(
        self,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """See `Source.blocks`."""
        from cogworks.images.class_files import numbered_classes
        from cogworks.images.sources.packs import PackColumns, scan_packs
        from cogworks.images.sources.places import files_of
        from cogworks.images.sources.synsets import as_synsets

        tables = [path for path in self.mapping if is_table(path)]
        columns = PackColumns(
            class_column=self.class_column,
            id_column=self.id_column,
            split_column=self.split_column,
            train_splits=self.train_splits,
            test_splits=self.test_splits,
            numbered=None if tables else numbered_classes(self.mapping),
        )
        packs = files_of(paths, suffix=".parquet", one_split=self.split_column is None)
        listed = scan_packs(packs, columns, split=split)
        return as_synsets(listed, tables[0]) if tables else listed

    def find_images(self, parts: list[list[str]]) -> str:
        """See `Source.find_images`; of a struct it is the field with the bytes."""
        from cogworks.images.sources.listing import name_some
        from cogworks.images.sources.packs import find_images
        from cogworks.images.sources.places import files_of

        column = self.image_column
        packs = [pack for paths in parts for pack in files_of(paths, suffix=".parquet")]
        found = {find_images(pack, column): pack for pack in packs}
        if len(found) > 1:
            raise InputError(f"{name_some([str(p) for p in found.values()])}: {column} differs")
        return next(iter(found))


SOURCE = Parquet
