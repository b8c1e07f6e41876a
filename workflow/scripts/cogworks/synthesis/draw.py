"""Drawing images with a pipeline: each one a function of its prompt and its seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cogworks.core.errors import InputError
from cogworks.core.seeds import derive_seed
from cogworks.synthesis.specs import DrawSpec

# Names of the part that turns latents into images.
AUTOENCODERS = ("vae", "movq", "vqgan")


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
        finite: whether neither latent nor decoded image held NaN or infinity. The image itself is
            no witness: diffusers clamps it, which makes white of an infinity.
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

    def __init__(self, pipe: Any, spec: DrawSpec) -> None:
        """Take a pipeline and the clone that it draws."""
        self._pipe = pipe
        self._spec = spec

    def draw(self, orders: Sequence[Order]) -> list[Drawing]:
        """Return one drawing for each order, in their order."""
        drawings: list[Drawing] = []
        batch = self._spec.padded_batch
        for start in range(0, len(orders), batch):
            part = list(orders[start : start + batch])
            padded = part + [part[-1]] * (batch - len(part))
            drawings += self._draw_batch(padded)[: len(part)]
        return drawings

    @torch.inference_mode()
    def _draw_batch(self, orders: list[Order]) -> list[Drawing]:
        spec = self._spec
        options: dict[str, list[str]] = {}
        # Nothing rather than an empty text: what stands for no text is the pipeline's affair.
        if spec.guidance > 1 and spec.negative_prompt:
            options["negative_prompt"] = [spec.negative_prompt] * len(orders)
        with _Witness(self._pipe) as witness:
            try:
                result = self._pipe(
                    prompt=[order.prompt for order in orders],
                    generator=[torch.Generator().manual_seed(order.seed) for order in orders],
                    width=spec.width,
                    height=spec.height,
                    num_inference_steps=spec.steps,
                    guidance_scale=spec.guidance,
                    output_type="pt",
                    **options,
                )
            except ValueError as error:  # how pipelines refuse a size, say
                raise InputError(
                    f"the generator cannot draw with these settings: {error}"
                ) from error
        images = result.images  # (B, 3, H, W) in [0, 1]
        self._check_size(images)
        finite = (_rows_finite(images) & witness.finite(len(orders)).to(images.device)).tolist()
        scaled = torch.nan_to_num(images.float()).clamp(0, 1).mul(255).round().to(torch.uint8)
        pixels = scaled.permute(0, 2, 3, 1).cpu().numpy()
        flags = getattr(result, "nsfw_content_detected", None) or [False] * len(orders)
        return [
            Drawing(pixels=np.ascontiguousarray(image), finite=good, flagged=bool(flag))
            for image, good, flag in zip(pixels, finite, flags, strict=True)
        ]

    def _check_size(self, images: torch.Tensor) -> None:
        """Refuse another size than was asked for: some pipelines round it without a word."""
        height, width = images.shape[-2:]
        spec = self._spec
        if (height, width) != (spec.height, spec.width):
            raise InputError(
                f"width, height: the generator draws {width} x {height} pixels where "
                f"{spec.width} x {spec.height} are asked for; take a size that it can draw"
            )


class _Witness:
    """Looks at what goes into and comes out of the decoder of a pipeline while it draws.

    A context manager. Nothing is looked at where the pipeline has no decoder of latents.
    """

    def __init__(self, pipe: Any) -> None:
        parts = [getattr(pipe, name, None) for name in AUTOENCODERS]
        decoders = [getattr(part, "decoder", None) for part in parts]
        self._decoder: Any = next((found for found in decoders if found is not None), None)
        # One tensor a call: the whole batch, or one image where the autoencoder slices it.
        self._seen: list[torch.Tensor] = []

    def __enter__(self) -> "_Witness":
        if self._decoder is not None:
            self._handle = self._decoder.register_forward_hook(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        if self._decoder is not None:
            self._handle.remove()

    def finite(self, count: int) -> torch.Tensor:
        """Return for each of `count` images whether all that was seen of it was finite."""
        if not self._seen:
            return torch.ones(count, dtype=torch.bool)
        rows = torch.cat(self._seen)
        # Tiles of images, say: which is whose is not known, so one fault is everybody's.
        return rows if len(rows) == count else rows.all().expand(count)

    def _look(self, _: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        rows = [_rows_finite(values) for values in (*inputs[:1], output)]
        self._seen.append(torch.stack(rows).all(0))


def _rows_finite(values: torch.Tensor) -> torch.Tensor:
    return torch.isfinite(values).flatten(1).all(1)
