"""Stopping cleanly: a scheduler's signal sets a flag, and work ends after the current batch."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


def ignore_stop_signals() -> None:
    """Ignore the signals that ask to stop, from now to the end of the process."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def children_ignore_stop_signals(*others: signal.Signals) -> Iterator[None]:
    """Make processes that are started inside ignore the signals that ask to stop, and others.

    A scheduler sends them to every process of a job, but only the one that keeps the state should
    act on them. Signals that arrive meanwhile are delivered to this process afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*SIGNALS, *others))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class StopFlag:
    """Context manager whose `stop` becomes True on SIGTERM or SIGUSR1.

    The previous handlers are restored at the end, so that a caller's own handling survives.
    """

    def __init__(self) -> None:
        self.stop = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "StopFlag":
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.stop = True
