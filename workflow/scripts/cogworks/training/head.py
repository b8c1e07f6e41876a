"""What every loss is made of: a head from embeddings to logits, and what training asks of it."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from cogworks.training.projector import initialise
from cogworks.training.specs import Loss


class Companion(nn.Module, ABC):
    """What a loss keeps beside the model: it follows each step, and no gradient reaches it."""

    @abstractmethod
    def follow(self, embedder: nn.Module) -> None:
        """Follow the trained embedder, whose weights have just taken a step."""

    @abstractmethod
    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return its own embeddings (B, d_b), float32, of first global crops (B, 3, S, S)."""

    @abstractmethod
    def store(self, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Take the embeddings (B, d_b) and labels (B,) of the step's images on all processes."""


class Head(nn.Module, ABC):
    """From embeddings (N, d_b) to logits (N, C), and from logits to the loss.

    Attributes:
        normalised: whether it takes embeddings of length one.
        described: the numbers of `loss` on which its logits depend: `spec.json` keeps them.
        change: the metric that tells how far a step turns its class vectors.
    """

    normalised: ClassVar[bool] = True
    described: ClassVar[tuple[str, ...]] = ("temperature",)
    change: ClassVar[str] = "weight_change"

    def __init__(self, dim: int, classes: int, spec: Loss) -> None:
        """Make the first class vectors, from torch's global generator.

        Args:
            dim: d_b.
            classes: C.
            spec: `loss` of the run's spec.
        """
        super().__init__()

    @abstractmethod
    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map embeddings (N, d_b) to logits (N, C)."""

    @abstractmethod
    def tensors(self) -> dict[str, torch.Tensor]:
        """Return what `classifier.safetensors` holds of it, not copied.

        Class vectors are `weight` (C, d_b). A head without them names its own `directions` and
        `gradient`.
        """

    def loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss () of logits (N, C), float32, averaged over the crops.

        It is the cross-entropy of their softmax (equations 4.1 and 4.2). Parameters belong into
        `forward`, where several processes share their gradients.
        """
        return functional.cross_entropy(logits, labels)

    def directions(self) -> torch.Tensor:
        """Return the l2-normalised class vectors (C, d_b), which no later step changes."""
        return functional.normalize(self.tensors()["weight"].detach(), dim=1)

    def gradient(self) -> torch.Tensor | None:
        """Return the last step's gradient (C, d_b) of the class vectors; None without one."""
        return self.tensors()["weight"].grad

    def companion(self, embedder: nn.Module, spec: Loss) -> Companion | None:
        """Return what it keeps beside the model; None where it needs nothing.

        Args:
            embedder: what is trained: crops (N, 3, S, S) to embeddings (N, d_b).
            spec: `loss` of the run's spec.
        """
        return None


def class_weights(dim: int, classes: int, spec: Loss, *, bias: bool) -> nn.Linear:
    """Return the first class weights: as torch.nn.Linear's, or like the projector's.

    Args:
        dim: d_b.
        classes: C.
        spec: `loss` of the run's spec; its `init` is `linear` or `truncated_normal`.
        bias: whether each class has one.
    """
    linear = nn.Linear(dim, classes, bias=bias)
    if spec.init == "truncated_normal":
        initialise(linear)
    return linear
