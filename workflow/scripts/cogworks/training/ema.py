"""A model that trails another one: its exponential moving average."""

import copy

import torch
from torch import nn


class MovingAverage(nn.Module):
    """A copy of a module with e <- m e + (1 - m) w for each of its weights and float buffers.

    Buffers follow like weights, since the statistics of batch norm describe the activations of
    the weights that they trail; counters are copied. The copy is always in evaluation mode: an
    embedding depends on no other image of its batch. With m = 0 it is the module itself.

    The first averages are short ones: update n, counted from 1, has the momentum
    min(m, n / (n + 9)). The statistics of batch norm start at a mean of 0 and a variance of 1,
    far from those of a projector's small weights, and until they are forgotten all embeddings are
    alike. At m = 0.999 this concerns the first 9,000 steps, less than two of the thesis's epochs.
    """

    updates: torch.Tensor

    def __init__(self, module: nn.Module, *, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.module = copy.deepcopy(module).requires_grad_(False).eval()
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    def train(self, mode: bool = True) -> "MovingAverage":
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards `module`, which has the same structure."""
        self.updates += 1
        # On the device, where reading the count would make every step wait.
        share = (9 / (self.updates + 9)).clamp_min(1 - self.momentum)
        now = module.state_dict()
        for name, value in self.module.state_dict().items():
            if value.is_floating_point():
                value.lerp_(now[name].to(value.dtype), share.to(value.dtype))
            else:
                value.copy_(now[name])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the averaged module makes of `images`."""
        result: torch.Tensor = self.module(images)
        return result
