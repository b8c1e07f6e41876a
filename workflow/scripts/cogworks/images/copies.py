"""Images that stand in a data set twice: a warning, since only the user knows whether they may.

A test image that is a training image too raises every score. Copies that a file manager made weigh
some images double.
"""

import hashlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader
from cogworks.images.sources.listing import name_some

# As file managers name them: `x (1)`, `x - Copy`, `x - Copy (2)`, `x copy 2`.
_COPY = re.compile(r"(.+?)( \(\d+\)| - Copy( \(\d+\))?| copy( \d+)?)")
# Without `verify`, no more images than this are read to compare them.
MOST = 10_000


def report_copies(parts: Mapping[str, pd.DataFrame], *, image_column: str, thorough: bool) -> None:
    """Warn on the log of copies by name, and of images that two splits share.

    Args:
        parts: split -> its images.
        image_column: column of packs with the images.
        thorough: compare all that could be equal, those in packs too.
    """
    frame = pd.concat(
        [part.assign(split=split) for split, part in parts.items()], ignore_index=True
    )
    # The same place twice, as where one pack is both train_path and test_path.
    place = ["path", "locator"]
    again = frame[frame.duplicated(place)]
    if len(again):
        pairs = again.merge(frame.drop_duplicates(place), on=place, suffixes=("", "_first"))
        _warn(list(zip(pairs["id"], pairs["id_first"], strict=True)), "are listed twice")
        return
    if copies := _copies_by_name(frame["id"]):
        _warn(copies, "are named like copies of others")
    if shared := _shared(frame, image_column=image_column, thorough=thorough):
        _warn(shared, "have the same bytes as an image of another split")


def _warn(pairs: list[tuple[str, str]], what: str) -> None:
    some = name_some([f"{one} = {other}" for one, other in pairs], most=3)
    print(f"warning: {len(pairs)} images {what}: {some}", file=sys.stderr)


def _copies_by_name(ids: pd.Series) -> list[tuple[str, str]]:
    stems = {os.path.splitext(image)[0]: image for image in sorted(ids)}
    matches = ((image, _COPY.fullmatch(stem)) for stem, image in stems.items())
    return [(image, stems[match[1]]) for image, match in matches if match and match[1] in stems]


def _shared(frame: pd.DataFrame, *, image_column: str, thorough: bool) -> list[tuple[str, str]]:
    """Return pairs of ids of equal images in different splits of one class, the first of each."""
    # Equal images have equal sizes; the size of an image in a pack is not known.
    several = frame.groupby(["wnid", "size"])["split"].transform("nunique") > 1
    same = frame[several] if thorough else frame[several & (frame["size"] >= 0)]
    if not thorough:
        same = same.sort_values(["wnid", "size"], kind="stable")[:MOST]
    same = same.sort_values(["path", "locator"], ignore_index=True)
    manifest = Manifest(same, [], "", "", "", Path(), image_column=image_column)
    reader = ImageReader(manifest, cache_bytes=0)
    first: dict[tuple[str, bytes], tuple[str, str]] = {}
    pairs = []
    for index, (wnid, image, split) in enumerate(
        zip(same["wnid"], same["id"], same["split"], strict=True)
    ):
        key = wnid, hashlib.blake2b(reader.read_bytes(index), digest_size=16).digest()
        there, other = first.setdefault(key, (split, image))
        if there != split:
            pairs.append((image, other))
    return pairs
