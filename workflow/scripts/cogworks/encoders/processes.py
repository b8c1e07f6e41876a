"""Processes that decode batches of images into memory that they share with the one they work for.

A few threads of a process decode as fast as its cores allow; more wait for Python's global lock.
The processes take turns. Each decodes whole batches, so that few of them read the same row group
of a pack.

The memory has no name, so that nothing is left of it however the processes end. They are started
anew, not forked: neither CUDA nor pools of threads survive a fork. One that dies is told by the end
of the connection to it. They die with the process that they work for.
"""

import contextlib
import math
import mmap
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType

import numpy as np
import torch

from cogworks.core import leader
from cogworks.core.errors import InputError
from cogworks.core.interrupt import children_ignore_stop_signals
from cogworks.encoders.decoding import Corrupt, Decoding, Made, Task, gather
from cogworks.encoders.shares import AHEAD
from cogworks.images.reader import Place

# Seconds in which a process whose connection has ended must have ended itself.
PATIENCE = 10

_CODE = "import sys; sys.path[:] = sys.argv[3:]; from {module} import {name}; {name}()"
Answer = Corrupt | Exception


@dataclass(frozen=True)
class Order:
    """What a process is told at its start.

    Attributes:
        decoding: how images become pixels.
        shape: of the shared memory: (batches, images, S, S, 3) bytes.
        threads: that decode.
        parent: the process that it works for.
    """

    decoding: Decoding
    shape: tuple[int, ...]
    threads: int
    parent: int


class Processes:
    """Decodes in processes; see `Decoders`."""

    def __init__(self, decoding: Decoding, threads: Sequence[int], batch: tuple[int, ...]) -> None:
        """Start the processes.

        Args:
            decoding: how images become pixels.
            threads: of each process.
            batch: the shape of the largest batch (images, S, S, 3).

        Raises:
            OSError: there can be no shared memory.
        """
        self._slots = AHEAD * len(threads)
        self._started = self._finished = 0
        self._workers: list[_Worker] = []
        shape = (self._slots, *batch)
        memory = os.memfd_create("batches")
        try:
            os.ftruncate(memory, math.prod(shape))
            self._memory = _mapped(memory, shape)
            for count in threads:
                self._workers.append(_Worker(memory))
                self._workers[-1].send(Order(decoding, shape, count, os.getpid()))
        except BaseException:
            self._end()
            raise
        finally:
            os.close(memory)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        for worker in self._workers:
            worker.end()

    @property
    def enough(self) -> bool:
        """See `Decoders`: the memory is full."""
        return self._started - self._finished == self._slots

    def start(
        self, places: Sequence[Place], empty: Callable[[], torch.Tensor]
    ) -> Callable[[], Made]:
        """See `Decoders`; the next process decodes."""
        number, self._started = self._started, self._started + 1
        worker, slot = self._workers[number % len(self._workers)], number % self._slots
        worker.send((slot, places))

        def finish() -> Made:
            corrupt = worker.receive()
            pixels = empty()
            # A copy, so that whoever has the pixels may keep them.
            pixels[: len(places)].numpy()[:] = self._memory[slot, : len(places)]
            self._finished += 1
            return pixels, corrupt

        return finish


class _Worker:
    """A process that decodes, seen from the one it works for."""

    def __init__(self, memory: int) -> None:
        ours, theirs = socket.socketpair()
        self._link = Connection(ours.detach())
        code = _CODE.format(module=serve.__module__, name=serve.__name__)
        numbers = str(theirs.fileno()), str(memory)
        # A terminal's interrupt goes to all processes; the one that is worked for acts on it.
        with theirs, children_ignore_stop_signals(signal.SIGINT):
            self._process = subprocess.Popen(
                [sys.executable, "-c", code, *numbers, *sys.path],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), memory),
            )

    def send(self, what: object) -> None:
        try:
            self._link.send(what)
        except OSError as error:
            raise self._lost() from error

    def receive(self) -> Corrupt:
        try:
            answer: Answer = self._link.recv()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """End it at once: it keeps nothing."""
        self._process.kill()
        self._process.wait()
        self._link.close()

    def _lost(self) -> InputError:
        status = self._process.wait(PATIENCE)
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return InputError(
            f"a process that decodes images {how}; if the machine or the job was short of memory, "
            "give it more, or lower batch_size. What is finished is kept: run again to go on"
        )


def serve() -> None:
    """Decode for another process, until it ends the connection: the main function of a process.

    Each answer says which images could not be decoded, or what error there was; see `gather`.
    """
    link, memory = Connection(int(sys.argv[1])), int(sys.argv[2])
    # Whoever has ended the connection hears nothing any more.
    with contextlib.suppress(EOFError, OSError):
        order: Order = link.recv()
        leader.die_with(order.parent)
        torch.set_num_threads(1)
        started: queue.SimpleQueue[list[Task]] = queue.SimpleQueue()
        given = link, memory, order, started
        threading.Thread(target=_listen, args=given, daemon=True).start()
        while True:
            link.send(_answer(started.get()))


def _listen(
    link: Connection, memory: int, order: Order, started: "queue.SimpleQueue[list[Task]]"
) -> None:
    """Start what is asked for. In a thread of its own, so that whoever asks never waits for it."""
    pixels = _mapped(memory, order.shape)
    with ThreadPoolExecutor(order.threads, thread_name_prefix="decode") as pool:
        try:
            while True:
                slot, places = link.recv()
                started.put(order.decoding.start(pool, places, pixels[slot]))
        except (EOFError, OSError):
            os._exit(0)  # It keeps nothing, and nobody waits for what it is at.
        except BaseException:
            traceback.print_exc()
            os._exit(1)  # As a thread's error would not.


def _answer(tasks: list[Task]) -> Answer:
    try:
        return gather(tasks)
    except Exception as error:
        # It is raised in the other process, where its origin would be lost.
        error.add_note(f"in a process that decodes images: {traceback.format_exc()}")
        return error


def _mapped(memory: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(mmap.mmap(memory, math.prod(shape)), np.uint8).reshape(shape)
