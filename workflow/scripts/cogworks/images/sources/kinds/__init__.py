"""The kinds of image sources: one file each, named as in the config.

Each is the spec of a source too: its fields are the keys of `source` that it reads, so that no
other key makes anything stale.

Imported while the DAG is planned: a kind imports what reads images only where it is used.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, SerializeAsAny

from cogworks.concepts.wnid_lists import NAMED
from cogworks.core.inputs import is_hidden, list_of
from cogworks.core.registry import Registry
from cogworks.core.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

    from cogworks.images.sources.class_images import Indices

PACK_SUFFIXES = (".parquet", ".tar")
# One path, several or none, as a list.
Paths = Annotated[list[str], BeforeValidator(list_of)]


class Source(Spec, ABC):
    """Where the images of a data set come from.

    Attributes:
        kind: the name of its kind.
        path: files and folders with all images, or, in its place:
        train_path: those with the training images, and
        test_path: those with the test images.
        layouts: the values of `layout` that the kind knows, where it has that key.
        class_list: the name of the list of its classes, if it has the same everywhere.
        parallel: whether several threads list them faster.
        drawn: whether the workflow draws the images itself, into a Parquet pack.
        fetches: whether images that are not there can be downloaded.
    """

    kind: str
    path: Paths
    train_path: Paths
    test_path: Paths

    layouts: ClassVar[tuple[str, ...]] = ()
    class_list: ClassVar[str | None] = None
    parallel: ClassVar[bool] = False
    drawn: ClassVar[bool] = False
    fetches: ClassVar[bool] = False

    @property
    def modules(self) -> tuple[str, ...]:
        """Return the modules of the registries' entries that its reading loads."""
        return (SOURCES.module(self.kind),)

    @property
    def places(self) -> list[str]:
        """Return all files and folders with images, as the config has them."""
        return [*self.path, *self.train_path, *self.test_path]

    @property
    def names_classes(self) -> bool:
        """Whether its images, or a list of theirs, can say which classes there are."""
        return True

    @property
    def lists(self) -> dict[str, list[str]]:
        """Return the user's files that say something of each image, by their key."""
        return {}

    @property
    def is_split(self) -> bool:
        """Whether it divides its images into training and test images itself."""
        return bool(self.train_path or self.test_path)

    def packs(self, path: str) -> list[str]:
        """Return the files that are tracked, of those that a path stands for."""
        return []

    def class_folders(self) -> list[str]:
        """Return the folders of classes at its first place, to propose them as classes."""
        return []

    def faults(self, path: str) -> Iterator[str]:
        """Yield what a glance shows to be wrong with one of its places, which exists."""
        if not Path(path).is_dir():
            yield f"{path} is a file; kind {self.kind} expects a folder"

    def missing(self, *, online: bool) -> Iterator[str]:
        """Yield what is not there and must be put there, or fetched where `online`."""
        yield from ()

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with its keys, as `.key: message` or `: message`."""
        if not self.places:
            yield f".path: needed for kind {self.kind}"
        if self.path and (self.train_path or self.test_path):
            yield ": give either path, or train_path and test_path, not both"
        for key in ("layout", "test_layout"):
            layout = getattr(self, key, None)
            if layout is not None and layout not in self.layouts:
                known = ", ".join(self.layouts)
                yield f".{key}: {layout!r} is not a layout of kind {self.kind}; known: {known}"

    @property
    def by_class(self) -> bool:
        """Whether `blocks` lists class by class, in the order of the classes wanted."""
        return False

    @property
    def mixed(self) -> bool:
        """Whether its images come in no order of classes, so that it is read as a whole."""
        return False

    @property
    def class_places(self) -> list[str]:
        """Return the folders of classes at its places, whose indices its listing uses."""
        return []

    @abstractmethod
    def blocks(
        self,
        paths: list[str],
        wnids: Sequence[str] | None,
        split: str,
        threads: int,
        indices: "Indices",
    ) -> "Iterator[pd.DataFrame]":
        """List the images at some of its paths, some at a time, see `scan.list_images`.

        Args:
            paths: the paths, all of one split.
            wnids: the classes wanted; None for all. Images of others may be listed too, if the kind
                does not list class by class (`by_class`).
            split: the split that all of them belong to, or empty.
            threads: readers at once.
            indices: of folders of classes, by their real paths.

        Yields:
            the columns of `listing.COLUMNS`.
        """

    def classes(self, paths: list[str], split: str, threads: int) -> set[str]:
        """Return the classes of which there are images at some of its paths, see `blocks`."""
        found = self.blocks(paths, None, split, threads, {})
        return set().union(*(frame["wnid"].unique() for frame in found))

    def divided(
        self, frames: "Iterator[pd.DataFrame]", wnids: Sequence[str] | None
    ) -> "Iterator[pd.DataFrame]":
        """Return listings with the splits that a file of the user's gives."""
        return frames

    def fetch(self) -> None:
        """Download what is not there, where the kind can."""

    def find_images(self, parts: list[list[str]]) -> str:
        """Return the column of the images in its packs, given the paths of each part.

        Raises:
            InputError: a pack has no such column, or packs differ.
        """
        return "image"


class Mapped(Source):
    """A source whose classes may be numbers or lines of a list.

    Attributes:
        mapping: what they mean: files, or names of lists.
    """

    mapping: Paths

    @property
    def lists(self) -> dict[str, list[str]]:
        """See `Source.lists`; the name of a list is no file."""
        return {"mapping": [name for name in self.mapping if name not in NAMED]}


class Divided(Mapped):
    """A source of files, whose training and test images a file may name.

    Attributes:
        split_file: that file (see `split_file`), or None.
    """

    split_file: str | None

    @property
    def is_split(self) -> bool:
        """See `Source.is_split`; the file divides the images too."""
        return super().is_split or self.split_file is not None

    @property
    def lists(self) -> dict[str, list[str]]:
        """See `Source.lists`."""
        return super().lists | {"split_file": list_of(self.split_file)}

    def divided(
        self, frames: "Iterator[pd.DataFrame]", wnids: Sequence[str] | None
    ) -> "Iterator[pd.DataFrame]":
        """See `Source.divided`."""
        if self.split_file is None:
            return frames
        from cogworks.images.sources.split_file import divide

        return divide(frames, self.split_file, wnids)

    def problems(self) -> Iterator[str]:
        """See `Source.problems`."""
        yield from super().problems()
        if self.split_file is not None and not self.path:
            yield ".split_file: it divides the images in path; give path, or remove it"


def packs_at(path: str, suffix: str) -> list[str]:
    """Return the packs that a path stands for; a folder that is not there has none."""
    if not Path(path).is_dir():
        return [path] if path.lower().endswith(PACK_SUFFIXES) else []
    names = sorted(name for name in os.listdir(path) if name.lower().endswith(suffix))
    return [f"{path.rstrip('/')}/{name}" for name in names if not is_hidden(name)]


def pack_faults(path: str, packs: Sequence[str], suffix: str) -> Iterator[str]:
    """Yield what a glance shows to be wrong with a file or folder of packs, which exists.

    Args:
        path: the file or folder.
        packs: those of its packs that are tracked.
        suffix: that of packs in a folder.
    """
    if Path(path).is_dir() and not packs_at(path, suffix):
        yield f"{path} is a folder without a {suffix} file"
    yield from (f"{pack} is a link that leads nowhere" for pack in packs if not Path(pack).exists())


SOURCES: Registry[type[Source]] = Registry(
    "cogworks.images.sources.kinds",
    "SOURCE",
    (
        "folder",
        "parquet",
        "tar",
        "torchvision",
        "synsets",
        "imagenet",
        "imagenet_blurred",
        "imagenet_v2",
        "imagenet_sketch",
        "imagenet_r",
        "imagenet_a",
        "world",
    ),
)


def _of_its_kind(value: Any) -> Any:
    """Return the source that an object of JSON stands for."""
    if not isinstance(value, dict):
        return value
    return SOURCES.load(value.get("kind", "")).model_validate(value)


# A source of any kind as a field of a spec.
AnySource = Annotated[SerializeAsAny[Source], BeforeValidator(_of_its_kind)]


def kinds_with(key: str) -> list[str]:
    """Return the names of the kinds that read a key of `source`."""
    return [name for name in SOURCES if key in SOURCES.load(name).model_fields]


def layouts_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the layouts that any of some kinds knows."""
    return tuple(dict.fromkeys(one for kind in kinds for one in SOURCES.load(kind).layouts))
