"""What the start of a job costs: an ordinary one, and a fork of the warm server."""

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cogworks.core.codehash import SCRIPTS
from cogworks.core.warm.start import Warm

ROUNDS = 3


class Start(NamedTuple):
    """Seconds of a script's start: in a process of its own, and forked."""

    script: str
    ordinary: float
    forked: float


def starts(scripts: Iterable[str]) -> Iterator[Start]:
    """Yield the starts of some scripts: each imports what it needs, prints its help and ends."""
    plain, warm = Warm(), Warm()
    warm.start()
    try:
        for name in scripts:
            path = str(SCRIPTS / f"{name}.py")
            ordinary, forked = (
                _seconds(start.command(sys.executable, path)) for start in (plain, warm)
            )
            yield Start(name, ordinary, forked)
    finally:
        warm.stop()


def _seconds(words: tuple[str, ...]) -> float:
    """Return how long a command takes, at its best."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([*words, "--help"], check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return min(taken)
