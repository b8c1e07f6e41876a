"""Changes of colour and sharpness, many crops at once: the fast form of Pillow's operations.

Crops are bytes between the changes, as in Pillow, and floating-point numbers within. Each step
clips, as Pillow's do. Where Pillow cuts off fractions, here half a grey level is taken away, so
that brightness does not drift against it. Nothing here waits for the device.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn import functional

from cogworks.training.augmentation.choices import (
    CONTRAST,
    HUE,
    SATURATION,
    Choices,
)
from cogworks.training.augmentation.resample import to_bytes

# ITU-R 601-2, Pillow's conversion to grey.
LUMA = (0.299, 0.587, 0.114)
WHITE = 255
# What Pillow's cutting off of fractions costs on average.
CUT_OFF = 0.5
# Pillow's Gaussian blur is a box blur, three times.
BOX_PASSES = 3
# One such box reaches this many pixels to either side at the largest blur.
BOX_REACH = 2
# Weights of the blur below this are left out: two of them are half a grey level at most.
LEAST_WEIGHT = 1e-3
# On a CPU, so many pixels are changed at a time, which stay in the cache meanwhile.
CACHED_PIXELS = 8 * 96**2

# Takes planes (3, N, S, S), float32 from 0 to 255, and which crops they are; returns them changed.
Change = Callable[[torch.Tensor, np.ndarray], torch.Tensor]


def change_colours(crops: torch.Tensor, choices: Choices) -> torch.Tensor:
    """Jitter, grey, blur and solarise uint8 `crops` (N, 3, S, S) in place, and return them."""
    # Crops of the same order of changes, or of like blur, stand together: they cost least.
    by_order = np.lexsort(choices.order.T[::-1])
    by_blur = np.argsort(choices.sigma, kind="stable")
    jitter = partial(_jitter, order=choices.order, numbers=jitter_numbers(choices))
    weights = blur_weights(choices.sigma)
    _change_some(crops, by_order[choices.order[by_order, 0] >= 0], jitter)
    _change_some(crops, np.flatnonzero(choices.grey), _to_grey)
    _change_some(
        crops,
        by_blur[choices.sigma[by_blur] > 0],
        lambda planes, rows: blur(planes, weights[:, rows]),
    )
    _change_some(crops, np.flatnonzero(choices.solarise), _solarise)
    return crops


def _change_some(crops: torch.Tensor, rows: np.ndarray, change: Change) -> None:
    """Replace the crops in `rows` by what `change` makes of them."""
    if not len(rows):
        return
    parts = 1 if crops.is_cuda else -(-len(rows) * crops.shape[-1] ** 2 // CACHED_PIXELS)
    for part in np.array_split(rows, min(len(rows), parts)):
        index = torch.from_numpy(part).to(crops.device, non_blocking=True)
        planes = crops.index_select(0, index).transpose(0, 1)
        planes = planes.to(torch.float32, memory_format=torch.contiguous_format)
        changed = to_bytes(change(planes, part).add_(0.5)).transpose(0, 1)
        if crops.is_cuda:
            crops.index_copy_(0, index, changed)
        else:  # which takes a tenth of the time on a CPU
            for row, crop in zip(part.tolist(), changed, strict=True):
                crops[row] = crop


def jitter_numbers(choices: Choices) -> np.ndarray:
    """Return what each step of the jitter multiplies and adds, (4 steps, 5, N), float32.

    With strength f and a crop's grey levels L, brightness, contrast and saturation are each
    f crop + (1 - f) other, where other is black, the mean of L, or L. The five numbers are the
    shares of the crop, of L and of its mean, what is added, and by how many sixths of a turn the
    hue is turned, which Pillow cuts off to a whole number of 255ths.
    """
    change = choices.order.T
    strength = np.take_along_axis(choices.factors, choices.order, axis=1).T
    blended = (change >= 0) & (change != HUE)
    numbers = (
        np.where(blended, strength, 1.0),
        np.where(change == SATURATION, 1.0 - strength, 0.0),
        np.where(change == CONTRAST, 1.0 - strength, 0.0),
        np.where(blended, -CUT_OFF, 0.0),
        np.where(change == HUE, np.trunc(strength * 255) * (6 / 255), 0.0),
    )
    return np.stack(numbers, axis=1).astype(np.float32)


def _jitter(
    planes: torch.Tensor, rows: np.ndarray, *, order: np.ndarray, numbers: np.ndarray
) -> torch.Tensor:
    """Make each crop's changes in its own order."""
    each = _each(planes, numbers[:, :, rows])
    for step, changes in enumerate(order[rows].T.tolist()):
        kinds = set(changes)
        if kinds != {HUE}:
            _blend(planes, kinds, *each[step][:4])
        if kinds == {HUE}:
            planes = _turn_hue(planes, each[step][4])
        elif HUE in kinds:
            turned = np.flatnonzero(np.array(changes) == HUE)
            index = torch.from_numpy(turned).to(planes.device, non_blocking=True)
            shift = each[step][4].index_select(0, index)
            planes.index_copy_(1, index, _turn_hue(planes.index_select(1, index), shift))
    return planes


def _blend(
    planes: torch.Tensor,
    kinds: set[int],
    own: torch.Tensor,
    of_luma: torch.Tensor,
    of_mean: torch.Tensor,
    offset: torch.Tensor,
) -> None:
    """Change brightness, contrast or saturation in each crop that has it now.

    All crops take part, the rest with an own share of 1: that costs less than to pick some.
    """
    if CONTRAST in kinds:
        # Pillow rounds the mean to a whole number.
        mean = _luma(planes.mean(dim=(2, 3), keepdim=True)).add_(0.5).floor_()
        offset = mean.mul_(of_mean).add_(offset)
    if SATURATION in kinds:
        other = _luma(planes).mul_(of_luma).add_(offset)
        torch.addcmul(other, planes, own, out=planes)
    else:
        planes.mul_(own).add_(offset)
    planes.clamp_(0, WHITE)


def _luma(planes: torch.Tensor) -> torch.Tensor:
    """Return the grey levels of planes (3, ...)."""
    grey = planes[0] * LUMA[0]
    return grey.add_(planes[1], alpha=LUMA[1]).add_(planes[2], alpha=LUMA[2])


def _to_grey(planes: torch.Tensor, _: np.ndarray) -> torch.Tensor:
    return planes.copy_(_luma(planes))


def _solarise(planes: torch.Tensor, _: np.ndarray) -> torch.Tensor:
    """Turn round what is nearer to white than to black."""
    return torch.minimum(planes, WHITE - planes)


def _turn_hue(planes: torch.Tensor, sixths: torch.Tensor) -> torch.Tensor:
    """Turn the hue of HSV, by less than a sixth of a turn, with value and saturation as they are.

    Let m and M be the least and the greatest channel and c = M - m. The distance of the hue from
    pure red, in sixths of a turn, is A = (r + g + b + M - 2 m - 2 r) / c, on the side of green
    where g > b. Turned by d, red becomes m + c clamp(2 - |A + sign(g - b) d|, 0, 1), which is
    clamp(m + 2 c - |c A + sign(g - b) c d|, m, M); green and blue follow by rotation. Pillow holds
    hue and saturation in bytes; here they are exact. Only arithmetic, since comparing and choosing
    costs five times as much on a CPU.

    Args:
        planes: (3, N, S, S).
        sixths: (N, 1, 1), by how many sixths of a turn.
    """
    red, green, blue = planes
    least = torch.minimum(red, green)
    torch.minimum(least, blue, out=least)
    most = torch.maximum(red, green)
    torch.maximum(most, blue, out=most)
    base = (red + green).add_(blue).add_(most).sub_(least, alpha=2)
    spread = most - least
    top = most + spread
    shift = spread.mul_(sixths)
    result = torch.empty_like(planes)
    for channel in range(3):
        ahead, behind = planes[(channel + 1) % 3], planes[(channel + 2) % 3]
        side = torch.sub(ahead, behind).sign_()
        distance = torch.sub(base, planes[channel], alpha=2).addcmul_(side, shift).abs_()
        torch.clamp(torch.sub(top, distance, out=distance), least, most, out=result[channel])
    return result


def blur(planes: torch.Tensor, weights: np.ndarray) -> torch.Tensor:
    """Blur with Pillow's approximation of a Gaussian: three box blurs along each axis.

    Beyond the edge lies the outermost pixel; Pillow repeats it before each of the three passes,
    here it is repeated once, so that the outermost six pixels may differ by some grey levels.

    Args:
        planes: (C, N, S, S).
        weights: (7, N), see `blur_weights`.
    """
    reach = int(np.flatnonzero(weights.any(axis=1))[-1])
    each = _each(planes, weights)
    for axis, edges in ((3, (reach, reach, 0, 0)), (2, (0, 0, reach, reach))):
        size = planes.shape[axis]
        wide = functional.pad(planes, edges, mode="replicate")
        planes = planes * each[0]
        for step in range(1, reach + 1):
            pair = wide.narrow(axis, reach - step, size) + wide.narrow(axis, reach + step, size)
            planes.addcmul_(pair, each[step])
    # As in Pillow, so that the least blurs change nothing.
    return planes.round_()


def blur_weights(sigma: np.ndarray) -> np.ndarray:
    """Return what pixels 0 to 6 steps away weigh in blurs of (N,) pixels, at most 2: (7, N).

    They are three of Pillow's extended box blurs, one after the other. Such a box of full width L
    has the variance sigma^2 / 3, so that L = sqrt(12 sigma^2 / 3 + 1); the pixels just outside the
    whole ones weigh what is missing.
    """
    variance = sigma**2 / BOX_PASSES
    whole = np.floor((np.sqrt(12 * variance + 1) - 1) / 2)
    edge = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    edge /= 6 * (variance - (whole + 1) ** 2)
    place = np.arange(-BOX_REACH, BOX_REACH + 1)[:, None]
    box = np.clip(whole + edge + 1 - np.abs(place), 0, 1)
    kernel = _convolve(_convolve(box, box), box)
    kernel /= kernel.sum(axis=0)
    kernel[kernel < LEAST_WEIGHT] = 0
    weights: np.ndarray = (kernel / kernel.sum(axis=0))[BOX_PASSES * BOX_REACH :]
    return weights.astype(np.float32)


def _convolve(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the full convolution (A + B - 1, N) of each column of two arrays (A, N), (B, N)."""
    result = np.zeros((len(first) + len(second) - 1, first.shape[1]))
    for step, row in enumerate(second):
        result[step : step + len(first)] += first * row
    return result


def _each(planes: torch.Tensor, values: np.ndarray) -> torch.Tensor:
    """Return values (..., N) in a shape (..., N, 1, 1), on the device of the planes."""
    return torch.from_numpy(values).to(planes.device, non_blocking=True)[..., None, None]
