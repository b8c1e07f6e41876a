"""Residual networks for small images: few blocks, narrow stages, a stem that keeps pixels."""

from typing import Any

from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import nn

from cogworks.core.errors import InputError

BLOCKS = {"basic": BasicBlock, "bottleneck": Bottleneck}
# Kernel, stride and whether a 3 x 3 max pool of stride 2 follows: total stride 4, 2 and 1.
STAGES = 4
STEMS = {"conv7_pool": (7, 2, True), "conv3_stride2": (3, 2, False), "conv3": (3, 1, False)}


def small_resnet(
    *,
    block: str = "basic",
    layers: tuple[int, ...] = (1, 1, 1, 1),
    channels: tuple[int, ...] = (64, 128, 256, 512),
    stem: str = "conv3_stride2",
    **unknown: Any,
) -> ResNet:
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
    _check(block, layers, channels, stem, unknown)
    kernel, stride, pool = STEMS[stem]
    width = channels[0]
    # timm fixes the width of a plain stem at 64; that of a deep stem follows stem_width, so the
    # network is built with a deep one, whose convolutions are then replaced by a single one.
    model = ResNet(
        BLOCKS[block],
        tuple(layers),
        num_classes=0,
        stem_type="deep",
        stem_width=width // 2,
        channels=tuple(channels),
    )
    model.conv1 = nn.Conv2d(3, width, kernel, stride=stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")
    if not pool:
        model.maxpool = nn.Identity()
    return model


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
