"""Work spread over processes or threads, in an order that does not depend on their number."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from operator import itemgetter
from typing import TypeVar

from cogworks.core import leader
from cogworks.core.progress import track

T = TypeVar("T")
R = TypeVar("R")

# Results that wait to be used: enough to keep the workers busy, few enough to fit into memory.
AHEAD = 4


def map_ordered(
    function: Callable[[T], R],
    items: Sequence[T],
    *,
    workers: int,
    label: str,
    unit: str,
    counts: Sequence[int] | None = None,
) -> Iterator[R]:
    """Yield `function(item)` for each item, in order, and show progress.

    Args:
        function: a picklable function (a module's own, or a partial of one).
        items: what to apply it to.
        workers: processes; 1 works in this process.
        label: names the work in the progress display.
        unit: what an item is, or what `counts` counts.
        counts: how many units each item is, for the display; one if not given.
    """
    counts = counts or [1] * len(items)
    counted = zip(in_order(function, items, workers=workers), counts, strict=True)
    shown = track(counted, label=label, total=sum(counts), unit=unit, count=itemgetter(1))
    yield from (result for result, _ in shown)


def in_order(
    function: Callable[[T], R], items: Sequence[T], *, workers: int, threads: bool = False
) -> Iterator[R]:
    """Yield `function(item)` for each item, in order; few results wait to be used.

    Args:
        function: what to apply; for processes it must be picklable.
        items: what to apply it to.
        workers: how many at once; 1 works in this process.
        threads: take threads in place of processes, for what waits more than it computes.
    """
    workers = min(workers, len(items))
    if workers < 2:
        yield from map(function, items)
        return
    with _pool(workers, threads) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _pool(workers: int, threads: bool) -> Executor:
    if threads:
        return ThreadPoolExecutor(workers)
    # Spawned, not forked: Arrow and BLAS run threads, which do not survive a fork.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, leader.die_with, (os.getpid(),))
