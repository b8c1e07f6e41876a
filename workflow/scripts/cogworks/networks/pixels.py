"""From encoded images to the square of bytes that a network sees (thesis, section 3.4.1)."""

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from cogworks.images.decode import decode_array, decode_pil

_PIL_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
}
# Pillow resizes images that are taller than this many widths in the other order, columns first, and
# cuts off other overshoots in between; torch would be up to seven grey levels away.
TALL = 2
# For an image of more than this many squares, only the one that is kept is resized: 1 x 65500
# pixels would become 13 GB.
# It is at most one grey level away from the whole's.
LONG = 100
Decode = Callable[[bytes, str], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Fit:
    """How an image of any shape becomes a square; see `make_decoder`."""

    size: int
    resize: int
    interpolation: str
    squash: bool = False
    floor: bool = False

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width before the crop."""
        return (self.resize, self.resize) if self.squash else resized(height, width, self.resize)

    def corner(self, height: int, width: int) -> tuple[int, int]:
        """Return top and left of the crop."""
        if self.floor:
            return (height - self.size) // 2, (width - self.size) // 2
        return crop_corner(height, width, self.size)


def resized(height: int, width: int, side: int) -> tuple[int, int]:
    """Return height and width once the shortest side is `side` pixels (the other one floored)."""
    if width <= height:
        return int(side * height / width), side
    return side, int(side * width / height)


def crop_corner(height: int, width: int, size: int) -> tuple[int, int]:
    """Return top and left of the central square of `size` pixels."""
    return round((height - size) / 2.0), round((width - size) / 2.0)


def make_decoder(
    *,
    decoder: str,
    size: int,
    resize: int,
    interpolation: str,
    squash: bool = False,
    floor: bool = False,
) -> Decode:
    """Return the function from encoded bytes and a name to uint8 pixels (size, size, 3).

    Args:
        decoder: `pil`, or `fast`, which is at most one grey level away from it when it shrinks
            an image, except for about one value in a million, which is two away; when it
            enlarges one, about one in a hundred thousand. torch's weights for bytes have 15 bits,
            Pillow's 22.
        size: side of the central square.
        resize: the shortest side before it is cut out, at least `size`.
        interpolation: `bicubic` or `bilinear`, antialiased.
        squash: resize both sides to `resize`, whatever the image's shape.
        floor: round the corner of the square down, as transformers does; torchvision and timm
            round it to the nearest even number.

    The function raises CorruptImageError with the name.
    """
    prepare = {"pil": _prepare_pil, "fast": _prepare_fast}[decoder]
    return partial(prepare, fit=Fit(size, resize, interpolation, squash, floor))


def _prepare_pil(data: bytes, name: str, fit: Fit) -> np.ndarray:
    return _square(decode_pil(data, name=name), fit)


def _square(image: Image.Image, fit: Fit) -> np.ndarray:
    size = fit.size
    height, width = fit.resized(image.height, image.width)
    top, left = fit.corner(height, width)
    method = _PIL_FILTERS[fit.interpolation]
    # In the order in which Pillow resizes the two sides.
    if height > LONG * size:
        if width > image.width:
            image = image.resize((width, image.height), method)
        scale = image.height / height
        rows = (0, top * scale, image.width, (top + size) * scale)
        image, height, top = image.resize((image.width, size), method, rows), size, 0
    elif width > LONG * size:
        scale = image.width / width
        columns = (left * scale, 0, (left + size) * scale, image.height)
        image, width, left = image.resize((size, image.height), method, columns), size, 0
    if (width, height) != image.size:
        image = image.resize((width, height), method)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def _prepare_fast(data: bytes, name: str, fit: Fit) -> np.ndarray:
    pixels = decode_array(data, name=name)
    height, width = pixels.shape[:2]
    if height > TALL * width or width > LONG * height:
        return _square(Image.fromarray(pixels), fit)
    size = fit.resized(height, width)
    if size != (height, width):
        pixels = _resize(pixels, size, fit.interpolation)
    top, left = fit.corner(*size)
    return pixels[top : top + fit.size, left : left + fit.size]


def _resize(pixels: np.ndarray, size: tuple[int, int], method: str) -> np.ndarray:
    """Return contiguous pixels (H, W, 3) at another size (height, width).

    The strides of the batch of one say that channels are innermost, as `image[None]` would not for
    (3, H, W): so torch writes them innermost, too, which takes three quarters of the time, and a
    square is copied out of them in a fortieth of it.
    """
    image = torch.from_numpy(pixels.reshape(1, *pixels.shape)).permute(0, 3, 1, 2)
    resized = functional.interpolate(image, size, mode=method, antialias=True, align_corners=False)
    found: np.ndarray = resized.numpy()[0].transpose(1, 2, 0)
    return found


def normalise(
    pixels: torch.Tensor, mean: torch.Tensor, std: torch.Tensor, *, bgr: bool = False
) -> torch.Tensor:
    """Return uint8 pixels (B, S, S, 3) as normalised float32 images (B, 3, S, S), on their device.

    The arithmetic is that of torchvision's ToTensor and Normalize, step by step, so that it gives
    the same bits. The result is channels-last in memory.

    Args:
        pixels: RGB.
        mean: (3,), float32, in the order of RGB.
        std: (3,), likewise.
        bgr: turn the order of the channels round afterwards.
    """
    images = pixels.permute(0, 3, 1, 2).to(torch.float32).div_(255)
    images = images.sub_(mean[:, None, None]).div_(std[:, None, None])
    return images.flip(1) if bgr else images
