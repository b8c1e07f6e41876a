"""The leading directions of variance of features, by randomised subspace iteration."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

POWER_STEPS = 2
OVERSAMPLING = 8
# Eigenvalues are at least this many units of rounding, relative to the largest.
FLOOR = 10.0

# Applies the covariance of centred features: `(D, k)` to `(D, k)`.
Covariance = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Spectrum:
    """A covariance matrix as leading eigenvectors and an even rest.

    Attributes:
        vectors: `(D, r)`, orthonormal.
        values: `(r,)`, descending.
        rest: mean eigenvalue of the other directions.
    """

    vectors: Tensor
    values: Tensor
    rest: float


def leading(covariance: Covariance, *, dim: int, trace: float, rank: int, like: Tensor) -> Spectrum:
    """Return the `rank` leading eigenpairs of a covariance matrix that is only applied.

    Args:
        covariance: the matrix as a function.
        dim: its size D.
        trace: its trace.
        rank: how many pairs; at most D.
        like: a tensor of the dtype and device to work in.
    """
    rank = min(rank, dim)
    width = min(rank + OVERSAMPLING, dim)
    generator = torch.Generator().manual_seed(0)
    block = torch.randn(dim, width, generator=generator).to(like)
    for _ in range(POWER_STEPS):
        block = torch.linalg.qr(covariance(block))[0]
    projected = block.T @ covariance(block)
    values, rotation = torch.linalg.eigh((projected + projected.T) / 2)
    # No direction counts as flatter than rounding lets it appear beside the steepest.
    limits = torch.finfo(values.dtype)
    floor = FLOOR * limits.eps * max(float(values[-1]), limits.tiny / limits.eps)
    values = values.flip(0)[:rank].clamp_min(floor)
    vectors = block @ rotation.flip(1)[:, :rank]
    rest = (trace - float(values.sum())) / max(1, dim - rank)
    return Spectrum(vectors, values, max(rest, floor))
