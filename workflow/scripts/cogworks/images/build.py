"""From a source and a class list to the manifests of a data set."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cogworks.concepts.published_levels import cog_level
from cogworks.core.errors import InputError
from cogworks.images.choice import choose_images
from cogworks.images.copies import report_copies
from cogworks.images.manifest import write_manifest
from cogworks.images.sources.listing import name_some
from cogworks.images.sources.scan import find_image_column, scan
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
) -> None:
    """Scan the source, choose the images, and write a manifest for each split.

    Args:
        spec: where the images come from, and which are chosen.
        wnids: the classes, sorted.
        outputs: split -> file.
        threads: readers and decoders at once.
        verify: whether to decode every image, and to compare all for copies.
        online: whether a torchvision data set that is not there may be downloaded.

    Raises:
        InputError: missing classes or files, too few images, or damaged ones.
    """
    column = find_image_column(spec.source)
    frame = scan(spec.source, wnids, threads=threads, online=online)
    decoders = threads if verify else 0
    parts, dropped = _choose_readable(frame, wnids, spec, image_column=column, decoders=decoders)
    report_copies(parts, image_column=column, thorough=verify)
    for split, path in outputs.items():
        manifest = write_manifest(
            parts[split],
            path,
            dataset=spec.dataset,
            split=split,
            classes=wnids,
            on_corrupt=spec.on_corrupt,
            image_column=column,
            dropped=len(dropped),
        )
        print(f"{split}: {len(manifest)} images of {len(wnids)} classes", file=sys.stderr)
    for image, reason in dropped.items():
        print(f"dropped {image}: {reason}", file=sys.stderr)
    _compare_level(wnids, sum(map(len, parts.values())), f"images.{spec.dataset}")


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


def _choose_readable(
    frame: pd.DataFrame,
    wnids: Sequence[str],
    spec: ManifestSpec,
    *,
    image_column: str,
    decoders: int,
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Choose images; with `decoders`, damaged ones are replaced by others, or are an error.

    Returns:
        the images of each split, and id -> reason for those that were dropped.
    """
    checked: set[str] = set()
    dropped: dict[str, str] = {}
    while True:
        parts = choose_images(frame[~frame["id"].isin(dropped.keys())], wnids, spec)
        if not decoders:
            return parts, dropped
        chosen = pd.concat(parts.values(), ignore_index=True)
        fresh = chosen[~chosen["id"].isin(checked)]
        if fresh.empty:
            return parts, dropped
        corrupt = find_corrupt(fresh, image_column=image_column, workers=decoders)
        if corrupt and spec.on_corrupt == "error":
            raise InputError(
                f"images.{spec.dataset}: {len(corrupt)} of {len(fresh)} images are damaged: "
                f"{name_some(list(corrupt.values()), most=10)}. Replace them, or set on_corrupt: "
                "drop to leave them out"
            )
        checked.update(fresh["id"])
        dropped |= corrupt
