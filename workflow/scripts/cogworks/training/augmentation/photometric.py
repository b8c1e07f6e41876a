"""Changes of colour and sharpness, many crops at once: the fast form of Pillow's operations.

Crops are float32 (N, 3, S, S) with values from 0 to 255. Each step clips, as Pillow's do. Where
Pillow cuts off fractions, here half a grey level is taken away, so that brightness does not
drift against it. Nothing here waits for the device.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from cogworks.training.augmentation.choices import (
    CONTRAST,
    HUE,
    SATURATION,
    Choices,
)

# ITU-R 601-2, Pillow's conversion to grey.
LUMA = (0.299, 0.587, 0.114)
SOLARISE_FROM = 128
# What Pillow's cutting off of fractions costs on average.
CUT_OFF = 0.5
# Pillow's Gaussian blur is a box blur, three times.
BOX_PASSES = 3
# One such box reaches this many pixels to either side at the largest blur.
BOX_REACH = 2
# On a CPU, colours are jittered in this many pixels at a time, which stay in the cache meanwhile.
CACHED_PIXELS = 32 * 96**2

Change = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def change_colours(crops: torch.Tensor, choices: Choices) -> torch.Tensor:
    """Jitter, grey, blur and solarise `crops` (N, 3, S, S) in place, and return them."""
    count, size = len(crops), crops.shape[-1]
    stride = count if crops.is_cuda else max(1, CACHED_PIXELS // size**2)
    for start in range(0, count, stride):
        part = slice(start, start + stride)
        _change_part(crops[part], choices.rows(part))
    return crops


def _change_part(crops: torch.Tensor, choices: Choices) -> None:
    """Jitter in each crop's own order, then grey, blur and solarise."""
    for step in range(choices.order.shape[1]):
        change = choices.order[:, step]
        strength = choices.factors[np.arange(len(choices)), change]
        _blend(crops, change, strength)
        _change_some(crops, change == HUE, _shift_hue, strength)
    _change_some(crops, choices.grey, _to_grey, choices.sigma)
    _change_some(crops, choices.sigma > 0, blur, choices.sigma)
    _change_some(crops, choices.solarise, _solarise, choices.sigma)


def _change_some(
    crops: torch.Tensor, rows: np.ndarray, change: Change, strength: np.ndarray
) -> None:
    """Replace the chosen crops by what `change` makes of them and of their strengths (K,)."""
    chosen = np.flatnonzero(rows)
    if not len(chosen):
        return
    values = _on(crops, strength[chosen])
    index = torch.from_numpy(chosen).to(crops.device, non_blocking=True)
    crops.index_copy_(0, index, change(crops.index_select(0, index), values))


def _blend(crops: torch.Tensor, change: np.ndarray, strength: np.ndarray) -> None:
    """Make one change of brightness, contrast or saturation in each crop that has it now.

    With strength f and a crop's grey levels L, each is f crop + (1 - f) other, where other is
    black (brightness), the mean of L (contrast), or L (saturation). All crops take part, the
    rest with f = 1: that costs less than to pick some.
    """
    active = (change >= 0) & (change != HUE)
    if not active.any():
        return
    own = _on(crops, np.where(active, strength, 1.0))
    of_luma = _on(crops, np.where(change == SATURATION, 1.0 - strength, 0.0))
    of_mean = _on(crops, np.where(change == CONTRAST, 1.0 - strength, 0.0))
    luma = _luma(crops)
    # Pillow rounds the mean to a whole number.
    mean = luma.mean(dim=(1, 2, 3)).add_(0.5).floor_()
    other = luma.mul_(_each(of_luma)).add_(_each(of_mean * mean - _on(crops, CUT_OFF * active)))
    crops.mul_(_each(own)).add_(other).clamp_(0, 255)


def _luma(crops: torch.Tensor) -> torch.Tensor:
    """Return the grey levels (N, 1, S, S)."""
    grey = crops[:, 0:1] * LUMA[0]
    return grey.add_(crops[:, 1:2], alpha=LUMA[1]).add_(crops[:, 2:3], alpha=LUMA[2])


def _to_grey(crops: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return _luma(crops).round_().expand_as(crops)


def _solarise(crops: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return torch.where(crops < SOLARISE_FROM, crops, 255 - crops)


def _shift_hue(crops: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Turn the hue of HSV, by less than a sixth of a turn, with value and saturation as they are.

    Let m be the least channel, c the spread of the channels and a channel's primes its value
    (x - m) / c. The distance of the hue from pure red, in sixths of a turn, is
    A = 1 + g' + b' - r', on the side of green where g > b. Turned by d, red becomes
    m + c clamp(2 - |A + sign(g - b) d|, 0, 1); green and blue follow by rotation. Pillow holds hue
    and saturation in bytes; here they are exact, except for the shift, which Pillow cuts off to
    a whole number of 255ths. Channels are made whole numbers: clamp(g - b, -1, 1) is the sign.
    Only arithmetic, since comparing and choosing costs five times as much on a CPU.
    """
    planes = crops.round_().unbind(1)
    red, green, blue = planes
    least = torch.minimum(torch.minimum(red, green), blue)
    spread = torch.maximum(torch.maximum(red, green), blue).sub_(least)
    per_spread = spread.clamp(min=1e-6).reciprocal_()
    base = (red + green).add_(blue).sub_(least).mul_(per_spread).add_(1)
    per_spread.mul_(-2)
    shift = (turns * 255).trunc_().mul_(6 / 255)[:, None, None]
    shares = []
    for channel in range(3):
        ahead, behind = planes[(channel + 1) % 3], planes[(channel + 2) % 3]
        side = torch.sub(ahead, behind).clamp_(-1, 1)
        distance = torch.addcmul(base, planes[channel], per_spread).addcmul_(side, shift)
        shares.append(distance.abs_().sub_(2).clamp_(-1, 0))
    for plane, share in zip(planes, shares, strict=True):
        torch.addcmul(least, spread, share, value=-1, out=plane)
    return crops


def blur(crops: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Blur with Pillow's approximation of a Gaussian: three box blurs along each axis.

    Beyond the edge lies the outermost pixel; Pillow repeats it before each of the three passes,
    here it is repeated once, so that the outermost six pixels may differ by some grey levels.

    Args:
        crops: (N, 3, S, S).
        sigma: (N,), in pixels, at most 2.
    """
    count, channels, height, width = crops.shape
    kernel = _blur_kernel(sigma).repeat_interleave(channels, 0)
    reach = kernel.shape[1] // 2
    planes = crops.reshape(1, count * channels, height, width)
    planes = functional.pad(planes, (reach, reach, reach, reach), mode="replicate")
    for shape in ((-1, 1, 1, 2 * reach + 1), (-1, 1, 2 * reach + 1, 1)):
        planes = functional.conv2d(planes, kernel.view(shape), groups=count * channels)
        planes = planes.round_().clamp_(0, 255)
    return planes.view(crops.shape)


def _blur_kernel(sigma: torch.Tensor) -> torch.Tensor:
    """Return the weights (N, 13) of three of Pillow's extended box blurs, one after the other.

    Such a box of full width L has the variance sigma^2 / 3, so that L = sqrt(12 sigma^2 / 3 + 1);
    the pixels just outside the whole ones weigh what is missing.
    """
    variance = sigma**2 / BOX_PASSES
    whole = (((12 * variance + 1).sqrt() - 1) / 2).floor()
    edge = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    edge /= 6 * (variance - (whole + 1) ** 2)
    radius = (whole + edge)[:, None]
    place = torch.arange(-BOX_REACH, BOX_REACH + 1, device=sigma.device)
    box = (radius + 1 - place.abs()).clamp(0, 1) / (2 * radius + 1)
    kernel = box
    for _ in range(BOX_PASSES - 1):
        kernel = _convolve(kernel, box)
    return kernel


def _convolve(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the full convolution (N, A + B - 1) of each row of two tensors (N, A), (N, B)."""
    turned = second.flip(1)[:, None]
    padding = second.shape[1] - 1
    return functional.conv1d(first[None], turned, padding=padding, groups=len(first))[0]


def _on(crops: torch.Tensor, values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).to(crops.device, torch.float32, non_blocking=True)


def _each(values: torch.Tensor) -> torch.Tensor:
    return values[:, None, None, None]
