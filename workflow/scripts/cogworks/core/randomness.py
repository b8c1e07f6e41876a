"""The global generators of Python, NumPy and torch, seeded temporarily and restored."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a block under `seed`; the generators, and torch's default type, are as before after it.

    Args:
        seed: not negative; NumPy's old generator uses its lowest 32 bits.
    """
    # NumPy's old global generator is what users' code draws from.
    python, dtype = random.getstate(), torch.get_default_dtype()
    legacy = np.random.get_state()  # noqa: NPY002
    gpus = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices=gpus):
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            torch.manual_seed(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        torch.set_default_dtype(dtype)
