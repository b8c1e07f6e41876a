"""How files are damaged."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
import torch


def cut_off(path: Path, places: int) -> Iterator[int]:
    """Cut a file at places spread over it, the empty file and all but one byte among them.

    Yields:
        Its length after each cut; the file is whole again at the end.
    """
    whole = path.read_bytes()
    for place in range(places):
        length = (len(whole) - 1) * place // (places - 1)
        path.write_bytes(whole[:length])
        yield length
    path.write_bytes(whole)


def flipped(path: Path, places: int, *, start: int = 0, stop: int | None = None) -> Iterator[int]:
    """Flip one bit of a file at places spread over a part of it, another bit of the byte each time.

    Yields:
        The position of each changed byte; the file is whole again at the end.
    """
    whole = path.read_bytes()
    span = (len(whole) if stop is None else stop) - start
    for place in range(places):
        position = start + (span - 1) * place // max(1, places - 1)
        path.write_bytes(
            whole[:position] + bytes([whole[position] ^ 1 << place % 8]) + whole[position + 1 :]
        )
        yield position
    path.write_bytes(whole)


def damages(*, cuts: int = 20, flips: int = 150) -> pytest.MarkDecorator:
    """Return the parameters `damage`, `what` and `how` of a test: cut off, and a flipped bit."""
    spread = f"one bit flipped, at {flips} places over the file"
    return pytest.mark.parametrize(
        ("damage", "what", "how"),
        [
            pytest.param(
                partial(cut_off, places=cuts), "is cut off", f"cut at {cuts} places", id="cut"
            ),
            pytest.param(partial(flipped, places=flips), "has a flipped bit", spread, id="flip"),
        ],
    )


def same_tensors(one: Mapping[str, torch.Tensor], two: Mapping[str, torch.Tensor]) -> bool:
    """Say whether the same tensors have the same names."""
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
