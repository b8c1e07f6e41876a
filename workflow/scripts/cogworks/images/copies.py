"""Images that stand in a data set twice: a warning, since only the user knows whether they may.

A test image that is a training image too raises every score. Copies that a file manager made weigh
some images double.
"""

import hashlib
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cogworks.images.manifest import Manifest, as_rows
from cogworks.images.reader import ImageReader
from cogworks.images.sources.listing import joined

# As file managers name them: `x (1)`, `x - Copy`, `x - Copy (2)`, `x copy 2`.
_COPY = re.compile(r"(.+?)( \(\d+\)| - Copy( \(\d+\))?| copy( \d+)?)")
# Without `verify`, no more images than this are read to compare them.
MOST = 10_000
# Pairs that a warning names.
NAMED = 3
TWICE = "are listed twice"
LIKE = "are named like copies of others"
SHARED = "have the same bytes as an image of another split"


class Copies:
    """Copies within classes: by place, by name, and images that two splits share."""

    def __init__(self, *, image_column: str, thorough: bool) -> None:
        """Look at nothing yet.

        Args:
            image_column: column of packs with the images.
            thorough: compare all that could be equal, those in packs too.
        """
        self._image_column, self._thorough = image_column, thorough
        self._left = MOST
        self._counts: Counter[str] = Counter()
        self._first: dict[str, list[str]] = {TWICE: [], LIKE: [], SHARED: []}

    def add(self, parts: Mapping[str, pd.DataFrame]) -> None:
        """Look at all images of some classes, by split."""
        frame = joined(part.assign(split=split) for split, part in parts.items())
        # The same place twice, as where one pack is both train_path and test_path.
        place = ["path", "locator"]
        again = frame[frame.duplicated(place)]
        if len(again):
            pairs = again.merge(frame.drop_duplicates(place), on=place, suffixes=("", "_first"))
            self._note(TWICE, list(zip(pairs["id"], pairs["id_first"], strict=True)))
        if self._counts[TWICE]:
            return
        self._note(LIKE, _copies_by_name(frame["id"]))
        self._note(SHARED, self._shared(frame))

    def report(self) -> None:
        """Warn on the log of what was found."""
        kinds = [TWICE] if self._counts[TWICE] else [LIKE, SHARED]
        for what in kinds:
            if count := self._counts[what]:
                more = f" and {count - NAMED} more" if count > NAMED else ""
                some = ", ".join(self._first[what]) + more
                print(f"warning: {count} images {what}: {some}", file=sys.stderr)

    def _note(self, what: str, pairs: list[tuple[str, str]]) -> None:
        self._counts[what] += len(pairs)
        first = self._first[what]
        first += [f"{one} = {other}" for one, other in pairs[: NAMED - len(first)]]

    def _shared(self, frame: pd.DataFrame) -> list[tuple[str, str]]:
        """Return pairs of ids of equal images in different splits of a class, the first of each."""
        # Equal images have equal sizes; the size of an image in a pack is not known.
        several = frame.groupby(["wnid", "size"])["split"].transform("nunique") > 1
        same = frame[several] if self._thorough else frame[several & (frame["size"] >= 0)]
        if not self._thorough:
            same = same.sort_values(["wnid", "size"], kind="stable")[: self._left]
            self._left -= len(same)
        return _equal(same.sort_values(["path", "locator"], ignore_index=True), self._image_column)


def _copies_by_name(ids: pd.Series) -> list[tuple[str, str]]:
    if not any(" " in image for image in ids):
        return []
    stems = {os.path.splitext(image)[0]: image for image in sorted(ids)}
    matches = ((image, _COPY.fullmatch(stem)) for stem, image in stems.items())
    return [(image, stems[match[1]]) for image, match in matches if match and match[1] in stems]


def _equal(same: pd.DataFrame, image_column: str) -> list[tuple[str, str]]:
    manifest = Manifest(as_rows(same), [], "", "", "", Path(), image_column=image_column)
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
