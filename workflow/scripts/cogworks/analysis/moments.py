"""Mean and second moments of features, in one pass: what three of the measures are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas

from cogworks.analysis.blocks import FloatArray


@dataclass(frozen=True)
class Moments:
    """First and second moments of N vectors of D dimensions.

    Attributes:
        count: N.
        mean: `(D,)`.
        scatter: `(D, D)`, sum over vectors of (x - mean)(x - mean)^T.
    """

    count: int
    mean: FloatArray
    scatter: FloatArray

    @property
    def gram(self) -> FloatArray:
        """X^T X `(D, D)`, not centred."""
        return self.scatter + self.count * np.outer(self.mean, self.mean)


def moments(blocks: Iterable[FloatArray]) -> Moments:
    """Return the moments of all rows of `blocks`, each `(n, D)` in float64.

    Vectors are taken relative to the mean of the first block while they are summed, since features
    vary little around a common mean and the difference of two large sums would lose their digits.
    Only a triangle is summed: half the work of a full product.

    Raises:
        ValueError: there are no rows.
    """
    count, origin, total, upper = 0, None, None, None
    for block in blocks:
        if origin is None:
            origin = block.mean(axis=0)
            total = np.zeros(block.shape[1])
            upper = np.zeros((block.shape[1], block.shape[1]), order="F")
        shifted = block - origin
        count += len(block)
        total += shifted.sum(axis=0)
        upper = blas.dsyrk(1.0, shifted.T, beta=1.0, c=upper, overwrite_c=1)
    if origin is None or total is None or upper is None:
        raise ValueError("no rows")
    sums = np.triu(upper) + np.triu(upper, 1).T
    offset = total / count
    return Moments(
        count=count, mean=origin + offset, scatter=sums - count * np.outer(offset, offset)
    )
