"""Intra-class distance of features (thesis, sections 4.4.2 and 5.5.4)."""

import math
from collections.abc import Iterable

import numpy as np

from cogworks.analysis.blocks import FloatArray

BLOCK_ROWS = 2048


def intra_class_distance(classes: Iterable[FloatArray]) -> float:
    """Return the mean over classes of the mean l2 distance of two vectors of a class.

    Every class counts the same, and every pair within it; a class of one vector has no pair and
    does not count. NaN where no class has two.

    Args:
        classes: the vectors of each class, `(n, D)`.
    """
    means = [mean_pairwise_distance(x) for x in classes if len(x) > 1]
    return math.fsum(means) / len(means) if means else math.nan


def mean_pairwise_distance(x: FloatArray) -> float:
    """Return the mean l2 distance over the pairs i < j of the rows of `x` `(n, D)`, n >= 2.

    Distances come from products of centred rows, block by block: memory is that of one block pair.
    """
    n = len(x)
    centred = x - x.mean(axis=0)
    squares = np.einsum("ij,ij->i", centred, centred)
    total = 0.0
    for i in range(0, n, BLOCK_ROWS):
        for j in range(i, n, BLOCK_ROWS):
            a, b = slice(i, i + BLOCK_ROWS), slice(j, j + BLOCK_ROWS)
            products = centred[a] @ centred[b].T
            squared = squares[a, None] + squares[None, b] - 2 * products
            distances = np.sqrt(np.maximum(squared, 0))
            if i == j:
                distances = np.triu(distances, 1)
            total += float(distances.sum())
    return total / (n * (n - 1) / 2)
