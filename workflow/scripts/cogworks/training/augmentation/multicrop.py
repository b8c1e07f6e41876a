"""From decoded images and choices to batches of crops (multi-crop, section 4.3)."""

from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image

from cogworks.training.augmentation.choices import Choices, CropKind
from cogworks.training.augmentation.photometric import change_colours
from cogworks.training.augmentation.reference import reference_crops
from cogworks.training.augmentation.resample import resample_each, resample_together
from cogworks.training.pixels import Pixels

# On a CPU, images of at most this many pixels are resized together.
SMALL_PIXELS = 80 * 80
# On a GPU, so many images at a time are padded to one size, if that makes no more pixels than this:
# a photograph of 24 megapixels must not make 31 others as large.
GPU_CHUNK, GPU_PIXELS = 32, 2**25


def make_crops(
    pixels: Pixels, choices: list[Choices], kinds: list[CropKind], *, implementation: str
) -> list[torch.Tensor]:
    """Return uint8 crops (M B, 3, S, S) for each kind, on the device of the pixels.

    Args:
        pixels: B decoded images.
        choices: for each kind, see `draw_choices`; the crops are in their order.
        kinds: see `crop_kinds`.
        implementation: `fast` or `pil`.
    """
    if implementation == "pil":
        images = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in pixels.images()]
        return [
            reference_crops(images, chosen, kind.size)
            for chosen, kind in zip(choices, kinds, strict=True)
        ]
    return [_fast_crops(pixels, chosen, kind) for chosen, kind in zip(choices, kinds, strict=True)]


def _fast_crops(pixels: Pixels, choices: Choices, kind: CropKind) -> torch.Tensor:
    crops = _resample(pixels, choices, kind.size)
    return change_colours(crops, choices) if kind.colours.change else crops


def _resample(pixels: Pixels, choices: Choices, size: int) -> torch.Tensor:
    device = pixels.values.device
    small = (pixels.heights * pixels.widths).max() <= SMALL_PIXELS
    if device.type == "cpu" and not small:
        return resample_each(pixels.images(), choices, size)
    crops = torch.empty(len(choices), 3, size, size, dtype=torch.uint8, device=device)
    for members in _chunks(pixels, device):
        rows = np.flatnonzero(np.isin(choices.image, members))
        part = choices.rows(rows)
        # Images are renumbered within the chunk, in the order of the batch as before.
        some = resample_together(_stack(pixels, members), part, size, device)
        crops.index_copy_(0, torch.from_numpy(rows).to(device, non_blocking=True), some)
    return crops


def _chunks(pixels: Pixels, device: torch.device) -> Iterator[np.ndarray]:
    """Yield the images, ascending, in groups of similar size, so that little is padded."""
    if device.type == "cpu":
        yield np.arange(len(pixels))
        return
    yield from similar_sizes(pixels.heights, pixels.widths)


def similar_sizes(heights: np.ndarray, widths: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the positions, ascending, of images (B,) whose sizes are near each other.

    A group has at most `GPU_CHUNK` images and, padded to one size, `GPU_PIXELS` pixels; a single
    image may have more.
    """
    group: list[int] = []
    widest = 0
    for index in np.lexsort((widths, heights)).tolist():
        wider = max(widest, int(widths[index]))
        # Heights ascend, so that this one is the greatest.
        padded = (len(group) + 1) * int(heights[index]) * wider
        if group and (len(group) == GPU_CHUNK or padded > GPU_PIXELS):
            yield np.sort(group)
            group, wider = [], int(widths[index])
        group.append(index)
        widest = wider
    yield np.sort(group)


def _stack(pixels: Pixels, members: np.ndarray) -> torch.Tensor:
    """Return images as one tensor (B, 3, H, W), padded at the right and below."""
    height, width = int(pixels.heights[members].max()), int(pixels.widths[members].max())
    stack = torch.zeros(
        len(members), 3, height, width, dtype=torch.uint8, device=pixels.values.device
    )
    for row, index in enumerate(members):
        image = pixels.image(index)
        stack[row, :, : image.shape[1], : image.shape[2]] = image
    return stack
