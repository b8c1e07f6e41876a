"""From encoded bytes to RGB pixels: one place decides what unusual images become.

========================  ======================================================================
image                     decision
========================  ======================================================================
truncated, damaged        an error that names it; never a half-grey picture
EXIF orientation          ignored: pixels as stored, as in the thesis and in nearly all published
                          training and evaluation code
CMYK, YCCK                Pillow's plain conversion, as in the thesis
grey, bilevel, palette    the same grey or the palette's colours in three channels
alpha, transparent index  laid over white: the colours hidden under it are arbitrary
16-bit grey               scaled by 1 / 257 and rounded; Pillow's own conversion clips it to white
32-bit, floating point    refused: the range that means white is not known
animation                 the first frame
========================  ======================================================================

`decode_uint8` decodes baseline and progressive JPEGs with simplejpeg, about three times as fast,
and leaves everything else, and whatever simplejpeg complains about, to `decode_pil`: which images
are accepted does not depend on the path taken.
"""

import io
from typing import TYPE_CHECKING

import numpy as np
import simplejpeg
from PIL import Image

from cogworks.core.errors import InputError

if TYPE_CHECKING:
    import torch

JPEG_START = b"\xff\xd8\xff"
WHITE_16_BIT = 65535


class CorruptImageError(InputError):
    """An image that cannot be decoded; the message names it."""


def decode_pil(data: bytes, *, name: str) -> Image.Image:
    """Decode `data` fully into an RGB image.

    Args:
        data: the encoded image, in any format that Pillow reads.
        name: the image's place, for the error.

    Raises:
        CorruptImageError: truncated, damaged, or of a kind that has no defined conversion.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return _to_rgb(image)
    except Exception as error:  # Pillow's plugins raise whatever their parsers stumble over
        raise CorruptImageError(f"{name}: the image cannot be decoded ({error})") from error


def decode_uint8(data: bytes, *, name: str) -> "torch.Tensor":
    """Decode `data` into a uint8 tensor (3, H, W), faster than `decode_pil` for JPEGs.

    The tensor is a view with the channels innermost, which resizing likes best.

    Raises:
        CorruptImageError: as for `decode_pil`.
    """
    # Not at the top: planning and scanning import this module and need no torch.
    import torch

    pixels = _decode_jpeg(data) if data[:3] == JPEG_START else None
    if pixels is None:
        pixels = np.array(decode_pil(data, name=name))
    return torch.from_numpy(pixels).permute(2, 0, 1)


def _decode_jpeg(data: bytes) -> np.ndarray | None:
    """Return uint8 pixels (H, W, 3), or None where Pillow is to decide."""
    try:
        colours = simplejpeg.decode_jpeg_header(data)[2]
        if colours in ("CMYK", "YCCK"):
            return None
        pixels: np.ndarray = simplejpeg.decode_jpeg(data, colorspace="RGB")
    except ValueError:
        return None
    return pixels


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _scale_16_bit(image)
    if image.mode == "F":
        raise ValueError("floating-point pixels have no defined white; convert it to 8 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _scale_16_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > WHITE_16_BIT:
        raise ValueError("32-bit pixels have no defined white; convert it to 8 or 16 bits")
    grey = ((values + 128) // 257).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")
