"""Decoding every image once, to find the damaged ones before hours of work start."""

import sys
from functools import partial
from pathlib import Path

import pandas as pd

from cogworks.core.parallel import map_ordered
from cogworks.images.decode import CorruptImageError, decode_pil
from cogworks.images.manifest import Manifest, as_rows
from cogworks.images.reader import ImageReader

CHUNK = 500


def find_corrupt(
    frame: pd.DataFrame, *, image_column: str, workers: int, label: str
) -> dict[str, str]:
    """Return id -> reason for each image of `frame` that cannot be decoded; the log names all.

    Args:
        frame: columns id, path, container, locator, size (others are ignored).
        image_column: column of packs with the images.
        workers: processes.
        label: names the work in the progress display.
    """
    # In the order in which the images lie, so that packs are read once and from front to back.
    places = frame.sort_values(["path", "locator"], ignore_index=True)
    chunks = [places[start : start + CHUNK] for start in range(0, len(places), CHUNK)]
    check = partial(_check_chunk, image_column=image_column)
    counts = [len(chunk) for chunk in chunks]
    results = map_ordered(check, chunks, workers=workers, label=label, unit="images", counts=counts)
    corrupt = {image: reason for found in results for image, reason in found}
    for reason in corrupt.values():
        print(reason, file=sys.stderr)
    return corrupt


def _check_chunk(frame: pd.DataFrame, *, image_column: str) -> list[tuple[str, str]]:
    manifest = Manifest(as_rows(frame), [], "", "", "", Path(), image_column=image_column)
    reader = ImageReader(manifest, cache_bytes=0)
    found = []
    for index, image in enumerate(frame["id"]):
        try:
            decode_pil(reader.read_bytes(index), name=reader.name(index))
        except CorruptImageError as error:
            found.append((str(image), str(error)))
    return found
