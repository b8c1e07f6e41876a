"""Redundancy of feature dimensions (thesis, section 5.5.4, after Wang et al. 2022)."""

import numpy as np

from cogworks.analysis.moments import Moments

# A dimension whose deviation is this small a share of its mean is constant except for rounding.
RELATIVE_DEVIATION = 1e-9


def redundancy(moments: Moments) -> float:
    """Return (1/d^2) sum_ij |rho_ij|, rho the Pearson correlation of dimensions i and j.

    The sum includes i = j, as in the thesis's formula. Correlation with a constant dimension is
    not defined: d counts only the dimensions that vary. NaN where none does.
    """
    varying = varying_dimensions(moments)
    scatter = moments.scatter[np.ix_(varying, varying)]
    if not scatter.size:
        return float("nan")
    deviations = np.sqrt(np.diag(scatter))
    rho = scatter / np.outer(deviations, deviations)
    return float(np.abs(rho).mean())


def varying_dimensions(moments: Moments) -> np.ndarray:
    """Return the indices of the dimensions that are not constant."""
    variances = np.diag(moments.scatter) / moments.count
    floor = (RELATIVE_DEVIATION * moments.mean) ** 2
    return np.flatnonzero(variances > floor)
