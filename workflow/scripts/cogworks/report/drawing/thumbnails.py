"""A few test images of concepts, small enough that the page can hold them."""

import io
from collections.abc import Iterator
from itertools import chain, zip_longest

import numpy as np
from PIL import Image

from cogworks.images.manifest import read_manifest
from cogworks.report.concept_gains import Gains
from cogworks.report.drawing.pictures import ClassImages, fitted
from cogworks.report.specs import PictureSource

# Concepts with pictures, pictures of each, their width and height in pixels, and WebP's quality.
CONCEPTS, IMAGES, SIDE, QUALITY = 160, 3, 56, 60


def thumbnails(found: Gains) -> list[bytes | None]:
    """Return for each concept some of its test images beside each other, as WebP; or None.

    Of many concepts, those have pictures on which encoders gain most and least.
    """
    chosen = set(list(dict.fromkeys(_by_extent(found)))[:CONCEPTS])
    result: list[bytes | None] = [None] * len(found.concepts)
    names = found.concepts["dataset"].to_numpy()
    for column, entry in zip(found.spec.columns, found.spec.sets, strict=True):
        source = PictureSource(label=column.label, manifest=entry.test)
        images = ClassImages(source, read_manifest(entry.test))
        for place in np.flatnonzero(names == column.name):
            if place in chosen:
                pictures = images.some(found.concepts["wnid"].iloc[place], IMAGES)
                result[place] = _strip(pictures)
    return result


def _by_extent(found: Gains) -> Iterator[int]:
    """Yield the concepts with the largest gains and losses of each encoder, by turns."""
    orders = [np.argsort(-found.gain(encoder), kind="stable") for encoder in found.encoders]
    ends = [end for order in orders for end in (order.tolist(), order[::-1].tolist())]
    return chain.from_iterable(zip_longest(*ends))


def _strip(pictures: list[Image.Image]) -> bytes | None:
    if not pictures:
        return None
    strip = Image.new("RGB", (SIDE * len(pictures), SIDE))
    for number, picture in enumerate(pictures):
        strip.paste(fitted(picture, (SIDE, SIDE)), (SIDE * number, 0))
    buffer = io.BytesIO()
    strip.save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()
