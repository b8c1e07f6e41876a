"""Weighted nearest neighbours: a probe that needs no tuning."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Similarities that are held at once.
CHUNK = 2**24


@dataclass(frozen=True)
class Neighbours:
    """Training images that vote for their own class.

    Attributes:
        x: features `(N, D)`.
        y: labels `(N,)` on the same device.
        n_classes: C.
        k: neighbours that vote; all N where there are fewer.
        temperature: a neighbour of similarity s votes with weight exp(s / temperature).
    """

    x: Tensor
    y: Tensor
    n_classes: int
    k: int
    temperature: float

    def __call__(self, x: Tensor) -> Tensor:
        """Return the votes `(M, C)` for features `(M, D)`, the nearest neighbour's counted as 1."""
        size = max(1, CHUNK // len(self.x))
        return torch.cat([self._votes(chunk) for chunk in x.split(size)])

    def _votes(self, x: Tensor) -> Tensor:
        similarity, near = (x @ self.x.T).topk(min(self.k, len(self.x)), dim=1)
        weight = torch.exp((similarity - similarity[:, :1]) / self.temperature)
        votes = torch.zeros(len(x), self.n_classes, device=x.device)
        return votes.scatter_add_(1, self.y[near], weight)
