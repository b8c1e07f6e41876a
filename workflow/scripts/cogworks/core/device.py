"""Which device and how many threads a job uses."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cogworks.core.errors import InputError

if TYPE_CHECKING:
    import torch


def pick_device(name: str) -> "torch.device":
    """Return the torch device for `auto`, `cpu` or `cuda`.

    Raises:
        InputError: `cuda` was asked for and this process sees none.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "compute.device: cuda was asked for, but this process sees no CUDA device; "
            "set compute.device to auto or cpu, or run where a GPU is visible"
        )
    return torch.device(name)


def set_threads(count: int) -> None:
    """Limit torch to `count` CPU threads."""
    import torch

    torch.set_num_threads(count)


@contextlib.contextmanager
def limit_blas(count: int) -> Iterator[None]:
    """Limit NumPy's and SciPy's BLAS to `count` threads: small problems are slower on more."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=count, user_api="blas"):
        yield


def set_arithmetic(precision: str) -> None:
    """Make torch's arithmetic repeatable, and true float32 unless `precision` is `tf32`."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
