"""Folders of image files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.synset_tables import is_table, read_table
from cogworks.core.inputs import is_hidden
from cogworks.images.sources.kinds import Divided

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class Folder(Divided):
    """A folder for each class, or one folder of all images and a list of their classes."""

    layout: str
    test_layout: str | None

    layouts = ("wnid", "index", "flat")
    parallel = True

    @property
    def table(self) -> str | None:
        """Return the table of its classes' synsets, where its folders are named otherwise."""
        named = self.layout == "wnid" and self.test_layout in (None, "wnid")
        return self.mapping[0] if self.mapping and named else None

    @property
    def names_classes(self) -> bool:
        """See `Source.names_classes`: a table does; folders alone may be incomplete."""
        return self.table is not None

    def class_folders(self) -> list[str]:
        """See `Source.class_folders`."""
        root = Path(*self.places[:1]).expanduser()
        if self.layout != "wnid" or not self.places or not root.is_dir():
            return []
        return sorted(p.name for p in root.iterdir() if p.is_dir() and not is_hidden(p.name))

    @property
    def by_class(self) -> bool:
        """See `Source.by_class`; a table or a file that divides is read for all at once."""
        layouts = {self.layout, self.test_layout}
        return "flat" not in layouts and self.table is None and self.split_file is None

    @property
    def mixed(self) -> bool:
        """See `Source.mixed`; a file that divides images may name those of some classes only."""
        return "flat" in (self.layout, self.test_layout) and self.split_file is None

    @property
    def class_places(self) -> list[str]:
        """See `Source.class_places`."""
        return self.places if self.layout == "wnid" else []

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
        from cogworks.images.sources.folder import scan_classes, scan_flat
        from cogworks.images.sources.listing import TEST

        roots = [Path(path) for path in paths]
        if self.table is not None:
            yield from self._named(self.table, roots, wnids, split, threads, indices)
            return
        layout = self.layout
        flat = "flat" in (layout, self.test_layout)
        numbered = numbered_classes(self.mapping[1:] if flat else self.mapping)
        if split == TEST and self.test_layout:
            layout = self.test_layout
        if layout == "flat":
            yield from scan_flat(roots, self.mapping[0], numbered=numbered, split=split)
            return
        yield from scan_classes(
            roots,
            wnids or [],
            numbered=numbered if layout == "index" else None,
            split=split,
            threads=threads,
            indices=indices,
        )

    def _named(
        self,
        table: str,
        roots: list[Path],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """List the images of the folders to which a table gives one of `wnids`, or any synset."""
        from cogworks.images.sources.folder import folders_by_name, scan_classes
        from cogworks.images.sources.synsets import as_synsets, check_rows

        for root in roots:
            check_rows(folders_by_name(root, ()), table)
        names = [
            name
            for name, wnid in read_table(table).items()
            if wnid and (wnids is None or wnid in wnids)
        ]
        listed = scan_classes(
            roots, names, numbered=None, split=split, threads=threads, indices=indices
        )
        return as_synsets(listed, table)

    def problems(self) -> Iterator[str]:
        """See `Source.problems`."""
        yield from super().problems()
        layouts = {self.layout, self.test_layout}
        for layout in ("index", "flat"):
            if layout in layouts and not self.mapping:
                yield f".mapping: needed for layout {layout}"
        if self.table is not None and Path(self.table).is_file() and not is_table(self.table):
            yield (
                f".mapping: {self.table} is no table of class folders and their synsets (.csv, "
                "columns class,wnid), which layout wnid takes"
            )
        if len(self.mapping) > 1 and "flat" not in layouts:
            yield ".mapping: two files only for layout flat: its list, and what its numbers mean"
        if {"index", "flat"} <= layouts and len(self.mapping) == 1:
            yield ".mapping: the list of layout flat and that of layout index are needed"


SOURCE = Folder
