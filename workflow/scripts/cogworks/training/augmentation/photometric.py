"""Changes of colour and sharpness, many crops at once: the fast form of Pillow's operations.

Crops are bytes between jitter, grey, blur and solarising, as in Pillow; `jitter` has what is within
the first. Nothing here waits for the device.
"""

from collections.abc import Callable

import numpy as np
import torch

from cogworks.training.augmentation.blur import blur, blur_weights
from cogworks.training.augmentation.choices import Choices
from cogworks.training.augmentation.jitter import Jitter, luma
from cogworks.training.augmentation.resample import to_bytes

# On a CPU, so many pixels are changed at a time: fewer cost more calls, more leave the cache.
CACHED_PIXELS = 24 * 96**2

# Takes planes (3, N, S, S), uint8, and which crops they are; returns them changed, three or one
# for all.
Change = Callable[[torch.Tensor, np.ndarray], torch.Tensor]


def change_colours(crops: torch.Tensor, choices: Choices) -> torch.Tensor:
    """Jitter, grey, blur and solarise uint8 `crops` (N, 3, S, S) in place, and return them."""
    jitter = Jitter(choices)
    _change_some(crops, jitter.rows, jitter)
    _change_some(crops, np.flatnonzero(choices.grey), _to_grey)
    # Crops of like blur stand together: a part reaches as far as its largest blur.
    by_blur = np.argsort(choices.sigma, kind="stable")
    weights = blur_weights(choices.sigma)
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
        changed = change(planes, part).transpose(0, 1)
        if crops.is_cuda:
            crops.index_copy_(0, index, changed.expand(-1, 3, -1, -1))
        else:  # which takes a tenth of the time on a CPU
            for row, crop in zip(part.tolist(), changed, strict=True):
                crops[row] = crop


def _to_grey(planes: torch.Tensor, _: np.ndarray) -> torch.Tensor:
    return to_bytes(luma(planes).add_(0.5))[None]


def _solarise(planes: torch.Tensor, _: np.ndarray) -> torch.Tensor:
    """Turn round what is nearer to white than to black."""
    return torch.minimum(planes, planes.bitwise_not())
