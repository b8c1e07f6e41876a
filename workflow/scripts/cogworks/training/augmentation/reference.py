"""Crops made with Pillow, one at a time: the reference that the fast implementation is held to.

Each step gives the same bytes as torchvision's transforms on Pillow images, with the choices given.
"""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from cogworks.training.augmentation.choices import (
    BRIGHTNESS,
    CONTRAST,
    HUE,
    SATURATION,
    Choices,
)

SOLARISE_FROM = 128
_ENHANCERS = {
    BRIGHTNESS: ImageEnhance.Brightness,
    CONTRAST: ImageEnhance.Contrast,
    SATURATION: ImageEnhance.Color,
}


def reference_crops(images: Sequence[Image.Image], choices: Choices, size: int) -> torch.Tensor:
    """Return the crops (N, 3, S, S), uint8, of RGB images, in the order of `choices`."""
    crops = np.empty((len(choices), size, size, 3), dtype=np.uint8)
    for row in range(len(choices)):
        image = images[choices.image[row]]
        crops[row] = np.asarray(reference_crop(image, choices, row, size))
    return torch.from_numpy(crops).permute(0, 3, 1, 2).contiguous()


def reference_crop(image: Image.Image, choices: Choices, row: int, size: int) -> Image.Image:
    """Return one crop: cut, resized, flipped, jittered, greyed, blurred, solarised."""
    top, left, height, width = choices.box[row].tolist()
    image = image.crop((left, top, left + width, top + height))
    image = image.resize((size, size), Image.Resampling.BICUBIC)
    if choices.flip[row]:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for change in choices.order[row]:
        if change >= 0:
            image = _jitter(image, int(change), float(choices.factors[row, change]))
    if choices.grey[row]:
        image = image.convert("L").convert("RGB")
    if choices.sigma[row]:
        image = image.filter(ImageFilter.GaussianBlur(float(choices.sigma[row])))
    if choices.solarise[row]:
        image = ImageOps.solarize(image, SOLARISE_FROM)
    return image


def _jitter(image: Image.Image, change: int, factor: float) -> Image.Image:
    if change == HUE:
        return _shift_hue(image, factor)
    return _ENHANCERS[change](image).enhance(factor)


def _shift_hue(image: Image.Image, turns: float) -> Image.Image:
    """Turn the hue of HSV; both are bytes in Pillow, so that it wraps round by itself."""
    hue, saturation, value = image.convert("HSV").split()
    shifted = np.asarray(hue) + np.int32(turns * 255).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(shifted), saturation, value)).convert("RGB")
