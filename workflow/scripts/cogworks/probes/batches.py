"""Batches of features: from the device where they fit there, else streamed from the host."""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

# Share of a GPU's free memory that features may take there; the rest is for weights and logits.
# Results do not depend on where features are, so that jobs that share a GPU change nothing.
RESIDENT_SHARE = 0.6


class Reader(Protocol):
    """Where batches come from."""

    device: torch.device
    dim: int
    # Whether equally large batches always lie in the same memory.
    steady: bool

    def batches(self, order: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features and labels in the given order.

        Args:
            order: rows `(G, n)` on the CPU, one line for each of G groups that advance together.
            size: rows of each group in a batch; the last batch holds what is left.

        Yields:
            features `(G, B, D)` float32 and labels `(G, B)` on the reader's device. Both are
            buffers that the next batch overwrites.
        """


def reader(x: Tensor, y: Tensor, device: torch.device) -> Reader:
    """Return a reader of features `(N, D)` and labels `(N,)` on the CPU or on `device`."""
    if x.device.type == device.type:
        return Resident(x, y)
    return Streamed(x, y, device)


def fits(n_bytes: int, device: torch.device) -> bool:
    """Say whether features of this many bytes fit into what is free on `device`."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    # What torch keeps of it without a use is free as well.
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return n_bytes <= RESIDENT_SHARE * (free + unused)


class Resident:
    """Features on the device that computes."""

    steady = True

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y.to(x.device)
        self.device, self.dim = x.device, x.shape[1]
        self._buffers: dict[int, tuple[Tensor, Tensor]] = {}

    def batches(self, order: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Reader`."""
        groups, total = order.shape
        order = order.to(self.device, non_blocking=True)
        most = groups * min(size, total)
        if most not in self._buffers:
            self._buffers[most] = self.x.new_empty(most, self.dim), self.y.new_empty(most)
        for start in range(0, total, size):
            rows = order[:, start : start + size]
            x, y = (buffer[: rows.numel()] for buffer in self._buffers[most])
            torch.index_select(self.x, 0, rows.reshape(-1), out=x)
            torch.index_select(self.y, 0, rows.reshape(-1), out=y)
            yield x.view(*rows.shape, self.dim), y.view(rows.shape)


class Streamed:
    """Features on the host for a GPU that cannot hold them.

    Two pinned buffers take turns: while one batch is in use, the next is gathered and copied on a
    stream of its own.
    """

    SLOTS = 2
    steady = False

    def __init__(self, x: Tensor, y: Tensor, device: torch.device) -> None:
        self.x, self.y = x, y.to(device)
        self.device, self.dim = device, x.shape[1]

    def batches(self, order: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """See `Reader`."""
        groups, total = order.shape
        rows_at_once = groups * min(size, total)
        host = [torch.empty(rows_at_once, self.dim).pin_memory() for _ in range(self.SLOTS)]
        there = [torch.empty_like(slot, device=self.device) for slot in host]
        copied = [torch.cuda.Event() for _ in range(self.SLOTS)]
        used = [torch.cuda.Event() for _ in range(self.SLOTS)]
        side, main = torch.cuda.Stream(self.device), torch.cuda.current_stream(self.device)
        side.wait_stream(main)
        on_device = order.to(self.device)
        starts = list(range(0, total, size))

        def send(number: int) -> None:
            slot, rows = number % self.SLOTS, order[:, starts[number] :][:, :size].reshape(-1)
            copied[slot].synchronize()  # the host may not overwrite what is still being copied
            torch.index_select(self.x, 0, rows, out=host[slot][: len(rows)])
            with torch.cuda.stream(side):
                side.wait_event(used[slot])
                there[slot][: len(rows)].copy_(host[slot][: len(rows)], non_blocking=True)
                copied[slot].record(side)

        send(0)
        for number, start in enumerate(starts):
            if number + 1 < len(starts):
                send(number + 1)
            slot, rows = number % self.SLOTS, on_device[:, start : start + size]
            main.wait_event(copied[slot])
            yield there[slot][: rows.numel()].view(*rows.shape, self.dim), self.y[rows]
            used[slot].record(main)
