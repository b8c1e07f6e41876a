"""Progress of long work: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")

LOG_INTERVAL_SECONDS = 10.0


def track(
    iterable: Iterable[T],
    *,
    label: str,
    total: int | None = None,
    unit: str = "it",
    count: Callable[[T], int] | None = None,
) -> Iterator[T]:
    """Yield from `iterable` while showing how far it is.

    On a terminal this is a bar; elsewhere a line every ten seconds and one at the end, so that a
    log stays readable.

    Args:
        iterable: what to go through.
        label: names the work.
        total: units of all of it; the iterable's length where it has one and `count` is not given.
        unit: what is counted. Where there are images, they are: a second's batches tell nothing.
        count: how many units an item is; one if not given.
    """
    if total is None and count is None and isinstance(iterable, Sized):
        total = len(iterable)
    units = count or _one
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(desc=label, total=total, unit=unit) as bar:
            for item in iterable:
                yield item
                bar.update(units(item))
        return
    start = last = time.monotonic()
    done = 0
    for item in iterable:
        yield item
        done += units(item)
        now = time.monotonic()
        if now - last >= LOG_INTERVAL_SECONDS:
            last = now
            _line(label, done, total, unit, now - start)
    _line(label, done, total, unit, time.monotonic() - start)


def _one(_: object) -> int:
    return 1


def _line(label: str, done: int, total: int | None, unit: str, seconds: float) -> None:
    rate = done / seconds if seconds > 0 else 0.0
    speed = f"{rate:.{0 if rate >= 100 else 1}f}"
    text = f"{label}: {done}{f'/{total}' if total is not None else ''} {unit}, {speed} {unit}/s"
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
