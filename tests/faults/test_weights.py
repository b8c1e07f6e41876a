"""Weights from elsewhere, cut off or with a flipped bit."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import safetensors.torch
import torch

from cogworks.networks.checkpoints import read_checkpoint

from .damage import cut_off, flipped, same_tensors
from .table import Fault

SECTION = "Files from outside"
LOST = "nothing: the weights are not used"
State = dict[str, torch.Tensor]


def weights() -> State:
    torch.manual_seed(0)
    return {"conv.weight": torch.randn(4, 3, 3, 3), "conv.bias": torch.randn(4)}


def write_legacy(state: State, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


def read(path: Path) -> State:
    return read_checkpoint(path, ["."])


WRITERS: dict[str, tuple[str, Callable[[State, Path], None]]] = {
    "zip of torch.save": ("x.pth", torch.save),
    "old file of torch.save": ("x.pth", write_legacy),
    "safetensors": ("x.safetensors", safetensors.torch.save_file),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.fault(SECTION, "weights ({kind}) that are cut off", how="cut at 20 places")
def test_weights_that_are_cut_off(fault: Fault, tmp_path: Path, kind: str) -> None:
    name, write = WRITERS[kind]
    write(weights(), tmp_path / name)
    fault.either(
        cut_off(tmp_path / name, 20),
        lambda: read(tmp_path / name),
        same=partial(same_tensors, weights()),
    )
    fault.lost(LOST)


@pytest.mark.fault(
    SECTION, "weights (zip of torch.save) with a flipped bit", how="one bit flipped, at 150 places"
)
def test_weights_with_checksums(fault: Fault, tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save(weights(), path)
    fault.either(flipped(path, 150), lambda: read(path), same=partial(same_tensors, weights()))
    fault.lost(LOST)


@pytest.mark.parametrize("kind", ["old file of torch.save", "safetensors"])
@pytest.mark.fault(
    SECTION, "weights ({kind}) with a flipped bit", how="one bit flipped, at 40 places of a tensor"
)
def test_weights_without_checksums(fault: Fault, tmp_path: Path, kind: str) -> None:
    name, write = WRITERS[kind]
    path, tensor = tmp_path / name, weights()["conv.weight"].numpy().tobytes()
    write(weights(), path)
    start = path.read_bytes().index(tensor)
    for _ in flipped(path, 40, start=start, stop=start + len(tensor)):
        assert not same_tensors(weights(), read(path))
    fault.seen("other numbers pass as good: such a file has no checksum to compare")
    fault.lost("what those weights should have given; the features' `version` tells them apart")


@pytest.mark.fault(
    SECTION,
    "weights whose writer left the checksums out",
    how="`torch.serialization.set_crc32_options(False)`",
)
def test_weights_that_were_written_without_checksums(fault: Fault, tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(weights(), tmp_path / "x.pth")
    finally:
        torch.serialization.set_crc32_options(True)
    assert same_tensors(weights(), read(tmp_path / "x.pth"))
    fault.seen("nothing: they are read, and nothing is compared")
    fault.lost("nothing")
