"""Residual networks for small images: few blocks, narrow stages, a stem that keeps pixels.

Plain torch, although timm could be bent to it: importing timm (and torchvision with it) costs ten
seconds, which every job of a small experiment would pay.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from cogworks.core.errors import InputError

BLOCKS = ("basic", "bottleneck")
EXPANSION = {"basic": 1, "bottleneck": 4}
# Kernel, stride and whether a 3 x 3 max pool of stride 2 follows: total stride 4, 2 and 1.
STAGES = 4
STEMS = {"conv7_pool": (7, 2, True), "conv3_stride2": (3, 2, False), "conv3": (3, 1, False)}


class Block(nn.Module):
    """A residual block: (B, C, H, W) to (B, C', H / stride, W / stride)."""

    def __init__(self, kind: str, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * EXPANSION[kind]
        if kind == "basic":
            sizes = [(inputs, width, 3, stride), (width, outputs, 3, 1)]
        else:
            sizes = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
        layers: list[nn.Module] = []
        for size in sizes:
            layers += [*_convolution(*size), nn.ReLU(inplace=True)]
        self.branch = nn.Sequential(*layers[:-1])
        same = stride == 1 and inputs == outputs
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(*_convolution(inputs, outputs, 1, stride))
        )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Add the branch to the shortcut."""
        return self.activation(self.branch(x) + self.shortcut(x))


def small_resnet(
    *,
    block: str = "basic",
    layers: Sequence[int] = (1, 1, 1, 1),
    channels: Sequence[int] = (64, 128, 256, 512),
    stem: str = "conv3_stride2",
    **unknown: Any,
) -> nn.Sequential:
    """Build a ResNet without classifier: images (B, 3, H, W) to pooled features (B, D).

    Args:
        block: `basic` (two 3 x 3 convolutions) or `bottleneck` (output four times as wide).
        layers: residual blocks of each of the four stages; every one after the first halves the
            resolution.
        channels: width of each stage; even numbers.
        stem: `conv7_pool` (as for ImageNet, stride 4), `conv3_stride2`, or `conv3` (stride 1).

    Raises:
        InputError: an unknown option or a value outside of the above.
    """
    _check(block, tuple(layers), tuple(channels), stem, unknown)
    kernel, stride, pool = STEMS[stem]
    convolution, norm = _convolution(3, channels[0], kernel, stride)
    model = nn.Sequential(OrderedDict(conv1=convolution, bn1=norm, relu=nn.ReLU(inplace=True)))
    if pool:
        model.add_module("maxpool", nn.MaxPool2d(3, stride=2, padding=1))
    inputs = channels[0]
    for number, (depth, width) in enumerate(zip(layers, channels, strict=True), start=1):
        stage = nn.Sequential()
        for index in range(depth):
            stage.append(Block(block, inputs, width, 2 if number > 1 and not index else 1))
            inputs = width * EXPANSION[block]
        model.add_module(f"layer{number}", stage)
    model.add_module("pool", nn.AdaptiveAvgPool2d(1))
    model.add_module("flatten", nn.Flatten())
    _initialise(model)
    return model


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


def _initialise(model: nn.Module) -> None:
    """Draw the convolutions' weights, as for a ResNet.

    No branch starts at zero, which large networks like: one of random weights, with which trained
    ones are compared, would then be its shortcuts alone and see single pixels.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _check(
    block: str,
    layers: tuple[int, ...],
    channels: tuple[int, ...],
    stem: str,
    unknown: dict[str, Any],
) -> None:
    if unknown:
        raise InputError(
            f"small_resnet: unknown option {', '.join(sorted(unknown))}; "
            "it takes block, layers, channels, stem"
        )
    if block not in BLOCKS:
        raise InputError(f"small_resnet: block is {block!r}, expected one of {', '.join(BLOCKS)}")
    if stem not in STEMS:
        raise InputError(f"small_resnet: stem is {stem!r}, expected one of {', '.join(STEMS)}")
    if len(layers) != STAGES or len(channels) != STAGES or min(layers) < 1:
        raise InputError(
            f"small_resnet: layers {list(layers)} and channels {list(channels)} must have "
            f"{STAGES} entries each, one a stage, and each stage at least one block"
        )
    if min(channels) < 2 or any(width % 2 for width in channels):
        raise InputError(f"small_resnet: channels {list(channels)} must be even numbers from 2")
