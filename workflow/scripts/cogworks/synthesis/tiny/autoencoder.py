"""The autoencoder of a tiny generator, which starts as a sensible one instead of a random one.

diffusers' `AutoencoderTiny` has no normalisation and ends in plain convolutions, so its weights can
be set such that it averages blocks of pixels into the latent and spreads them out again: channels
0 to 2 of every layer carry the colours, in [0, 1] and so unharmed by the ReLUs, and the residual
branches start at zero. From there, a few hundred steps teach the other channels the detail. (A
variational autoencoder of the usual kind did not get near in the same time.)
"""

from typing import Any

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from torch import nn

from cogworks.synthesis.specs import Autoencoder

COLOURS = 3
NOISE = 0.05
L1_WEIGHT = 0.1
LATENT_WEIGHT = 1e-3


def make_autoencoder(spec: Autoencoder) -> AutoencoderTiny:
    """Return the average-pooling autoencoder that `spec` describes.

    Images are (B, 3, H, W) in [-1, 1]; latents are (B, latent_channels, H / downscale, ...).
    """
    stages = spec.downscale.bit_length()
    channels = (spec.channels,) * stages
    # Blocks where the resolution is low and pixels are cheap.
    encoder_blocks = tuple(int(stage >= stages - 2) for stage in range(stages))
    decoder_blocks = tuple(int(stage < stages - 1) for stage in range(stages))
    model = AutoencoderTiny(
        encoder_block_out_channels=channels,
        decoder_block_out_channels=channels,
        num_encoder_blocks=encoder_blocks,
        num_decoder_blocks=decoder_blocks,
        latent_channels=spec.latent_channels,
    )
    with torch.no_grad():
        _start_as_pooling(model)
    return model


def reconstruction_loss(
    model: AutoencoderTiny, images: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """Return the loss of one batch (B, 3, H, W): squared and absolute error, small latents.

    A little noise on the latents keeps the decoder calm about the denoiser's small errors.
    """
    latents = model.encode(images).latents
    noise = torch.randn(latents.shape, generator=generator)
    decoded = model.decode(latents + NOISE * noise).sample
    error = F.mse_loss(decoded, images) + L1_WEIGHT * F.l1_loss(decoded, images)
    return error + LATENT_WEIGHT * latents.square().mean()


@torch.no_grad()
def encode_all(model: AutoencoderTiny, images: torch.Tensor, *, batch: int = 64) -> torch.Tensor:
    """Return the latents of uint8 images (N, 3, H, W)."""
    return torch.cat([model.encode(to_unit(part)).latents for part in images.split(batch)])


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """Return uint8 images as float in [-1, 1]."""
    return images.float() / 127.5 - 1


def _start_as_pooling(model: AutoencoderTiny) -> None:
    for part in (model.encoder, model.decoder):
        for block in part.layers:
            if hasattr(block, "fuse"):  # the last convolution of a residual block
                nn.init.zeros_(block.conv[-1].weight)
                nn.init.zeros_(block.conv[-1].bias)
    same, mean, smooth = torch.zeros(3, 3), torch.zeros(3, 3), torch.tensor([0.25, 0.5, 0.25])
    same[1, 1] = 1
    mean[1:, 1:] = 0.25  # with stride 2: the mean of each block of 2 x 2
    first, *halvings, last = _convolutions(model.encoder)
    _carry(first, same)
    for convolution in halvings:
        _carry(convolution, mean)
    _carry(last, 2 * same, bias=-1)  # [0, 1] to [-1, 1]
    first, *doublings, last = _convolutions(model.decoder)
    _carry(first, same / 2, bias=0.5)
    last.weight.mul_(0.1)
    for convolution in (*doublings, last):
        _carry(convolution, smooth[:, None] * smooth)


def _convolutions(part: Any) -> list[nn.Conv2d]:
    return [layer for layer in part.layers if isinstance(layer, nn.Conv2d)]


def _carry(convolution: nn.Conv2d, kernel: torch.Tensor, *, bias: float = 0) -> None:
    """Let `convolution` pass the colours on through `kernel` and nothing else into them."""
    convolution.weight[:COLOURS] = 0
    for colour in range(COLOURS):
        convolution.weight[colour, colour] = kernel
    if convolution.bias is not None:
        convolution.bias[:COLOURS] = bias
