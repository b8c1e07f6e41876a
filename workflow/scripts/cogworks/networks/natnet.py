"""NAT-M4 of Neural Architecture Transfer (a-NAT-M4 of the benchmark), for its published weights.

No library has it, and its publishers' code needs a timm of 2020. The table below is the subnet that
they published: a MobileNetV3 with mish in place of its activations. The parameters have the
publishers' names.
"""

import torch
from torch import nn

# Kernel, stride, channels in the middle, channels out, squeeze and excitation.
_BLOCKS = (
    (3, 1, 24, 24, False),  # without expansion
    (3, 2, 72, 32, False),
    (5, 1, 128, 32, False),
    (3, 1, 96, 32, False),
    (5, 2, 128, 48, True),
    (5, 1, 192, 48, True),
    (3, 1, 288, 48, True),
    (5, 1, 144, 48, True),
    (7, 2, 288, 96, False),
    (5, 1, 576, 96, False),
    (3, 1, 288, 96, False),
    (5, 1, 384, 96, False),
    (3, 1, 576, 136, True),
    (5, 1, 816, 136, True),
    (7, 1, 816, 136, True),
    (3, 1, 544, 136, True),
    (3, 2, 816, 192, True),
    (3, 1, 1152, 192, True),
    (5, 1, 1152, 192, True),
    (3, 1, 576, 192, True),
)
_STEM, _EXPANDED, _FEATURES = 24, 1152, 1536


class NATM4(nn.Module):
    """Normalised images (B, 3, H, W) to the features before the classifier (B, 1536)."""

    def __init__(self) -> None:
        super().__init__()
        self.first_conv = _conv(3, _STEM, 3, stride=2)
        width, blocks = _STEM, []
        for kernel, stride, middle, out, squeeze in _BLOCKS:
            conv = _InvertedBottleneck(width, middle, out, kernel, stride, squeeze)
            blocks.append(_Residual(conv, skip=stride == 1 and width == out))
            width = out
        self.blocks = nn.ModuleList(blocks)
        self.final_expand_layer = _conv(width, _EXPANDED, 1)
        self.feature_mix_layer = nn.Sequential()
        self.feature_mix_layer.add_module("conv", nn.Conv2d(_EXPANDED, _FEATURES, 1, bias=False))
        self.feature_mix_layer.add_module("act", nn.Mish())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the features of a batch of any size."""
        maps = self.first_conv(images)
        for block in self.blocks:
            maps = block(maps)
        pooled = self.final_expand_layer(maps).mean((2, 3), keepdim=True)
        # The publishers squeeze here, which takes the batch away from a single image.
        return self.feature_mix_layer(pooled).flatten(1)


class _Residual(nn.Module):
    def __init__(self, conv: nn.Module, *, skip: bool) -> None:
        super().__init__()
        self.mobile_inverted_conv = conv
        self.skip = skip

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        out = self.mobile_inverted_conv(maps)
        return out + maps if self.skip else out


class _InvertedBottleneck(nn.Sequential):
    """A 1x1 expansion (but where the width stays), a depthwise convolution, a 1x1 projection."""

    def __init__(
        self, width: int, middle: int, out: int, kernel: int, stride: int, squeeze: bool
    ) -> None:
        super().__init__()
        if middle != width:
            self.inverted_bottleneck = _conv(width, middle, 1)
        self.depth_conv = _conv(middle, middle, kernel, stride=stride, groups=middle)
        if squeeze:
            self.depth_conv.add_module("se", _Squeeze(middle))
        self.point_linear = _conv(middle, out, 1, activated=False)


class _Squeeze(nn.Module):
    """Squeeze and excitation by a quarter of the channels, in steps of eight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        middle = _in_steps(width // 4)
        self.fc = nn.Sequential()
        self.fc.add_module("reduce", nn.Conv2d(width, middle, 1))
        self.fc.add_module("relu", nn.ReLU())
        self.fc.add_module("expand", nn.Conv2d(middle, width, 1))
        self.fc.add_module("h_sigmoid", nn.Hardsigmoid())

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps * self.fc(maps.mean((2, 3), keepdim=True))


def _in_steps(width: int, step: int = 8) -> int:
    """Round to a multiple of `step`, and up where that would take more than a tenth away."""
    rounded = max(step, (width + step // 2) // step * step)
    return rounded if rounded >= 0.9 * width else rounded + step


def _conv(
    width: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1, activated: bool = True
) -> nn.Sequential:
    layers = nn.Sequential()
    padding = kernel // 2
    conv = nn.Conv2d(width, out, kernel, stride, padding, groups=groups, bias=False)
    layers.add_module("conv", conv)
    layers.add_module("bn", nn.BatchNorm2d(out))
    if activated:
        layers.add_module("act", nn.Mish())
    return layers
