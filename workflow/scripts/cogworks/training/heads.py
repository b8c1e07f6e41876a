"""From embeddings to logits: class weights, plain or as cosines, and class prototypes.

The loss is the same for all: the cross-entropy of the softmax of the logits, averaged over the
images of a batch and their crops (equations 4.1 and 4.2).
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from cogworks.training.projector import initialise

# How class weights start: as torch.nn.Linear does, or like the projector's.
LINEAR, TRUNCATED_NORMAL = "linear", "truncated_normal"


class SoftmaxHead(nn.Module):
    """Plain class weights with bias: logits z W^T + b."""

    def __init__(self, dim: int, classes: int, *, init: str = LINEAR) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, classes)
        _initialise(self.linear, init)

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map embeddings (N, d_b) to logits (N, C)."""
        logits: torch.Tensor = self.linear(embeddings)
        return logits

    def directions(self) -> torch.Tensor:
        """Return the l2-normalised class weights (C, d_b)."""
        return functional.normalize(self.linear.weight.detach(), dim=1)


class CosineHead(nn.Module):
    """Cosine softmax (4.1): logits z w_c / (|w_c| tau), for embeddings of length one."""

    def __init__(self, dim: int, classes: int, *, temperature: float, init: str = LINEAR) -> None:
        super().__init__()
        self.temperature = temperature
        linear = nn.Linear(dim, classes, bias=False)
        _initialise(linear, init)
        self.weight = linear.weight

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map l2-normalised embeddings (N, d_b) to logits (N, C)."""
        return embeddings @ functional.normalize(self.weight, dim=1).T / self.temperature

    def directions(self) -> torch.Tensor:
        """Return the l2-normalised class weights (C, d_b)."""
        return functional.normalize(self.weight.detach(), dim=1)


class PrototypeHead(nn.Module):
    """Online class means (4.2): logits z u_c / (|u_c| tau), where u_c is the mean of a class.

    The prototypes are buffers, taken from a memory by `update`; no gradient reaches them. They
    start as random directions. A class that has no embedding in the memory keeps the prototype
    that it had last: it goes on being told apart from the others, no image of it is left out of
    the loss, and its next embedding in the memory replaces the old direction at once.
    """

    prototypes: torch.Tensor

    def __init__(self, dim: int, classes: int, *, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.register_buffer("prototypes", functional.normalize(torch.randn(classes, dim), dim=1))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map l2-normalised embeddings (N, d_b) to logits (N, C)."""
        return embeddings @ self.prototypes.T / self.temperature

    def update(self, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Take the class means of a memory's embeddings (Q, d_b) with labels (Q,), normalised."""
        sums = torch.zeros_like(self.prototypes).index_add_(0, labels, embeddings)
        counts = torch.bincount(labels, minlength=len(sums))
        means = functional.normalize(sums, dim=1)
        self.prototypes.copy_(torch.where((counts > 0)[:, None], means, self.prototypes))

    def directions(self) -> torch.Tensor:
        """Return the l2-normalised prototypes (C, d_b)."""
        return self.prototypes.clone()


Head = SoftmaxHead | CosineHead | PrototypeHead


def build_head(dim: int, classes: int, loss: dict[str, Any]) -> Head:
    """Return the head of a run's spec for embeddings of width `dim`.

    A description of a finished run, whose weights replace the first ones, has no `init`.
    """
    init = loss.get("init", LINEAR)
    if loss["kind"] == "softmax":
        return SoftmaxHead(dim, classes, init=init)
    if loss["kind"] == "cosine":
        return CosineHead(dim, classes, temperature=loss["temperature"], init=init)
    return PrototypeHead(dim, classes, temperature=loss["temperature"])


def _initialise(linear: nn.Linear, init: str) -> None:
    """Give class weights their first values; those of torch.nn.Linear are there already."""
    if init == TRUNCATED_NORMAL:
        initialise(linear)
