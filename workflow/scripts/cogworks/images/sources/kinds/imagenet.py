"""ILSVRC-2012 (IN-1K): training and validation images."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cogworks.concepts.synset_tables import WNID
from cogworks.core.errors import InputError
from cogworks.core.place import found
from cogworks.images.sources.imagenet import PublishedSet
from cogworks.images.sources.listing import TEST, TRAIN, UNSPLIT, name_some

if TYPE_CHECKING:
    import pandas as pd

# Where the folders of both splits are in Kaggle's archive.
KAGGLE = Path("ILSVRC", "Data", "CLS-LOC")


class ImageNet(PublishedSet):
    """A folder for each class, named by its wnid; the validation images also in one folder.

    Attributes:
        folders: what the folder of each split may be called in `path`.
        validation: the classes of the validation images by the names that they have in the flat
            archive; None for a set without one.
    """

    title = "ImageNet-1K"
    train = 1281167
    test = 50000
    of_each: ClassVar[int | None] = 50
    folders: ClassVar[dict[str, tuple[str, ...]]] = {TRAIN: ("train",), TEST: ("val",)}
    validation: ClassVar[str | None] = "resources/imagenet1k_val.txt"

    def listed(
        self, roots: list[Path], wnids: list[str], split: str, threads: int
    ) -> "pd.DataFrame":
        """See `PublishedSet.listed`."""
        from cogworks.images.sources.listing import joined

        if split != UNSPLIT:
            return self._listed(roots, wnids, split, threads)
        frames = []
        for part in self.folders:
            frame = self._listed(self._folders_of(roots, part), wnids, part, threads)
            # As for splits that are given by train_path and test_path.
            frames.append(frame.assign(id=f"{part}/" + frame["id"]))
        return joined(frames)

    def _listed(
        self, roots: list[Path], wnids: list[str], split: str, threads: int
    ) -> "pd.DataFrame":
        from cogworks.images.sources.folder import scan_classes, scan_flat
        from cogworks.images.sources.listing import joined

        if split == TEST and self.validation and not any(map(_has_classes, roots)):
            listed = scan_flat(roots, found(self.validation), numbered=None, split=split)
        else:
            listed = scan_classes(roots, wnids, numbered=None, split=split, threads=threads)
        return joined(listed)

    def _folders_of(self, roots: list[Path], split: str) -> list[Path]:
        """Return the folders with the images of a split in the folders of the whole set."""
        names = self.folders[split]
        tried = [root / way / name for root in roots for way in (Path(), KAGGLE) for name in names]
        there = [folder for folder in tried if folder.is_dir()]
        if not there:
            raise InputError(
                f"{name_some(list(map(str, roots)))}: no folder {' or '.join(names)}, here or in "
                f"{KAGGLE}; name the folders by train_path and test_path (or one of these alone)"
            )
        return there


def _has_classes(root: Path) -> bool:
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    return any(WNID.fullmatch(path.name) for path in root.iterdir())


SOURCE = ImageNet
