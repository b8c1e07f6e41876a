"""Architectures of published models that no library has quite as their publishers ran them."""

from typing import Any

import torch
from timm.layers import Conv2dSame, create_pool2d
from timm.models.deit import VisionTransformerDistilled
from torch import nn
from torchvision.models import resnet50


class ClassTokenDeiT(VisionTransformerDistilled):
    """A distilled DeiT whose feature is the class token, as in the ImageNet-CoG benchmark.

    timm's own averages the class and the distillation token.
    """

    def forward_head(self, x: torch.Tensor, pre_logits: bool = False) -> torch.Tensor:
        """Return the class token (B, D) of the normalised tokens (B, N, D)."""
        return x[:, 0]


def deit_distilled(image_size: int, *, width: int, heads: int, depth: int = 12) -> ClassTokenDeiT:
    """Build a distilled DeiT (patches of 16) that returns its class token."""
    return ClassTokenDeiT(
        img_size=image_size,
        patch_size=16,
        embed_dim=width,
        depth=depth,
        num_heads=heads,
        num_classes=0,
    )


def resnet50_same(**options: Any) -> nn.Module:
    """Build torchvision's ResNet50, without classifier, with TensorFlow's `same` padding.

    Strided layers then pad more at the bottom and right, as in models that came from TensorFlow or
    JAX (BYOL). The parameters keep torchvision's names.
    """
    model = resnet50(weights=None, **options)
    model.fc = nn.Identity()
    strided = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d)
        and module.kernel_size != (1, 1)
        and module.stride != (1, 1)
    ]
    for name, conv in strided:
        same = Conv2dSame(
            conv.in_channels, conv.out_channels, conv.kernel_size, stride=conv.stride, bias=False
        )
        same.weight = conv.weight
        model.set_submodule(name, same)
    model.maxpool = create_pool2d("max", 3, 2, padding="same")
    return model
