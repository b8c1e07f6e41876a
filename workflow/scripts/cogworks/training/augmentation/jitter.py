"""Colour jitter of many crops at once, in whole numbers: the fast form of Pillow's operations.

Planes are int16 and count in sixteenths of a grey level, which takes half the memory and half the
time of floating-point numbers. Each step clips, as Pillow's do. Where Pillow cuts off fractions,
here half a grey level is taken away, so that brightness does not drift against it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from cogworks.training.augmentation.choices import CONTRAST, HUE, SATURATION, Choices
from cogworks.training.augmentation.resample import to_bytes

# ITU-R 601-2, Pillow's conversion to grey.
LUMA = (0.299, 0.587, 0.114)
WHITE = 255
# What Pillow's cutting off of fractions costs on average.
CUT_OFF = 0.5
# The parts of a grey level that planes count in, and how far int16 reaches.
FINE = 16
FARTHEST = 2**15 - 1
# Steps are lined up at the turn of the hue, which is the costliest: up to three go before it and
# up to three after it. The last slot is always empty.
SLOTS, HUE_SLOT = 8, 3
NONE = -1


class Step(NamedTuple):
    """Brightness, contrast or saturation of N crops, each attribute (N, 1, 1) in float32.

    A crop's grey levels are scale planes + offset. With strength f and grey levels L, the changes
    are f crop + (1 - f) other, where other is black, the mean of L, or L. So brightness and
    contrast change scale and offset alone, and of the planes only what is clipped.

    Attributes:
        before: the scale before the step.
        keep: what the step multiplies the offset by.
        cut: what it adds to it.
        of_mean: how many times it adds the mean of L to it.
        of_luma: how many times it adds to the planes their own L.
        to_planes: -1 / scale, for the scale after the step.
        ends: 0 and 255 / scale, (2, N, 1, 1).
    """

    before: torch.Tensor
    keep: torch.Tensor
    cut: torch.Tensor
    of_mean: torch.Tensor
    of_luma: torch.Tensor
    to_planes: torch.Tensor
    ends: torch.Tensor


class Jitter:
    """The steps of all crops' jitter.

    Attributes:
        rows: which crops are jittered; those with the same steps stand together.
        kinds: (N, slots), the change in each slot, or NONE.
        numbers: (slots, 8, N), float32, the attributes of `Step`.
        scale: (N,), float32, the scale after all steps.
        sixths: (N,), float32, by how many sixths of a turn the hue is turned, which Pillow cuts off
            to a whole number of 255ths.
    """

    def __init__(self, choices: Choices) -> None:
        """Take the choices for N crops."""
        order, factors = choices.order, choices.factors
        self.kinds = _slots(order)
        rows = np.lexsort(self.kinds.T[::-1])
        self.rows = rows[order[rows, 0] != NONE]
        self.numbers, self.scale = _numbers(self.kinds.T, factors)
        turns = np.where(self.kinds[:, HUE_SLOT] == HUE, factors[:, HUE], 0.0)
        self.sixths = (np.trunc(turns * 255) * (6 / 255)).astype(np.float32)

    def __call__(self, planes: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        """Return the crops in `rows`, uint8 planes (3, N, S, S), after their steps."""
        scale, sixths, numbers = (
            torch.from_numpy(values).to(planes.device, non_blocking=True)[..., None, None]
            for values in (self.scale[rows], self.sixths[rows], self.numbers[:, :, rows])
        )
        fine = planes.to(torch.int16, memory_format=torch.contiguous_format).mul_(FINE)
        offset = torch.zeros_like(scale)
        for slot, kinds in enumerate(self.kinds[rows].T):
            if slot == HUE_SLOT:
                fine = turn_hue(fine, sixths)
                continue
            for run in _runs(kinds, together=planes.is_cuda):
                values = numbers[slot, :, run]
                step = Step._make([*values[:-2], values[-2:]])
                _blend(fine[:, run], offset[run], set(kinds[run].tolist()), step)
        return to_bytes(fine.to(torch.float32).mul_(scale).add_(offset.add_(0.5)))


def _slots(order: np.ndarray) -> np.ndarray:
    """Return the change in each slot (N, slots) for orders (N, 4)."""
    turn = (order == HUE).any(axis=1)
    # Where the hue stays as it is, all steps go after it.
    before = np.where(turn, (order == HUE).argmax(axis=1), -1)
    slots = np.arange(order.shape[1]) + (HUE_SLOT - before)[:, None]
    kinds = np.full((len(order), SLOTS), NONE)
    np.put_along_axis(kinds, slots, order, axis=1)
    return kinds


def _numbers(kinds: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `Jitter.numbers` and `Jitter.scale` for kinds (slots, N) and factors (N, 4)."""
    blended = (kinds != NONE) & (kinds != HUE)
    strength = np.take_along_axis(factors.T, np.where(blended, kinds, 0), axis=0)
    own = np.where(blended, strength, 1.0)
    scale = np.cumprod(own, axis=0) / FINE
    saturated = kinds == SATURATION
    numbers = (
        scale / own,
        np.where(saturated, 1.0, own),
        np.where(blended, -CUT_OFF, 0.0),
        np.where(kinds == CONTRAST, 1.0 - own, 0.0),
        np.where(saturated, (1.0 - own) / own, 0.0),
        -1.0 / scale,
        np.zeros_like(scale),
        WHITE / scale,
    )
    return np.stack(numbers, axis=1).astype(np.float32), scale[-1].astype(np.float32)


def _runs(kinds: np.ndarray, *, together: bool) -> Iterator[slice]:
    """Yield the stretches of `kinds` (N,) that have one change, or all as one if there is any.

    All together, crops without a change take part with neutral numbers: on a GPU that costs less
    than to pick some.
    """
    starts = [0] if together else [0, *(1 + np.flatnonzero(np.diff(kinds))).tolist()]
    for start, stop in zip(starts, [*starts[1:], len(kinds)], strict=True):
        if (kinds[start:stop] != NONE).any():
            yield slice(start, stop)


def _blend(planes: torch.Tensor, offset: torch.Tensor, kinds: set[int], step: Step) -> None:
    """Change brightness, contrast or saturation: planes (3, N, S, S) and offset, in place."""
    if CONTRAST in kinds:
        mean = luma(planes.mean(dim=(2, 3), keepdim=True, dtype=torch.float32))
        # Pillow rounds the mean to a whole number.
        mean = mean.mul_(step.before).add_(offset).add_(0.5).floor_()
        offset.mul_(step.keep).add_(step.cut).addcmul_(mean, step.of_mean)
    else:
        offset.mul_(step.keep).add_(step.cut)
    if SATURATION in kinds:
        planes.add_(luma(planes).mul_(step.of_luma).to(torch.int16))
    ends = torch.addcmul(step.ends, offset, step.to_planes).clamp_(-FARTHEST, FARTHEST)
    black, white = ends.to(torch.int16)
    torch.maximum(planes, black, out=planes)
    torch.minimum(planes, white, out=planes)


def luma(planes: torch.Tensor) -> torch.Tensor:
    """Return the grey levels of planes (3, ...), float32."""
    grey = planes[0] * LUMA[0]
    return grey.add_(planes[1], alpha=LUMA[1]).add_(planes[2], alpha=LUMA[2])


def turn_hue(planes: torch.Tensor, sixths: torch.Tensor) -> torch.Tensor:
    """Turn the hue of HSV, by less than a sixth of a turn, with value and saturation as they are.

    Let m and M be the least and the greatest channel and c = M - m. Where the hue lies A sixths of
    a turn away from pure red, c A = r + g + b + M - 2 m - 2 r, on the side of green where g > b.
    Turned by d, red becomes m + c clamp(2 - |A + sign(g - b) d|, 0, 1), which is
    clamp(m + M + 2 r - r - g - b - sign(g - b) c d, m, M), since where A < |d| both are M; green
    and blue follow by rotation. Pillow holds hue and saturation in bytes; here they are exact, but
    that c d loses its fraction. Only arithmetic, since comparing and choosing costs five times as
    much on a CPU. Sums may wrap round on the way.

    Args:
        planes: (3, N, S, S), int16.
        sixths: (N, 1, 1), by how many sixths of a turn.
    """
    red, green, blue = planes
    least = torch.minimum(red, green)
    torch.minimum(least, blue, out=least)
    most = torch.maximum(red, green)
    torch.maximum(most, blue, out=most)
    rest = (least + most).sub_(red).sub_(green).sub_(blue)
    shift = (most - least).to(torch.float32).mul_(sixths).to(torch.int16)
    result = torch.empty_like(planes)
    side, value = torch.empty_like(red), torch.empty_like(red)
    for channel in range(3):
        ahead, behind = planes[(channel + 1) % 3], planes[(channel + 2) % 3]
        torch.sub(behind, ahead, out=side).sign_()
        torch.add(rest, planes[channel], alpha=2, out=value).addcmul_(side, shift)
        torch.clamp(value, least, most, out=result[channel])
    return result
