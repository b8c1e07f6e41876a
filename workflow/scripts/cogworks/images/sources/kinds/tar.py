"""Tar files: WebDataset samples, or a tar file for each class as ImageNet is shipped."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.images.sources.kinds import Divided, pack_faults, packs_at

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class Tar(Divided):
    """Tar files of samples, or named by their class."""

    layout: str
    class_column: str

    layouts = ("wnid", "samples")
    parallel = True

    def packs(self, path: str) -> list[str]:
        """See `Source.packs`; a folder of class tars holds too many files to track."""
        if self.layout == "wnid" and Path(path).is_dir():
            return []
        return packs_at(path, ".tar")

    def faults(self, path: str) -> Iterator[str]:
        """See `Source.faults`."""
        return pack_faults(path, self.packs(path), ".tar")

    @property
    def by_class(self) -> bool:
        """See `Source.by_class`; a file that divides images is read for all of them at once."""
        return self.layout == "wnid" and self.split_file is None

    @property
    def mixed(self) -> bool:
        """See `Source.mixed`; a file that divides images may name those of some classes only."""
        return self.layout == "samples" and self.split_file is None

    @property
    def class_places(self) -> list[str]:
        """See `Source.class_places`."""
        return self.places if self.layout == "wnid" else []

    def classes(self, paths: list[str], split: str, threads: int) -> set[str]:
        """See `Source.classes`; only the first headers are read."""
        from cogworks.images.sources.places import files_of
        from cogworks.images.sources.tars import classes_with_images

        tars = files_of(paths, suffix=".tar", one_split=False)
        return classes_with_images(tars, workers=threads)

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
        from cogworks.images.sources.places import files_of
        from cogworks.images.sources.tars import scan_class_tars, scan_samples

        if self.layout == "samples":
            return scan_samples(
                files_of(paths, suffix=".tar"),
                class_field=self.class_column,
                numbered=numbered_classes(self.mapping),
                split=split,
                workers=threads,
            )
        # A class can be called train.
        tars = files_of(paths, suffix=".tar", one_split=False)
        return scan_class_tars(tars, wnids, split=split, workers=threads, indices=indices)


SOURCE = Tar
