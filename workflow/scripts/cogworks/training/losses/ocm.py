"""Online class means: prototypes from a memory in place of class weights (equation 4.2)."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from cogworks.training.head import Head
from cogworks.training.memory import Memory, Remembered, class_sums
from cogworks.training.specs import Loss


class PrototypeHead(Head):
    """Online class means (4.2): logits z u_c / (|u_c| tau), where u_c is the mean of a class.

    The prototypes are buffers, taken from a memory by `update`; no gradient reaches them. They
    start as random directions. A class that has no embedding in the memory keeps the prototype
    that it had last: it goes on being told apart from the others, no image of it is left out of
    the loss, and its next embedding in the memory replaces the old direction at once.
    """

    prototypes: torch.Tensor
    change = "prototype_change"

    def __init__(self, dim: int, classes: int, spec: Loss) -> None:
        """See `Head`."""
        super().__init__(dim, classes, spec)
        self.temperature = spec.temperature
        self.register_buffer("prototypes", functional.normalize(torch.randn(classes, dim), dim=1))

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Map l2-normalised embeddings (N, d_b) to logits (N, C)."""
        return embeddings @ self.prototypes.T / self.temperature

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the prototypes."""
        return {"weight": self.prototypes}

    def directions(self) -> torch.Tensor:
        """Return the prototypes (C, d_b), which are normalised already."""
        return self.prototypes.clone()

    def companion(self, embedder: nn.Module, spec: Loss) -> "OnlineMeans":
        """Return a memory, filled at random, and a moving average of the embedder."""
        classes, width = self.prototypes.shape
        memory = Memory(spec.memory, width, classes)
        self.update(memory.embeddings, memory.labels)
        return OnlineMeans(embedder, spec, memory, self.update)

    def update(self, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Take the class means of a memory's embeddings (Q, d_b) with labels (Q,), normalised."""
        sums, counts = class_sums(embeddings, labels, len(self.prototypes))
        means = functional.normalize(sums, dim=1)
        self.prototypes.copy_(torch.where((counts > 0)[:, None], means, self.prototypes))


class OnlineMeans(Remembered):
    """What equation 4.2 needs beside the trained model: its moving average, and the memory."""

    def __init__(
        self,
        embedder: nn.Module,
        spec: Loss,
        memory: Memory,
        update: Callable[[torch.Tensor, torch.Tensor], None],
    ) -> None:
        """Keep the parts, see `Remembered`; `update` takes the memory's embeddings and labels."""
        super().__init__(embedder, spec, memory)
        self.update = update

    @torch.no_grad()
    def store(self, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Put a batch into the memory and take the new prototypes for the next step."""
        super().store(embeddings, labels)
        self.update(self.memory.embeddings, self.memory.labels)


HEAD = PrototypeHead
