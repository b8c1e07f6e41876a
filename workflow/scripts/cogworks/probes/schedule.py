"""Learning rate by epoch."""

import math


def factors(schedule: str, epochs: int) -> list[float]:
    """Return the factor of the learning rate in each epoch.

    `cosine` is (1 + cos(pi e / E)) / 2 for e = 0, ..., E - 1. In `cosine_lagged` that schedule is
    applied after each epoch, with e counted from 0, so that the first two epochs share factor 1.

    Raises:
        ValueError: an unknown schedule.
    """
    curve = [(1 + math.cos(math.pi * epoch / epochs)) / 2 for epoch in range(epochs)]
    if schedule == "cosine":
        return curve
    if schedule == "cosine_lagged":
        return [1.0, *curve[:-1]]
    raise ValueError(f"unknown schedule {schedule!r}")
