"""From a source and a class list to the manifests of a data set."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogworks.core.errors import InputError
from cogworks.images.choice import choose_images
from cogworks.images.copies import report_copies
from cogworks.images.manifest import write_manifest
from cogworks.images.sources.listing import name_some
from cogworks.images.sources.scan import find_image_column, scan
from cogworks.images.verify import find_corrupt


def build_manifests(
    spec: dict[str, Any],
    wnids: Sequence[str],
    outputs: dict[str, Path],
    *,
    threads: int,
    verify: bool = False,
    online: bool = False,
) -> None:
    """Scan the source, choose the images, and write one manifest a split.

    Args:
        spec: `manifest_spec` of the plan.
        wnids: the classes, sorted.
        outputs: split -> file.
        threads: readers and decoders at once.
        verify: whether to decode every image, and to compare all for copies.
        online: whether a torchvision data set that is not there may be downloaded.

    Raises:
        InputError: missing classes or files, too few images, or damaged ones.
    """
    column = find_image_column(spec["source"])
    spec = spec | {"source": spec["source"] | {"image_column": column}}
    frame = scan(spec["source"], wnids, threads=threads, online=online)
    parts, dropped = _choose_readable(frame, wnids, spec, verify=verify, threads=threads)
    report_copies(parts, image_column=column, thorough=verify)
    for split, path in outputs.items():
        manifest = write_manifest(
            parts[split],
            path,
            dataset=spec["dataset"],
            split=split,
            classes=wnids,
            on_corrupt=spec["on_corrupt"],
            image_column=column,
            dropped=len(dropped),
        )
        print(f"{split}: {len(manifest)} images of {len(wnids)} classes", file=sys.stderr)
    for image, reason in dropped.items():
        print(f"dropped {image}: {reason}", file=sys.stderr)


def _choose_readable(
    frame: pd.DataFrame,
    wnids: Sequence[str],
    spec: dict[str, Any],
    *,
    verify: bool,
    threads: int,
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Choose images; with `verify`, damaged ones are replaced by others, or are an error.

    Returns:
        the images of each split, and id -> reason for those that were dropped.
    """
    checked: set[str] = set()
    dropped: dict[str, str] = {}
    while True:
        parts = choose_images(frame[~frame["id"].isin(dropped.keys())], wnids, spec)
        if not verify:
            return parts, dropped
        chosen = pd.concat(parts.values(), ignore_index=True)
        fresh = chosen[~chosen["id"].isin(checked)]
        if fresh.empty:
            return parts, dropped
        column = spec["source"]["image_column"]
        corrupt = find_corrupt(fresh, image_column=column, workers=threads)
        if corrupt and spec["on_corrupt"] == "error":
            raise InputError(
                f"images.{spec['dataset']}: {len(corrupt)} of {len(fresh)} images are damaged: "
                f"{name_some(list(corrupt.values()), most=10)}. Replace them, or set on_corrupt: "
                "drop to leave them out"
            )
        checked.update(fresh["id"])
        dropped |= corrupt
