"""The memory of embeddings from which online class means are taken (section 4.3)."""

import torch
from torch import nn
from torch.nn import functional


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
