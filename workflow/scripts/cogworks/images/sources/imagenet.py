"""The published sets of images of ImageNet's classes, as they are unpacked.

Their classes and their numbers of images are known, so a copy that is not complete is refused.

Imported while the DAG is planned: pandas is imported only where it is used.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cogworks.core.errors import InputError
from cogworks.images.class_files import read_class_file
from cogworks.images.sources.kinds import Source
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, name_some

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices


class PublishedSet(Source):
    """A set of which each copy is the same.

    Attributes:
        title: what errors call it.
        train: number of its training images; 0 for a set of test images alone.
        test: number of its test images.
        of_each: number of test images of each class, if it is the same for all.
    """

    title: ClassVar[str]
    train: ClassVar[int] = 0
    test: ClassVar[int]
    of_each: ClassVar[int | None] = None

    class_list = "imagenet1k"
    parallel = True

    @property
    def is_split(self) -> bool:
        """See `Source.is_split`."""
        return True

    def blocks(
        self,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """See `Source.blocks`: all of its classes, whichever are wanted, to count the images.

        Raises:
            InputError: there are fewer or more images than were published.
        """
        assert self.class_list is not None
        roots = [Path(path) for path in paths]
        frame = self.listed(roots, read_class_file(self.class_list), split, threads)
        self._check_complete(frame, split, name_some(paths))
        yield frame

    @abstractmethod
    def listed(
        self, roots: list[Path], wnids: list[str], split: str, threads: int
    ) -> "pd.DataFrame":
        """List the images in some folders.

        Args:
            roots: the folders.
            wnids: all classes of the set, sorted.
            split: the one that they hold; empty for folders that hold the whole set.
            threads: readers at once.
        """

    def problems(self) -> Iterator[str]:
        """See `Source.problems`."""
        yield from super().problems()
        if self.train_path and not self.train:
            yield f".train_path: {self.title} has test images alone; give path"

    def _check_complete(self, frame: "pd.DataFrame", split: str, where: str) -> None:
        """Refuse another number of images than was published in any split."""
        for part, published in ((TRAIN, self.train), (TEST, self.test)):
            if split not in (UNSPLIT, part):
                continue
            found = frame["wnid"][frame["split"] == part]
            if len(found) != published:
                raise InputError(
                    f"{where}: {self.title} has {published} {part} images, and {len(found)} are "
                    f"here{self._odd_classes(found) if part == TEST else ''}; copy or unpack them "
                    "again. For a part of the set, use kind folder"
                )

    def _odd_classes(self, wnids: "pd.Series[str]") -> str:
        counts = wnids.value_counts().sort_index()
        odd = [f"{wnid} ({count})" for wnid, count in counts.items() if count != self.of_each]
        if self.of_each is None or not odd:
            return ""
        return f", not {self.of_each} of each class but {name_some(odd)}"


class ClassFolders(PublishedSet):
    """A set of test images in a folder for each class, named by its wnid."""

    def listed(
        self, roots: list[Path], wnids: list[str], split: str, threads: int
    ) -> "pd.DataFrame":
        """See `PublishedSet.listed`."""
        from cogworks.images.sources.folder import scan_classes
        from cogworks.images.sources.listing import joined

        return joined(scan_classes(roots, wnids, numbered=None, split=TEST, threads=threads))
