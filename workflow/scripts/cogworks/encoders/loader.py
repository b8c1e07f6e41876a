"""Batches of decoded images, in order, by decoders that read ahead.

Up to four threads are threads of this process: decoding and resizing release Python's global lock,
nothing has to be sent, and a batch is decoded straight into the memory from which a GPU copies it.
More of them would wait for the lock, and are those of several processes.
"""

import collections
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from cogworks.core import warn
from cogworks.encoders.decoding import Decoders, Decoding, Threads
from cogworks.encoders.processes import Processes
from cogworks.encoders.shares import shares
from cogworks.images.manifest import Manifest
from cogworks.images.reader import CACHE_BYTES, ImageReader, PlaceReader
from cogworks.networks.pixels import Decode


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
        processes: how many threads each process is to have that decodes, none to decode in this
            one; None to choose by `threads` and the number of images.
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
        processes: Sequence[int] | None = None,
    ) -> None:
        self._manifest = manifest
        self._decode = decode
        self._size = size
        self._threads = threads
        self._pin = pin
        self._pad_to = pad_to
        self._processes = processes
        self._reader = ImageReader(manifest)

    def batches(self, spans: Sequence[tuple[int, int]]) -> Iterator[Batch]:
        """Yield the batches of `spans` (start, stop) in that order.

        Raises:
            InputError: an image cannot be read; a process that decodes was killed.
        """
        waiting: collections.deque[Callable[[], Batch]] = collections.deque()
        with self._decoders(spans) as decoders:
            for start, stop in spans:
                waiting.append(self._submit(decoders, start, stop))
                if decoders.enough:
                    yield waiting.popleft()()
            while waiting:
                yield waiting.popleft()()

    def _submit(self, decoders: Decoders, start: int, stop: int) -> Callable[[], Batch]:
        """Begin with a batch; return what waits for it."""
        rows = max(stop - start, self._pad_to)

        def empty() -> torch.Tensor:
            shape = (rows, self._size, self._size, 3)
            pixels = torch.empty(shape, dtype=torch.uint8, pin_memory=self._pin)
            pixels[stop - start :] = 0
            return pixels

        decoded = decoders.start(self._reader.places(range(start, stop)), empty)

        def finish() -> Batch:
            pixels, corrupt = decoded()
            return Batch(start, stop, pixels, {start + row: why for row, why in corrupt.items()})

        return finish

    def _decoders(self, spans: Sequence[tuple[int, int]]) -> Decoders:
        rows = [stop - start for start, stop in spans]
        threads = self._processes
        if threads is None:
            threads = shares(self._threads, sum(rows))
        if threads and rows and hasattr(os, "memfd_create"):
            # Together, the processes keep as much of packs in memory as this one would.
            reader = PlaceReader(
                self._manifest.image_column, cache_bytes=CACHE_BYTES // len(threads)
            )
            batch = max(rows), self._size, self._size, 3
            try:
                return Processes(Decoding(reader, self._decode), threads, batch)
            except OSError as error:
                warn.once(f"images are decoded without processes, which is slower ({error})")
        return Threads(Decoding(self._reader, self._decode), self._threads)
