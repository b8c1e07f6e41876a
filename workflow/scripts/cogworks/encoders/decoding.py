"""Decoding batches of images, in threads of a process."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np
import torch

from cogworks.images.decode import CorruptImageError
from cogworks.images.reader import Place, PlaceReader
from cogworks.networks.pixels import Decode

# Images per task: enough to make its overhead vanish, few enough to share a batch among threads.
TASK_IMAGES = 16

# Positions in a batch of images that could not be decoded, with the reason.
Corrupt = dict[int, str]
Task = Future[Corrupt]
Made = tuple[torch.Tensor, Corrupt]


@dataclass(frozen=True)
class Decoding:
    """How images become pixels; may be sent to another process.

    Attributes:
        reader: from places to bytes.
        decode: from bytes and name to pixels (S, S, 3).
    """

    reader: PlaceReader
    decode: Decode

    def start(self, pool: Executor, places: Sequence[Place], pixels: np.ndarray) -> list[Task]:
        """Have a pool of threads decode some images into uint8 pixels (images, S, S, 3).

        Those that cannot be decoded become black.
        """
        return [
            pool.submit(self._fill, pixels, places, range(first, min(first + TASK_IMAGES, end)))
            for end in [len(places)]
            for first in range(0, end, TASK_IMAGES)
        ]

    def _fill(self, pixels: np.ndarray, places: Sequence[Place], positions: range) -> Corrupt:
        corrupt = {}
        for position in positions:
            place = places[position]
            try:
                pixels[position] = self.decode(self.reader.read(place), place.name)
            except CorruptImageError as error:
                pixels[position] = 0
                corrupt[position] = str(error)
        return corrupt


def gather(tasks: Iterable[Task]) -> Corrupt:
    """Wait for tasks; return what could not be decoded.

    Raises:
        InputError: an image cannot be read.
    """
    return {position: why for task in tasks for position, why in task.result().items()}


class Decoders(AbstractContextManager["Decoders"], Protocol):
    """What decodes batches in the order of their start; at the end of the block it stops."""

    @property
    def enough(self) -> bool:
        """Say whether so much is under way that a batch is to be finished before the next start."""

    def start(
        self, places: Sequence[Place], empty: Callable[[], torch.Tensor]
    ) -> Callable[[], Made]:
        """Begin to decode some images.

        Args:
            places: of the images.
            empty: gives uint8 pixels (at least as many rows as images, S, S, 3).

        Returns:
            What waits for them, and returns the pixels and which are corrupt; to be called in the
            order of the starts.
        """


class Threads:
    """Decodes in threads of this process; see `Decoders`."""

    def __init__(self, decoding: Decoding, threads: int) -> None:
        self._decoding = decoding
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._tasks = 0

    def __enter__(self) -> "Threads":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def enough(self) -> bool:
        """See `Decoders`: enough tasks for every thread, whatever the size of a batch."""
        return self._tasks > 2 * self._threads

    def start(
        self, places: Sequence[Place], empty: Callable[[], torch.Tensor]
    ) -> Callable[[], Made]:
        """See `Decoders`."""
        pixels = empty()
        tasks = self._decoding.start(self._pool, places, pixels[: len(places)].numpy())
        self._tasks += len(tasks)

        def finish() -> Made:
            corrupt = gather(tasks)
            self._tasks -= len(tasks)
            return pixels, corrupt

        return finish
