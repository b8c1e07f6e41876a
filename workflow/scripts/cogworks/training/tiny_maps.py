"""A guard against a fault of bfloat16 on processors, which would train on garbage in silence.

oneDNN (torch 2.15) leaves parts of a weight gradient unwritten where a single pixel, channels last,
reaches a convolution whose kernel and stride are both larger than one.
"""

from collections.abc import Iterable

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.training.augmentation.choices import CropKind


def refuse_single_pixels(embedder: nn.Module, kinds: Iterable[CropKind]) -> None:
    """Refuse crops that are down to one pixel before a strided convolution.

    Args:
        embedder: maps crops (N, 3, S, S) to embeddings, on the CPU.
        kinds: the kinds of crops.

    Raises:
        InputError: naming the key of the crops' size and the convolution.
    """
    for kind in kinds:
        found = _strided_convolution_of_one_pixel(embedder, kind.size)
        if found is not None:
            raise InputError(
                f"augmentation.{kind.name}_size: of crops of {kind.size} px a single pixel reaches "
                f"{found}, whose gradient bfloat16 gets wrong on a CPU; take larger crops, or set "
                "precision to float32"
            )


@torch.no_grad()
def _strided_convolution_of_one_pixel(embedder: nn.Module, size: int) -> str | None:
    found: list[str] = []

    def watch(name: str, layer: nn.Conv2d) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            strided = max(layer.stride) > 1 and max(layer.kernel_size) > 1
            if strided and inputs[0].shape[-2:] == (1, 1):
                found.append(name)

        return layer.register_forward_pre_hook(hook)

    layers = [(n, m) for n, m in embedder.named_modules() if isinstance(m, nn.Conv2d)]
    handles = [watch(name, layer) for name, layer in layers]
    training = embedder.training
    try:
        embedder.eval()(torch.zeros(1, 3, size, size))
    finally:
        embedder.train(training)
        for handle in handles:
            handle.remove()
    return found[0] if found else None
