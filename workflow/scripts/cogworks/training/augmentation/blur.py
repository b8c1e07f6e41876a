"""Pillow's Gaussian blur, many crops at once, in whole numbers."""

import numpy as np
import torch

# Pillow's Gaussian blur is a box blur, three times.
BOX_PASSES = 3
# One such box reaches this many pixels to either side at the largest blur.
BOX_REACH = 2
# Weights are counted in 256ths: grey levels from -128 to 127, weighed, just fit into int16.
WHOLE = 256
MIDDLE = 128


def blur(planes: torch.Tensor, weights: np.ndarray) -> torch.Tensor:
    """Blur with Pillow's approximation of a Gaussian: three box blurs along each axis.

    Beyond the edge lies the outermost pixel; Pillow repeats it before each of the three passes,
    here it is repeated once, so that the outermost six pixels may differ: by some 40 grey levels in
    noise of black and white, where the others differ by up to 4. As in Pillow, pixels are whole
    numbers between the axes.

    Args:
        planes: uint8 (C, N, S, S).
        weights: (7, N), see `blur_weights`.
    """
    reach = int(np.flatnonzero(weights.any(axis=1)).max())
    each = torch.from_numpy(weights).to(planes.device, non_blocking=True)[..., None]
    levels = planes.to(torch.int16, memory_format=torch.contiguous_format).sub_(MIDDLE)
    for axis in (3, 2):
        levels = _blur_along(levels, each, axis, reach)
    return levels.add_(MIDDLE).to(torch.uint8)


def _blur_along(levels: torch.Tensor, weights: torch.Tensor, axis: int, reach: int) -> torch.Tensor:
    """Weigh pixels up to `reach` steps away along an axis of (C, N, S, S)."""
    shape, size = levels.shape, levels.shape[axis]
    edges = (levels.narrow(axis, place, 1) for place in (0, size - 1))
    before, after = (edge.expand(*shape[:axis], reach, *shape[axis + 1 :]) for edge in edges)
    wide = torch.cat((before, levels, after), dim=axis)
    # A step along the axis is so far in memory, and what is side by side in memory adds up
    # fastest: sums across the ends of rows are made, too, and left out in the end.
    step = wide.stride(axis)
    flat = wide.flatten(2)
    length = flat.shape[2] - 2 * reach * step
    total = flat.narrow(2, reach * step, length) * weights[0]
    for away in range(1, reach + 1):
        pair = flat.narrow(2, (reach - away) * step, length)
        pair = pair + flat.narrow(2, (reach + away) * step, length)
        total.addcmul_(pair, weights[away])
    total.add_(WHOLE // 2).bitwise_right_shift_(8)
    plane, crop, _ = total.stride()
    return total.as_strided(shape, (plane, crop, *wide.stride()[2:]))


def blur_weights(sigma: np.ndarray) -> np.ndarray:
    """Return what pixels 0 to 6 steps away weigh in blurs of (N,) pixels, at most 2.

    They are three of Pillow's extended box blurs, one after the other. Such a box of full width L
    has the variance sigma^2 / 3, so that L = sqrt(12 sigma^2 / 3 + 1); the pixels just outside the
    whole ones weigh what is missing.

    Returns:
        (7, N), int16, in 256ths; what lies beyond each step is rounded, not each weight, so that
        an edge comes out at most half a grey level away.
    """
    variance = sigma**2 / BOX_PASSES
    whole = np.floor((np.sqrt(12 * variance + 1) - 1) / 2)
    edge = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    edge /= 6 * (variance - (whole + 1) ** 2)
    place = np.arange(-BOX_REACH, BOX_REACH + 1)[:, None]
    box = np.clip(whole + edge + 1 - np.abs(place), 0, 1)
    kernel = _convolve(_convolve(box, box), box)
    kernel /= kernel.sum(axis=0)
    # What weighs at most so many steps to the left: the last is the middle pixel.
    beyond = np.rint(WHOLE * np.cumsum(kernel[: BOX_PASSES * BOX_REACH], axis=0))
    sides = np.diff(beyond, axis=0, prepend=0)[::-1]
    return np.concatenate([WHOLE - 2 * beyond[-1:], sides]).astype(np.int16)


def _convolve(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the full convolution (A + B - 1, N) of each column of two arrays (A, N), (B, N)."""
    result = np.zeros((len(first) + len(second) - 1, first.shape[1]))
    for step, row in enumerate(second):
        result[step : step + len(first)] += first * row
    return result
