"""Two runs of different length tell the time of a unit of work from that of the start."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

# A measurement ends when the longer run takes so many seconds more than the shorter one, and twice
# as long, so that the start and its noise do not count; or when it is so many times the first one.
SECONDS = 2.0
LONGEST = 3**5
# Set where a run is not clocked, but loads what it needs.
ONCE = False


def two_lengths(prepare: Callable[[int], Callable[[], object]], units: int) -> tuple[float, float]:
    """Return the seconds of a unit, and of the start, from runs of more and more units.

    Of the start, the first run tells: what is loaded and set up when it is first needed is so in
    that one alone, and in every job. Of a unit, pairs of runs tell that lie so far apart that noise
    counts little: their median, since something else that the machine does spoils one of them.

    Args:
        prepare: returns what does as many units; only that is clocked.
        units: of the first run.
    """

    def seconds(units: int) -> float:
        return clock(prepare(units))

    first, longest = seconds(units), LONGEST * units
    if ONCE:
        return first, 0.0
    short, longer = seconds(units), seconds(3 * units)
    done, pairs = units, [(longer - short, units)]
    while longer - short < max(SECONDS, short) and done < longest:
        done *= 3
        short, longer = longer, seconds(3 * done)
        pairs.append((longer - short, done))
    apart = [pair for pair in pairs if pair[0] >= SECONDS / 10] or pairs[-1:]
    each = max(median(more / (2 * done) for more, done in apart), 1e-9)
    return each, max(first - units * each, 0.0)


def clock(run: Callable[..., object], *arguments: Any) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - start
