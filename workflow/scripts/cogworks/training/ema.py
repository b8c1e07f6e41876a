"""A model that trails another one: its exponential moving average."""

import copy

import torch
from torch import nn


class MovingAverage(nn.Module):
    """A copy of a module with e <- m e + (1 - m) w for each of its weights.

    Two readings differ in batch norm. In mode `train`, that of the authors' code, an embedding
    depends on the statistics of its batch, and weights alone are averaged. In mode `eval` it
    depends on no other image: running statistics follow like weights, and counters are copied.
    With m = 0 the copy has the weights of the module itself.

    With a warm-up the first averages are short ones: update n, counted from 1, has the momentum
    min(m, n / (n + 9)). The running statistics start at a mean of 0 and a variance of 1, far from
    those of a projector's small weights, and until they are forgotten all embeddings of mode
    `eval` are alike. At m = 0.999 this concerns the first 9,000 steps, less than two of the
    thesis's epochs.
    """

    updates: torch.Tensor

    def __init__(self, module: nn.Module, *, momentum: float, mode: str, warmup: bool) -> None:
        super().__init__()
        self.momentum, self.warmup = momentum, warmup
        self.batch_statistics = mode == "train"
        self.module = copy.deepcopy(module).requires_grad_(False).train(self.batch_statistics)
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    def train(self, mode: bool = True) -> "MovingAverage":
        """Stay in the mode of the average, whatever that of what it trails."""
        return super().train(self.batch_statistics)

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards `module`, which has the same structure."""
        self.updates += 1
        share = torch.full((), 1 - self.momentum, dtype=torch.float64, device=self.updates.device)
        if self.warmup:
            # On the device, where reading the count would make every step wait.
            share = torch.maximum(share, 9 / (self.updates + 9))
        now = module.state_dict()
        weights = {name for name, _ in self.module.named_parameters()}
        for name, value in self.module.state_dict().items():
            if self.batch_statistics and name not in weights:
                continue
            if value.is_floating_point():
                value.lerp_(now[name].to(value.dtype), share.to(value.dtype))
            else:
                value.copy_(now[name])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the averaged module makes of `images`."""
        result: torch.Tensor = self.module(images)
        return result
