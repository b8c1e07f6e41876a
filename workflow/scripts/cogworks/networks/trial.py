"""What every network must keep to be an encoder, tried on two images before any work starts."""

from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError

# Of the largest feature: what another size of the batch may change. Sums in another order stay
# far below, a normalisation over the batch far above.
TOLERANCE = 0.01
POOL = "; pool its tokens or positions (models of timm: `options: {global_pool: avg}`)"


@torch.no_grad()
def check_encoder(module: nn.Module, image_size: int, name: str) -> None:
    """Refuse a network whose features are random or depend on the other images of a batch.

    Features that are not finite are left to the extraction, which names the image.

    Args:
        module: in evaluation mode.
        image_size: S; the network takes (B, 3, S, S).
        name: for messages.

    Raises:
        InputError: features that differ between two runs, or between an image alone and in
            company; anything but one vector of floating-point numbers for each image.
    """
    images = _images(module, image_size)
    pair = features(module, images, name)
    again = features(module, images, name)
    if not _same(pair, again, 0.0):
        raise InputError(
            f"{name}: gives other features for the same images a second time; it draws random "
            "numbers or keeps a state (dropout or masking that stays on in evaluation mode?), and "
            "such features cannot be made again"
        )
    alone = features(module, images[:1], name)
    if not _same(pair[:1], alone, TOLERANCE):
        raise InputError(
            f"{name}: an image's features depend on the other images of its batch (a batch norm "
            "that stays in training mode?)"
        )


def features(module: nn.Module, images: torch.Tensor, name: str) -> torch.Tensor:
    """Return the features (B, D) of images (B, 3, S, S), and say what is wrong with any others.

    Raises:
        InputError: the module fails or returns something else.
    """
    size = images.shape[-1]
    try:
        output: Any = module(images)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except Exception as error:  # whatever a library or the user's code raises
        raise InputError(
            f"{name}: fails on an image of {size} px: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(output, torch.Tensor):
        keys = f" of {', '.join(map(str, output))}" if isinstance(output, dict) else ""
        raise InputError(
            f"{name}: returns {type(output).__name__}{keys} for one image of {size} px, expected "
            "one tensor, a vector an image (B, D); return that part of it"
        )
    if output.ndim != 2 or len(output) != len(images):
        raise InputError(
            f"{name}: gives {tuple(output.shape)} for {len(images)} image"
            f"{'s' * (len(images) > 1)} of {size} px, expected one vector each, "
            f"({len(images)}, D){POOL if output.ndim > 2 else ''}"
        )
    if not output.is_floating_point():
        raise InputError(f"{name}: gives {output.dtype}, expected floating-point features")
    return output


def _images(module: nn.Module, size: int) -> torch.Tensor:
    """Return two images of noise (2, 3, S, S), where and in what type the module computes."""
    parameter = next(module.parameters(), torch.empty(0))
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, size, size, generator=generator)
    return images.to(device=parameter.device, dtype=parameter.dtype)


def _same(first: torch.Tensor, second: torch.Tensor, tolerance: float) -> bool:
    """Whether two features differ by at most `tolerance` of the largest; NaN equals NaN."""
    if tolerance == 0.0:
        return torch.equal(torch.nan_to_num(first), torch.nan_to_num(second))
    if not (first.isfinite().all() and second.isfinite().all()):
        return True
    return bool((first - second).abs().max() <= tolerance * first.abs().max())
