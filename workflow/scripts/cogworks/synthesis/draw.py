"""Drawing images with a pipeline: each one a function of its prompt and its seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cogworks.core.seeds import derive_seed


@dataclass(frozen=True)
class Order:
    """One image to draw: a prompt and the seed of its noise."""

    prompt: str
    seed: int


@dataclass(frozen=True)
class Drawing:
    """What came out.

    Attributes:
        pixels: uint8 (H, W, 3).
        finite: whether the model's output held neither NaN nor infinity.
        flagged: whether the safety checker flagged it; the pixels are black then.
    """

    pixels: np.ndarray
    finite: bool
    flagged: bool


def image_seed(root: int, wnid: str, index: int, attempt: int) -> int:
    """Return the seed of image `index` of class `wnid`; `attempt` counts from 0."""
    return derive_seed("image", root, wnid, index, attempt)


class Artist:
    """A pipeline with the settings of one clone.

    Every call of the pipeline has `padded_batch` images, the last one repeated where fewer are
    asked for: the last bits of an image depend on the size of its batch, through the kernels that
    the libraries choose. Each image has a generator of its own, on the CPU whatever the device,
    which feeds the first noise and the scheduler's. So an image depends neither on its neighbours
    nor on the order in which images are asked for.
    """

    def __init__(self, pipe: Any, settings: dict[str, Any]) -> None:
        """Take a pipeline and the keys width, height, steps, guidance, negative_prompt and
        padded_batch of a clone."""
        self._pipe = pipe
        self._batch = settings["padded_batch"]
        self._negative = settings["negative_prompt"]
        self._options = {
            "width": settings["width"],
            "height": settings["height"],
            "num_inference_steps": settings["steps"],
            "guidance_scale": settings["guidance"],
            "output_type": "pt",
        }

    def draw(self, orders: Sequence[Order]) -> list[Drawing]:
        """Return one drawing for each order, in their order."""
        drawings: list[Drawing] = []
        for start in range(0, len(orders), self._batch):
            part = list(orders[start : start + self._batch])
            padded = part + [part[-1]] * (self._batch - len(part))
            drawings += self._draw_batch(padded)[: len(part)]
        return drawings

    @torch.inference_mode()
    def _draw_batch(self, orders: list[Order]) -> list[Drawing]:
        options = dict(self._options)
        if options["guidance_scale"] > 1:
            options["negative_prompt"] = [self._negative] * len(orders)
        result = self._pipe(
            prompt=[order.prompt for order in orders],
            generator=[torch.Generator().manual_seed(order.seed) for order in orders],
            **options,
        )
        images = result.images  # (B, 3, H, W) in [0, 1]
        finite = torch.isfinite(images).flatten(1).all(1).tolist()
        scaled = torch.nan_to_num(images.float()).clamp(0, 1).mul(255).round().to(torch.uint8)
        pixels = scaled.permute(0, 2, 3, 1).cpu().numpy()
        flags = getattr(result, "nsfw_content_detected", None) or [False] * len(orders)
        return [
            Drawing(pixels=np.ascontiguousarray(image), finite=good, flagged=bool(flag))
            for image, good, flag in zip(pixels, finite, flags, strict=True)
        ]
