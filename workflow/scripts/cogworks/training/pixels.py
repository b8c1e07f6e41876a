"""Decoded images of any sizes in one tensor: quick to hand between processes and to a GPU."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Pixels:
    """B decoded images, end to end.

    Attributes:
        values: uint8 (T,), for each image its (H, W, 3) bytes.
        heights: (B,) int64.
        widths: (B,) int64.
        starts: (B,) int64, where each image begins in `values`.
    """

    values: torch.Tensor
    heights: np.ndarray
    widths: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.heights)

    def image(self, index: int) -> torch.Tensor:
        """Return image `index` as a view (3, H, W), channels innermost in memory."""
        height, width = int(self.heights[index]), int(self.widths[index])
        start = int(self.starts[index])
        flat = self.values[start : start + height * width * 3]
        return flat.view(height, width, 3).permute(2, 0, 1)

    def images(self) -> list[torch.Tensor]:
        """Return all images, see `image`."""
        return [self.image(index) for index in range(len(self))]

    def to(self, device: torch.device) -> "Pixels":
        """Return the same images on `device`."""
        values = self.values.to(device, non_blocking=True)
        return Pixels(values, self.heights, self.widths, self.starts)

    def pin_memory(self) -> "Pixels":
        """Return the same images in memory from which copies to a GPU need not wait."""
        return Pixels(self.values.pin_memory(), self.heights, self.widths, self.starts)


def join_images(images: Sequence[torch.Tensor]) -> Pixels:
    """Return images (3, H, W), uint8, as one `Pixels`."""
    heights = np.array([image.shape[1] for image in images], dtype=np.int64)
    widths = np.array([image.shape[2] for image in images], dtype=np.int64)
    values = torch.cat([image.permute(1, 2, 0).reshape(-1) for image in images])
    return Pixels(values, heights, widths, np.cumsum(heights * widths * 3) - heights * widths * 3)
