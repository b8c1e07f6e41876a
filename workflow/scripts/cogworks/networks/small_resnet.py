"""Residual networks for small images: few blocks, narrow stages, a stem that keeps pixels.

Plain torch, although timm could be bent to it: importing timm (and torchvision with it) costs ten
seconds, which every job of a small experiment would pay.
"""

from collections import OrderedDict
from typing import Any

from torch import Tensor, nn

from cogworks.networks.options import EXPANSION, SmallResnet

# Kernel, stride and whether a 3 x 3 max pool of stride 2 follows: total stride 4, 2 and 1.
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


def small_resnet(**options: Any) -> nn.Sequential:
    """Build a ResNet without classifier: images (B, 3, H, W) to pooled features (B, D).

    Args:
        options: see `SmallResnet`.

    Raises:
        InputError: an unknown option or a value that it cannot have.
    """
    chosen = SmallResnet.of(options)
    kernel, stride, pool = STEMS[chosen.stem]
    convolution, norm = _convolution(3, chosen.channels[0], kernel, stride)
    model = nn.Sequential(OrderedDict(conv1=convolution, bn1=norm, relu=nn.ReLU(inplace=True)))
    if pool:
        model.add_module("maxpool", nn.MaxPool2d(3, stride=2, padding=1))
    inputs = chosen.channels[0]
    stages = zip(chosen.layers, chosen.channels, strict=True)
    for number, (depth, width) in enumerate(stages, start=1):
        stage = nn.Sequential()
        for index in range(depth):
            stage.append(Block(chosen.block, inputs, width, 2 if number > 1 and not index else 1))
            inputs = width * EXPANSION[chosen.block]
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
