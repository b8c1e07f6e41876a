"""Progress of long work: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")

LOG_INTERVAL_SECONDS = 10.0


def track(
    iterable: Iterable[T], *, label: str, total: int | None = None, unit: str = "it"
) -> Iterator[T]:
    """Yield from `iterable` while showing how far it is.

    On a terminal this is a bar; elsewhere a line every ten seconds and one at the end, so that a
    log stays readable. `total` defaults to the iterable's length where it has one.
    """
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(iterable, desc=label, total=total, unit=unit)
        return
    start = last = time.monotonic()
    done = 0
    for item in iterable:
        yield item
        done += 1
        now = time.monotonic()
        if now - last >= LOG_INTERVAL_SECONDS:
            last = now
            _line(label, done, total, unit, now - start)
    _line(label, done, total, unit, time.monotonic() - start)


def _line(label: str, done: int, total: int | None, unit: str, seconds: float) -> None:
    rate = done / seconds if seconds > 0 else 0.0
    text = f"{label}: {done}{f'/{total}' if total is not None else ''} {unit}, {rate:.1f} {unit}/s"
    if total is not None and 0 < done < total and rate > 0:
        text += f", {format_duration((total - done) / rate)} left"
    print(text, file=sys.stderr, flush=True)


def format_duration(seconds: float) -> str:
    """Return seconds as `12 s`, `3 min 05 s` or `2 h 07 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
