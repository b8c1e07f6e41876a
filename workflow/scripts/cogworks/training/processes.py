"""The processes of a training run: one alone, or several under torchrun."""

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist

from cogworks.core.errors import InputError


@dataclass(frozen=True)
class Processes:
    """This process's place among those of the run.

    Attributes:
        rank: from 0.
        count: how many there are.
        device: where this one computes.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process writes and reports for all."""
        return self.rank == 0

    def gather(self, value: torch.Tensor) -> torch.Tensor:
        """Return the tensors (B, ...) of all processes, one after the other by rank."""
        if self.count == 1:
            return value
        parts = [torch.empty_like(value) for _ in range(self.count)]
        dist.all_gather(parts, value.contiguous())
        return torch.cat(parts)

    def total(self, value: torch.Tensor) -> torch.Tensor:
        """Return the sum of a tensor over all processes."""
        if self.count > 1:
            value = value.clone()
            dist.all_reduce(value)
        return value

    def greatest(self, value: int) -> int:
        """Return the greatest of the processes' numbers, the same in all of them."""
        if self.count == 1:
            return value
        number = torch.tensor(value, device=self.device)
        dist.all_reduce(number, op=dist.ReduceOp.MAX)
        return int(number)

    def wait(self) -> None:
        """Wait until all processes are here."""
        self.greatest(0)


def join_processes(device: torch.device) -> Processes:
    """Join the run's other processes, where torchrun's environment says that there are any."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes(0, 1, device)
    if device.type == "cuda":
        local, seen = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= seen:
            raise InputError(
                f"compute.processes: process {local + 1} of this node finds {seen} GPUs; use as "
                "many processes as there are GPUs on a node"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Processes(dist.get_rank(), count, device)


def leave_processes(processes: Processes) -> None:
    """Take leave of the other processes."""
    if processes.count > 1:
        dist.destroy_process_group()
