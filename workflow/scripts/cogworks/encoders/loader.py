"""Batches of decoded images, in order, from a pool of threads that read ahead.

Threads, not processes: decoding and resizing release Python's global lock, nothing has to be sent
between processes, and a batch is decoded straight into the memory from which a GPU copies it.
"""

import collections
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import torch

from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader
from cogworks.networks.pixels import Decode

# Images per task: enough to make its overhead vanish, few enough to share a batch among threads.
TASK_IMAGES = 16


@dataclass
class Batch:
    """One cell of the grid of batches.

    Attributes:
        start: first row of the manifest.
        stop: one past the last one.
        pixels: uint8 (rows, S, S, 3); pinned where asked for. Rows without an image are black:
            corrupt ones, and the padding behind the last row.
        corrupt: rows of the manifest whose image could not be decoded, with the reason.
    """

    start: int
    stop: int
    pixels: torch.Tensor
    corrupt: dict[int, str] = field(default_factory=dict)


class BatchLoader:
    """Iterates over batches of a manifest's images, decoded ahead by `threads` threads.

    Args:
        manifest: its images. Corrupt ones stop nothing: they are told with their batch.
        decode: from bytes and name to pixels (S, S, 3).
        size: S.
        threads: how many decode at once; the batches do not depend on it.
        pin: page-locked memory, for overlapped copies to a GPU.
        pad_to: rows of every batch's pixels, black where there is no image; 0 for none.
    """

    def __init__(
        self,
        manifest: Manifest,
        decode: Decode,
        *,
        size: int,
        threads: int,
        pin: bool = False,
        pad_to: int = 0,
    ) -> None:
        self._decode = decode
        self._size = size
        self._threads = threads
        self._pin = pin
        self._pad_to = pad_to
        self._reader = ImageReader(manifest)

    def batches(self, spans: Iterable[tuple[int, int]]) -> Iterator[Batch]:
        """Yield the batches of `spans` (start, stop) in that order.

        Raises:
            InputError: an image cannot be read.
        """
        waiting: collections.deque[tuple[Batch, list[Future[dict[int, str]]]]] = collections.deque()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="decode") as pool:
            try:
                for start, stop in spans:
                    waiting.append(self._submit(pool, start, stop))
                    # Enough tasks ahead for every thread, whatever the size of a batch.
                    if sum(len(tasks) for _, tasks in waiting) > 2 * self._threads:
                        yield _finish(*waiting.popleft())
                while waiting:
                    yield _finish(*waiting.popleft())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _submit(
        self, pool: ThreadPoolExecutor, start: int, stop: int
    ) -> tuple[Batch, list[Future[dict[int, str]]]]:
        rows = max(stop - start, self._pad_to)
        shape = (rows, self._size, self._size, 3)
        pixels = torch.empty(shape, dtype=torch.uint8, pin_memory=self._pin)
        pixels[stop - start :] = 0
        batch = Batch(start, stop, pixels)
        tasks = [
            pool.submit(self._fill, batch, first, min(first + TASK_IMAGES, stop))
            for first in range(start, stop, TASK_IMAGES)
        ]
        return batch, tasks

    def _fill(self, batch: Batch, first: int, last: int) -> dict[int, str]:
        """Decode rows first to last into the batch; return those that are corrupt."""
        corrupt = {}
        for row in range(first, last):
            target = batch.pixels[row - batch.start].numpy()
            try:
                target[:] = self._decode(self._reader.read_bytes(row), self._reader.name(row))
            except CorruptImageError as error:
                target[:] = 0
                corrupt[row] = str(error)
        return corrupt


def _finish(batch: Batch, tasks: list[Future[dict[int, str]]]) -> Batch:
    for task in tasks:
        batch.corrupt.update(task.result())
    return batch
