"""How many images of a class a multiple is, and in how many steps it is drawn.

Imported while the DAG is planned: the standard library only.
"""

import math

# What binary rounding takes away: 0.1 * 1300 must not end up below 130.
_TINY = 1e-9


def scaled(count: int, multiple: float) -> int:
    """Return `count` times `multiple`, rounded down, but at least one."""
    return max(1, math.floor(count * multiple + _TINY))


def steps_of(multiple: float) -> int:
    """Return in how many steps of one whole multiple a clone is drawn; the last may be a part."""
    return math.ceil(multiple)


def span(count: int, start: float, end: float) -> range:
    """Return the numbers of a class's images that are added between two multiples."""
    return range(scaled(count, start) if start else 0, scaled(count, end))
