"""Progress of long work: a bar on a terminal, occasional plain lines in a log."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, TypeVar

T = TypeVar("T")

LOG_INTERVAL_SECONDS = 10.0


def track(
    iterable: Iterable[T],
    *,
    label: str,
    total: int | None = None,
    unit: str = "it",
    count: Callable[[T], int] | None = None,
    done: int = 0,
) -> Iterator[T]:
    """Yield from `iterable` while showing progress.

    On a terminal this is a bar; elsewhere it is a line every ten seconds and one at the end, so
    that a log stays readable.

    Args:
        iterable: what to go through.
        label: names the work.
        total: number of units; by default the iterable's length, if it has one and `count` is not
            given.
        unit: what is counted: images if there are any, since batches per second say little.
        count: returns the number of units of an item; one if not given.
        done: units that were finished earlier.
    """
    if total is None and count is None and isinstance(iterable, Sized):
        total = len(iterable)
    units = count or _one
    shown = _Shown(label, total=total, unit=unit, done=done)
    for item in iterable:
        yield item
        shown.add(units(item))
    shown.close()


class _Shown:
    """How far some work has got, with its speed since the start."""

    def __init__(self, label: str, *, total: int | None, unit: str, done: int) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._done = self._before = done
        self._start = self._last = time.monotonic()
        self._told = -1
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(desc=label, total=total, unit=unit, initial=done)

    def add(self, units: int) -> None:
        """Count more units, and show them if the last line is old enough."""
        self._done += units
        if self._bar is not None:
            self._bar.update(units)
            return
        now = time.monotonic()
        if now - self._last >= LOG_INTERVAL_SECONDS:
            self._last = now
            self._line(now - self._start)

    def close(self) -> None:
        """Show the final state."""
        if self._bar is not None:
            self._bar.close()
        elif self._told != self._done:
            self._line(time.monotonic() - self._start)

    def _line(self, seconds: float) -> None:
        done, total, unit = self._done, self._total, self._unit
        self._told = done
        rate = (done - self._before) / seconds if seconds > 0 else 0.0
        speed = f"{rate:.{0 if rate >= 100 else 1}f}"
        of = f"/{total}" if total is not None else ""
        text = f"{self._label}: {done}{of} {unit}, {speed} {unit}/s"
        if total is not None and 0 < done < total and rate > 0:
            text += f", {format_duration((total - done) / rate)} left"
        print(text, file=sys.stderr, flush=True)


def _one(_: object) -> int:
    return 1


def format_duration(seconds: float) -> str:
    """Return seconds as `0.12 s`, `12 s`, `3 min 05 s`, `2 h 07 min` or `5 days 3 h`."""
    whole = round(seconds)
    if whole < 10:
        return f"{seconds:.2g} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(seconds / 3600)
    return f"{hours // 24:,} days {hours % 24} h"
