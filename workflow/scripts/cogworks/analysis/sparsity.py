"""Sparsity of features (thesis, sections 4.4.2 and 5.5.4)."""

from collections.abc import Iterable

import numpy as np

from cogworks.analysis.blocks import FloatArray


def sparsity(blocks: Iterable[FloatArray], *, threshold: float) -> float:
    """Return the share of entries closer to zero than `threshold`, from 0 to 1.

    Args:
        blocks: l2-normalised vectors, each block `(n, D)`.
        threshold: the thesis takes 1e-5.
    """
    near, entries = 0, 0
    for block in blocks:
        near += int(np.count_nonzero(np.abs(block) < threshold))
        entries += block.size
    return near / entries
