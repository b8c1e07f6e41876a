"""Work spread over processes, with progress, in an order that does not depend on their number."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from operator import itemgetter
from typing import TypeVar

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
    """Yield `function(item)` for each item, in order.

    Args:
        function: a picklable function (a module's own, or a partial of one).
        items: what to apply it to.
        workers: processes; 1 works in this process.
        label: names the work in the progress display.
        unit: what an item is, or what `counts` counts.
        counts: how many units each item is, for the display; one if not given.
    """
    if workers == 1 or len(items) < 2:
        results: Iterator[R] = map(function, items)
    else:
        results = _in_processes(function, items, min(workers, len(items)))
    counts = counts or [1] * len(items)
    counted = zip(results, counts, strict=True)
    shown = track(counted, label=label, total=sum(counts), unit=unit, count=itemgetter(1))
    yield from (result for result, _ in shown)


def _in_processes(function: Callable[[T], R], items: Sequence[T], workers: int) -> Iterator[R]:
    # Spawned, not forked: Arrow and BLAS run threads, which do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
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
