"""Batch norm over the batches of all processes."""

from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from cogworks.core.errors import InputError


class _SumOverProcesses(torch.autograd.Function):
    """Sum a tensor over all processes; the gradients are summed likewise."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor) -> torch.Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class AllReducedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm whose mean and variance are those of the batches of all processes together.

    `torch.nn.SyncBatchNorm` does the same, on GPUs only.
    """

    def _check_input_dim(self, input: torch.Tensor) -> None:  # noqa: A002 (torch's name)
        if input.ndim < 2:
            raise ValueError(f"expected at least two dimensions, got {input.ndim}")

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 (torch's name)
        """Normalise (N, D, ...) along D."""
        if not self.training:
            return super().forward(input)
        values = input.float()
        axes = [axis for axis in range(input.ndim) if axis != 1]
        shape = [1, -1] + [1] * (input.ndim - 2)
        # Every process holds as many values as any other one: batches are shared out evenly.
        count = values.numel() / values.shape[1] * dist.get_world_size()
        mean = _total(values.sum(axes)) / count
        centred = values - mean.view(shape)
        variance = _total(centred.square().sum(axes)) / count
        self._follow(mean, variance * count / (count - 1))
        result = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            result = result * self.weight.view(shape) + self.bias.view(shape)
        return result.to(input.dtype)

    @torch.no_grad()
    def _follow(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        """Move the running statistics, by `momentum` as torch defines it."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = self.momentum
        if share is None:
            share = 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def synchronise(module: nn.Module, device: torch.device) -> nn.Module:
    """Return `module` with batch norms that see the batches of all processes.

    Raises:
        InputError: on a CPU, for kinds of batch norm that do more than normalise.
    """
    if device.type == "cuda":
        from timm.layers import convert_sync_batchnorm

        converted: nn.Module = convert_sync_batchnorm(module)
        return converted
    for name, child in list(module.named_modules()):
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            if type(child) not in (nn.BatchNorm1d, nn.BatchNorm2d):
                raise InputError(
                    f"{name}: {type(child).__name__} cannot be synchronised on a CPU; train with "
                    "compute.processes: 1, or on GPUs"
                )
            module.set_submodule(name, _convert(child))
    return module


def _convert(norm: nn.modules.batchnorm._BatchNorm) -> AllReducedBatchNorm:
    result = AllReducedBatchNorm(
        norm.num_features,
        eps=norm.eps,
        momentum=norm.momentum,
        affine=norm.affine,
        track_running_stats=norm.track_running_stats,
    )
    result.load_state_dict(norm.state_dict())
    for mine, theirs in zip(result.parameters(), norm.parameters(), strict=True):
        mine.requires_grad_(theirs.requires_grad)
    return result.train(norm.training)


def _total(value: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _SumOverProcesses.apply(value)
    return result
