"""The memory of embeddings that a loss compares crops with (section 4.3), and what fills it."""

import torch
from torch import nn
from torch.nn import functional

from cogworks.training.ema import MovingAverage
from cogworks.training.head import Companion
from cogworks.training.specs import Loss


class Memory(nn.Module):
    """The last `size` embeddings with their labels, first in, first out.

    It starts with random directions, as many for each class as for any other one. Embeddings are
    stored l2-normalised, so that each counts the same in its class's mean.
    """

    embeddings: torch.Tensor
    labels: torch.Tensor
    position: torch.Tensor

    def __init__(self, size: int, dim: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("embeddings", functional.normalize(torch.randn(size, dim), dim=1))
        self.register_buffer("labels", torch.arange(size) % classes)
        self.register_buffer("position", torch.zeros((), dtype=torch.int64))

    def push(self, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Store embeddings (B, d_b) with labels (B,) over the oldest ones.

        B need not divide the size: what reaches over the end goes on at the start. Of a batch
        larger than the memory, the last ones stay.
        """
        size, count = len(self.labels), len(labels)
        kept = min(size, count)
        skipped = count - kept
        offsets = torch.arange(skipped, count, device=labels.device)
        places = (self.position + offsets) % size
        self.embeddings[places] = functional.normalize(embeddings[skipped:], dim=1)
        self.labels[places] = labels[skipped:]
        self.position.copy_((self.position + count) % size)


def class_sums(
    embeddings: torch.Tensor, labels: torch.Tensor, classes: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the sums (C, d_b) of the embeddings (Q, d_b) of each class, and how many (C,) it has.

    They are added class by class in the order of the memory. On a GPU `index_add_` adds in any
    order, and processes would not agree on the last bits.
    """
    # Not bincount, which waits for the device.
    counts = torch.zeros(classes, dtype=torch.int64, device=labels.device)
    counts.index_add_(0, labels, torch.ones_like(labels))
    by_class = embeddings[labels.argsort(stable=True)]
    return torch.segment_reduce(by_class, "sum", lengths=counts, unsafe=True), counts


class Remembered(Companion):
    """A moving average of the trained model, whose embeddings of each step fill a memory."""

    def __init__(self, embedder: nn.Module, spec: Loss, memory: Memory) -> None:
        """Start the average at the embedder's weights.

        Args:
            embedder: crops (N, 3, S, S) to embeddings (N, d_b).
            spec: `loss` of the run's spec.
            memory: which is filled.
        """
        super().__init__()
        self.average = MovingAverage(
            embedder, momentum=spec.ema_momentum, mode=spec.ema_mode, warmup=spec.ema_warmup
        )
        self.memory = memory

    def follow(self, embedder: nn.Module) -> None:
        """Let the moving average follow."""
        self.average.update(embedder)

    @torch.no_grad()
    def embed(self, images: torch.Tensor) -> torch.Tensor:
        """Return the averaged model's embeddings (B, d_b), float32, of first global crops."""
        return self.average(images).float()

    @torch.no_grad()
    def store(self, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Put a batch into the memory."""
        self.memory.push(embeddings, labels)
