"""What `make bench` tells of each piece of work, and of the machine."""

import os
import platform
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

HEADER = (
    "work",
    "speed",
    "share of the limit",
    "the limit",
    "times the plain way",
    "times the peer",
    "goal",
)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        work: what was done, with its sizes.
        speed: with its unit.
        share: of the speed that `limit` allows, measured in the same process; None without one.
        limit: what nothing can be faster than.
        plain: speed as a multiple of the plain way's.
        peer: speed as a multiple of what a user would run instead, and what that is.
        goal: what is wanted.
    """

    work: str
    speed: str
    share: float | None = None
    limit: str = ""
    plain: float | None = None
    peer: tuple[float, str] | None = None
    goal: str = ""

    def cells(self) -> list[str]:
        """Return the line's cells."""
        return [
            self.work,
            self.speed,
            "" if self.share is None else f"{self.share:.0%}",
            self.limit,
            "" if self.plain is None else f"{self.plain:.2f}",
            "" if self.peer is None else f"{self.peer[0]:.2f} ({self.peer[1]})",
            self.goal,
        ]


def line(cells: Any) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def medians(
    ways: Mapping[str, Callable[[], Any]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each way; they take turns, so that all have the same weather."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            start = clock()
            way()
            seconds[name].append(clock() - start)
    return {name: float(np.median(times)) for name, times in seconds.items()}


# What processors multiply in, the fastest last.
ABILITIES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def processor() -> str:
    """Return the processor's name, how many cores there are, and what it multiplies in."""
    kind, found = _processor()
    return f"{kind}, {os.cpu_count()} cores ({', '.join(found) or 'no AVX2'})"


def kind_of_machine() -> str:
    """Return the processor's name with the fastest that it multiplies in, for a file's name."""
    kind, found = _processor()
    return re.sub(r"[^a-z0-9]+", "-", " ".join([kind, *found[-1:]]).lower()).strip("-")


def _processor() -> tuple[str, list[str]]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    name, words = re.search(r"model name\s*: (.*)", text), set(text.split())
    kind = name[1] if name else platform.machine()
    return kind, [ability for ability in ABILITIES if ability in words]


def machine() -> str:
    """Return what the figures depend on, in a sentence."""
    core = os.environ.get("OPENBLAS_CORETYPE")
    said = f", OPENBLAS_CORETYPE={core}" if core else ""
    return (
        f"{processor()}{said}; Python {platform.python_version()}, torch {torch.__version__}, "
        f"NumPy {np.__version__}."
    )
