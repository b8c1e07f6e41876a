"""SGD as in table C.1: which weights decay, and the learning rate of each step."""

import math

import torch
from torch import nn

from cogworks.training.specs import Optimizer


def build_optimizer(module: nn.Module, spec: Optimizer) -> torch.optim.SGD:
    """Return SGD with momentum; weight decay spares biases and norms (vectors and scalars)."""
    weights = [value for value in module.parameters() if value.requires_grad]
    groups = [
        {"params": [w for w in weights if w.ndim > 1], "weight_decay": spec.weight_decay},
        {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=spec.momentum)


def learning_rate(step: int, steps_per_epoch: int, spec: Optimizer) -> float:
    """Return the learning rate of a step, counted from 0.

    The peak is lr_per_256 x batch / 256. It is reached linearly over the warm-up, from a
    first step above zero; then follows a cosine, down to `final_lr` at the last step.
    """
    peak = spec.lr_per_256 * spec.batch / 256
    warmup = round(spec.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return peak * (step + 1) / warmup
    last = spec.epochs * steps_per_epoch - 1
    progress = (step - warmup) / max(1, last - warmup)
    return spec.final_lr + (peak - spec.final_lr) * (1 + math.cos(math.pi * progress)) / 2
