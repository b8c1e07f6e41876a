"""From a source and a class list to the manifests of a data set."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cogworks.concepts.published_levels import cog_level
from cogworks.core.errors import InputError
from cogworks.core.parallel import in_order
from cogworks.images.choice import Tally, choose_images
from cogworks.images.copies import Copies
from cogworks.images.folder_index import open_indices
from cogworks.images.manifest import manifest_writer
from cogworks.images.sources.class_images import NO_INDICES
from cogworks.images.sources.listing import joined, name_some
from cogworks.images.sources.scan import find_image_column, scan_by_class
from cogworks.images.specs import ManifestSpec
from cogworks.images.verify import find_corrupt

# Images of the levels of ImageNet-CoG, training and test images together, in millions (thesis,
# figure 3.3).
COG_MILLIONS = {1: 1.17, 2: 1.17, 3: 1.15, 4: 1.16, 5: 1.14}


def build_manifests(
    spec: ManifestSpec,
    wnids: Sequence[str],
    outputs: dict[str, Path],
    *,
    threads: int,
    verify: bool = False,
    online: bool = False,
    indices: Sequence[Path] = (),
) -> None:
    """Scan the source, choose the images, and write a manifest for each split.

    Args:
        spec: where the images come from, and which are chosen.
        wnids: the classes, sorted.
        outputs: split -> file.
        threads: readers and decoders at once.
        verify: whether to decode every image, and to compare all for copies.
        online: whether a torchvision data set that is not there may be downloaded.
        indices: of the source, or of folders of classes; what they know is not listed again.

    Raises:
        InputError: missing classes or files, too few images, or damaged ones.
    """
    column = find_image_column(spec.source)
    mixed = spec.source.mixed
    listed = partial(
        scan_by_class,
        spec.source,
        wnids,
        threads=threads,
        online=online,
        indices=NO_INDICES if mixed else open_indices(indices),
        index=next(iter(indices), None) if mixed else None,
    )
    if verify:  # Too few images are told before hours of decoding.
        early = _Choice(spec, column, decoders=0)
        for classes, frame in listed(decoded=False):
            early.of(frame, classes)
        early.check()
    choice = _Choice(spec, column, decoders=threads if verify else 0)
    copies = Copies(image_column=column, thorough=verify)
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(
                manifest_writer(
                    path,
                    dataset=spec.dataset,
                    split=split,
                    classes=wnids,
                    on_corrupt=spec.on_corrupt,
                    image_column=column,
                )
            )
            for split, path in outputs.items()
        }
        for classes, frame in listed(decoded=verify):
            parts = choice.of(frame, classes)
            parts = {split: _with_sizes(part, threads) for split, part in parts.items()}
            copies.add(parts)
            for split, writer in writers.items():
                writer.add_images(parts[split])
        choice.check()
        for writer in writers.values():
            writer.dropped = len(choice.dropped)
    copies.report()
    for split, writer in writers.items():
        print(f"{split}: {writer.images} images of {len(wnids)} classes", file=sys.stderr)
    for image, reason in choice.dropped.items():
        print(f"dropped {image}: {reason}", file=sys.stderr)
    total = sum(writer.images for writer in writers.values())
    _compare_level(wnids, total, f"images.{spec.dataset}")


def _compare_level(wnids: Sequence[str], images: int, key: str) -> None:
    """Say whether a level of ImageNet-CoG has as many images as in the thesis.

    Another release of ImageNet-21K may have others, so this is no error.
    """
    level = cog_level(wnids)
    if level is None:
        return
    same = round(images / 1e6, 2) == COG_MILLIONS[level]
    print(
        f"{'' if same else 'warning: '}{key}: {images} images; L{level} of ImageNet-CoG has "
        f"{COG_MILLIONS[level]} million in the thesis (max_images: 1350)",
        file=sys.stderr,
    )


class _Choice:
    """The choice of images, made for some classes after the others.

    Attributes:
        dropped: id -> reason for each damaged image that was left out, where `on_corrupt` says so.
    """

    def __init__(self, spec: ManifestSpec, image_column: str, *, decoders: int) -> None:
        """Take the rule; with `decoders` (processes), chosen images are decoded."""
        self._spec, self._image_column, self._decoders = spec, image_column, decoders
        self._tally = Tally(spec)
        self._damaged: list[str] = []
        self._decoded = 0
        self.dropped: dict[str, str] = {}

    def of(self, frame: pd.DataFrame, wnids: list[str]) -> dict[str, pd.DataFrame]:
        """Return the images of each split, given all of some classes.

        Damaged ones are noted; where they are dropped, others take their places.
        """
        seen: set[str] = set()
        while True:
            parts = choose_images(frame, wnids, self._spec)
            chosen = joined(parts.values())
            corrupt = self._corrupt(chosen[~chosen["id"].isin(seen)], wnids)
            if not corrupt:
                break
            seen |= set(chosen["id"])
            frame = frame[~frame["id"].isin(corrupt.keys())]
        self._tally.add(frame, wnids, parts)
        return parts

    def check(self) -> None:
        """Check that all images can be decoded, and that every class has enough.

        Raises:
            InputError: naming images or classes.
        """
        if self._damaged:
            raise InputError(
                f"images.{self._spec.dataset}: {len(self._damaged)} of {self._decoded} images are "
                f"damaged: {name_some(self._damaged, most=10)}. Replace them, or set on_corrupt: "
                "drop (of `cogworks rank`: --on-corrupt drop) to leave them out"
            )
        self._tally.check()

    def _corrupt(self, frame: pd.DataFrame, wnids: list[str]) -> dict[str, str]:
        """Decode images; return those that are to be replaced."""
        if not self._decoders or frame.empty:
            return {}
        label = f"decoding {wnids[0]} to {wnids[-1]}"
        found = find_corrupt(
            frame, image_column=self._image_column, workers=self._decoders, label=label
        )
        self._decoded += len(frame)
        if self._spec.on_corrupt == "error":
            self._damaged += found.values()
            return {}
        self.dropped |= found
        return found


def _with_sizes(frame: pd.DataFrame, threads: int) -> pd.DataFrame:
    """Return a listing with the size of each file, at which nobody has looked yet."""
    unknown = np.flatnonzero((frame["container"] == "file") & (frame["size"] < 0))
    if not len(unknown):
        return frame
    pieces = np.array_split(frame["path"].to_numpy()[unknown], threads)
    found = in_order(_sizes, pieces, workers=threads, threads=True)
    sizes = frame["size"].to_numpy(copy=True)
    sizes[unknown] = np.concatenate(list(found))
    return frame.assign(size=sizes)


def _sizes(paths: np.ndarray) -> np.ndarray:
    try:
        return np.array([os.stat(path).st_size for path in paths], dtype=np.int64)
    except OSError as error:
        raise InputError(
            f"{error.filename}: {error.strerror}; was it moved since its folder was listed? See "
            "docs/your-data.md, Damaged and changed images"
        ) from error
