"""What an image must be before it counts, and how two images are told to be the same."""

import io

import imagehash
import numpy as np
from PIL import Image

from cogworks.synthesis.draw import Drawing
from cogworks.synthesis.reasons import CONSTANT, NON_FINITE, NSFW

# A picture whose brightest and darkest pixels are this close in every channel shows nothing.
CONSTANT_RANGE = 2


def fault(drawing: Drawing) -> str | None:
    """Return what is wrong with a drawing by itself, or None."""
    if drawing.flagged:
        return NSFW
    if not drawing.finite:
        return NON_FINITE
    flat = drawing.pixels.reshape(-1, drawing.pixels.shape[-1])
    if int((flat.max(0).astype(int) - flat.min(0)).max()) <= CONSTANT_RANGE:
        return CONSTANT
    return None


def encode(pixels: np.ndarray, *, kind: str, quality: int) -> bytes:
    """Return uint8 pixels (H, W, 3) as PNG, or as JPEG without chroma subsampling."""
    image, buffer = Image.fromarray(pixels), io.BytesIO()
    if kind == "jpeg":
        image.save(buffer, format="JPEG", quality=quality, subsampling=0)
    else:
        image.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def perceptual_hash(pixels: np.ndarray) -> int:
    """Return 64 bits that stay nearly the same under changes that the eye does not see."""
    bits = imagehash.phash(Image.fromarray(pixels)).hash.ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


class SeenHashes:
    """The hashes of the images of one class that are already in."""

    def __init__(self, *, distance: int | None) -> None:
        """Call images duplicates at `distance` bits or fewer; None calls none so."""
        self._distance = distance
        self._hashes = np.zeros(64, dtype=np.uint64)
        self._count = 0

    def holds(self, value: int) -> bool:
        """Say whether a hash as near as `distance` is in."""
        if self._distance is None or self._count == 0:
            return False
        apart = np.bitwise_count(self._hashes[: self._count] ^ np.uint64(value))
        return bool((apart <= self._distance).any())

    def add(self, value: int) -> None:
        """Take a hash in."""
        if self._count == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._hashes[self._count] = value
        self._count += 1
