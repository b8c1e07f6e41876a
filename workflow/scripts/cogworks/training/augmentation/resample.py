"""Cutting boxes out of images and resizing them: bicubic, antialiased, as Pillow does."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from cogworks.training.augmentation.choices import Choices

# Pillow's bicubic filter (a = -0.5) reaches two pixels of the coarser grid to either side.
CUBIC_A = -0.5
CUBIC_REACH = 2.0


def resample_each(images: Sequence[torch.Tensor], choices: Choices, size: int) -> torch.Tensor:
    """Return flipped and resized crops (N, 3, S, S), uint8, one by one.

    The quickest way on a CPU for large images: torch resizes bytes with vector instructions, at
    most one grey level from Pillow.

    Args:
        images: uint8 (3, H, W), channels innermost in memory.
        choices: which boxes of which images, and whether to flip.
        size: S.
    """
    crops = torch.empty(len(choices), 3, size, size, dtype=torch.uint8)
    for row in range(len(choices)):
        top, left, height, width = choices.box[row].tolist()
        image = images[choices.image[row]][None, :, top : top + height, left : left + width]
        crop = functional.interpolate(image, (size, size), mode="bicubic", antialias=True)[0]
        crops[row] = crop.flip(2) if choices.flip[row] else crop
    return crops


def resample_together(
    images: torch.Tensor, choices: Choices, size: int, device: torch.device
) -> torch.Tensor:
    """Return what `resample_each` returns, for all crops at once, as two matrix products.

    The quickest way on a GPU, and on a CPU for small images.

    Args:
        images: uint8 (B, 3, H, W) on `device`; smaller images are padded at the right and below,
            and no box reaches into the padding.
        choices: N crops, as many for each image as for any other one, ordered by number, then by
            image.
        size: S.
        device: where the work is done.
    """
    batch, channels, height, width = images.shape
    boxes = choices.box
    across = box_weights(boxes[:, 1], boxes[:, 3], choices.flip, width, size, device)
    down = box_weights(
        boxes[:, 0], boxes[:, 2], np.zeros(len(choices), dtype=bool), height, size, device
    )
    crops = len(choices) // batch
    # (B, crops * S, W): each image is multiplied by the rows of all its crops in one product.
    across = across.view(crops, batch, size, width).transpose(0, 1).reshape(batch, -1, width)
    rows = images.reshape(batch, channels * height, width).to(torch.float32)
    narrow = torch.bmm(rows, across.transpose(1, 2)).round_().clamp_(0, 255)
    narrow = narrow.view(batch, channels, height, crops, size).permute(3, 0, 2, 1, 4)
    narrow = narrow.reshape(crops * batch, height, channels * size)
    result = torch.bmm(down, narrow).round_().clamp_(0, 255)
    return to_bytes(result.view(-1, size, channels, size).transpose(1, 2)).contiguous()


def to_bytes(values: torch.Tensor) -> torch.Tensor:
    """Return values from 0 to less than 256 as uint8, their fractions cut off."""
    if values.is_cuda:
        return values.to(torch.uint8)
    # In a fifth of torch's time.
    return torch.from_numpy(values.numpy().astype(np.uint8))


def box_weights(
    start: np.ndarray,
    length: np.ndarray,
    flip: np.ndarray,
    pixels: int,
    size: int,
    device: torch.device,
) -> torch.Tensor:
    """Return the matrices (N, S, pixels) that resize the stretch of an axis to S pixels.

    Row s holds the filter's weights for output pixel s, which sum to 1; they are those of
    Pillow's resize of the stretch alone, so nothing outside it is looked at.

    Args:
        start: (N,) first pixel of the stretch.
        length: (N,) its pixels.
        flip: (N,) whether to turn the result round.
        pixels: length of the whole axis.
        size: S.
        device: where the matrices go.
    """
    scales = (length / size).astype(np.float32)
    # So many pixels the filter reaches at most; weights are worked out for these alone.
    taps = min(pixels, int(2 * CUBIC_REACH * max(scales.max(), 1.0)) + 2)
    # Without waiting for what the device is still busy with.
    first, extent, scale, turned = (
        torch.from_numpy(values).to(device, non_blocking=True)[:, None, None]
        for values in (start, length, scales, flip)
    )
    output = torch.arange(size, device=device, dtype=torch.float32)[None, :, None]
    output = torch.where(turned, size - 1 - output, output)
    centre = (output + 0.5) * scale
    stretch = scale.clamp(min=1.0)
    left = (centre - CUBIC_REACH * stretch).floor_().to(torch.int64).add_(first)
    place = left.clamp_(0, pixels - taps) + torch.arange(taps, device=device)
    source = place - first
    weights = _cubic((source + 0.5 - centre) / stretch)
    weights *= (source >= 0) & (source < extent)
    weights /= weights.sum(dim=2, keepdim=True)
    return weights.new_zeros(*weights.shape[:2], pixels).scatter_(2, place, weights)


def _cubic(x: torch.Tensor) -> torch.Tensor:
    """Return Keys' cubic convolution kernel with a = -0.5."""
    x = x.abs()
    near = ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * CUBIC_A
    return torch.where(x < 1, near, torch.where(x < CUBIC_REACH, far, torch.zeros_like(x)))
