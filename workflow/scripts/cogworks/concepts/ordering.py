"""From similarities to one ranking: the nearest seen concept and the order of ties (3.3.3)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cogworks.concepts.introsort import legacy_argsort
from cogworks.core.seeds import derive_seed


def nearest(similarity: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return each row's largest similarity (eq. 3.2) and its column, the first among equals.

    Args:
        similarity: (R, C), unseen by seen.
    """
    columns = similarity.argmax(axis=1)
    return similarity[np.arange(len(similarity)), columns], columns


def rank_order(
    similarity: Sequence[float], wnids: Sequence[str], *, ties: str, seed: int
) -> list[int]:
    """Return the indices from the most to the least similar.

    Only some 335 values are shared by the thesis's 5,146 concepts, so the order of ties decides
    who is in which level.

    Args:
        similarity: (N,) of finite or infinite numbers.
        wnids: (N,), sorted.
        ties: `wnid`, by wnid; `random`, by a hash of the seed and the wnid, so that other
            concepts do not matter; `legacy_argsort`, as NumPy's old quicksort leaves the negated
            similarities of the concepts listed by wnid.
        seed: for `random`.
    """
    negated = [-value for value in similarity]
    if ties == "legacy_argsort":
        return legacy_argsort(negated)
    if ties == "wnid":
        return sorted(range(len(wnids)), key=lambda index: (negated[index], wnids[index]))
    if ties == "random":
        draws = [derive_seed("concepts", "ties", seed, wnid) for wnid in wnids]
        return sorted(range(len(wnids)), key=lambda index: (negated[index], draws[index]))
    raise ValueError(f"ties {ties!r}: expected wnid, random or legacy_argsort")
