"""Coding length and singular values of features (thesis, figures 4.6 and 5.6)."""

import numpy as np
from scipy.linalg import eigvalsh

from cogworks.analysis.blocks import FloatArray
from cogworks.analysis.moments import Moments


def spectrum(moments: Moments) -> FloatArray:
    """Return the eigenvalues of X^T X `(D,)`, largest first, none below zero."""
    values = eigvalsh(moments.gram, overwrite_a=True, check_finite=False)
    return np.asarray(np.maximum(values[::-1], 0.0))


def coding_length(eigenvalues: FloatArray, *, count: int, eps2: float) -> float:
    """Return R(X, eps) = 1/2 log det(I + d / (N eps^2) X^T X), natural logarithm (Yu et al. 2020).

    That is the mean coding length per sample, in nats, up to the precision eps.

    Args:
        eigenvalues: of X^T X `(D,)`.
        count: N.
        eps2: squared precision; the thesis takes 0.5.
    """
    scale = len(eigenvalues) / (count * eps2)
    return float(0.5 * np.log1p(scale * eigenvalues).sum())


def singular_values(eigenvalues: FloatArray) -> FloatArray:
    """Return the singular values of X `(D,)`, largest first, divided by their sum."""
    values = np.sqrt(eigenvalues)
    return np.asarray(values / values.sum())
