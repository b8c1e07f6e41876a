"""From encoded bytes to RGB pixels: one place decides what unusual images become.

============================  ==================================================================
image                         decision
============================  ==================================================================
truncated, damaged            an error that names it; never a half-grey picture (`jpeg`, `png`)
empty, a Git LFS pointer, a   the same error, which says so
web page
more than Pillow's limit      the same error; `Image.MAX_IMAGE_PIXELS` is 89 million, and twice as
                              many pixels are the limit
EXIF orientation              ignored: pixels as stored, as in the thesis and in nearly all
                              published training and evaluation code; a TIFF's own orientation is
                              part of its format and applied
CMYK, YCCK, YCbCr, LAB        Pillow's plain conversion, as in the thesis; embedded profiles are
                              not applied
grey, bilevel, palette, RGBX  the same grey or the palette's colours in three channels; the fourth
                              channel of RGBX means nothing
alpha, transparent index or   laid over white: the colours hidden under it are arbitrary
colour (also in palettes)
16 bits, grey                 scaled by 1 / 257 and rounded; Pillow's own conversion clips it to
                              white
16 bits, colour               the upper 8 bits, as Pillow reads it
32 bits, floating point       refused: the range that means white is not known
animation, several pictures   the first one
============================  ==================================================================

JPEGs are decoded by simplejpeg (see `jpeg`), bit for bit as by Pillow, everything else by Pillow.
Which images are accepted, and with which pixels, does not depend on the function called. Files of
any format that are cut off are found. A damaged part inside an uncompressed image, a TIFF, WebP,
AVIF or JPEG 2000 mostly cannot be told from a picture.
"""

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from cogworks.core.errors import InputError
from cogworks.core.inputs import impostor
from cogworks.images import jpeg, png

if TYPE_CHECKING:
    import torch

HEAD = 512


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
    decoded = _decode(data, name)
    return Image.fromarray(decoded) if isinstance(decoded, np.ndarray) else decoded


def decode_array(data: bytes, *, name: str) -> np.ndarray:
    """Decode `data` into uint8 pixels (H, W, 3), contiguous, as `decode_pil` does.

    Raises:
        CorruptImageError: as for `decode_pil`.
    """
    decoded = _decode(data, name)
    return decoded if isinstance(decoded, np.ndarray) else np.array(decoded)


def decode_uint8(data: bytes, *, name: str) -> "torch.Tensor":
    """Decode `data` into a uint8 tensor (3, H, W), a view with the channels innermost.

    Raises:
        CorruptImageError: as for `decode_pil`.
    """
    # Not at the top: planning and scanning import this module and need no torch.
    import torch

    return torch.from_numpy(decode_array(data, name=name)).permute(2, 0, 1)


def _decode(data: bytes, name: str) -> np.ndarray | Image.Image:
    """Return RGB pixels, as whichever library decoded them has them."""
    try:
        pixels = jpeg.decode_jpeg(data) if data.startswith(jpeg.START) else None
        if pixels is not None:
            return pixels
        if data.startswith(png.START):
            png.check_png(data)
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return _to_rgb(image)
    except MemoryError:
        # No fault of the image: it must not be dropped for it.
        raise
    except Exception as error:  # Pillow's plugins raise whatever their parsers stumble over
        raise CorruptImageError(f"{name}: the image {_reason(data, error)}") from error


def _reason(data: bytes, error: Exception) -> str:
    what = impostor(data[:HEAD])
    if what:
        return f"is {what}"
    if isinstance(error, UnidentifiedImageError):
        # Pillow's message tells nothing but an address in memory.
        return f"cannot be decoded (in no format known here; it begins with {data[:12]!r})"
    return f"cannot be decoded ({error})"


def _to_rgb(image: Image.Image) -> Image.Image:
    # A PPM says how much white is, and Pillow scales it to 16 bits.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return _scale_16_bit(image)
    if image.mode in ("I", "F"):
        kind = "32-bit" if image.mode == "I" else "floating-point"
        raise ValueError(f"{kind} pixels have no defined white; convert it to 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _scale_16_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB")
