"""Reading checkpoints safely, mapping their keys, loading strictly."""

import argparse
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.encoders.checkpoints import load_strictly, map_keys, read_checkpoint
from cogworks.encoders.convert import convert

WEIGHTS = {"a": torch.arange(3.0), "b": torch.ones(2, dtype=torch.float16)}


class Evil:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def assert_same(state: dict[str, torch.Tensor]) -> None:
    assert state.keys() == WEIGHTS.keys()
    for key, value in WEIGHTS.items():
        assert torch.equal(state[key], value)
        assert state[key].dtype == value.dtype


@pytest.mark.parametrize("zipped", [True, False])
def test_published_extras_pass_the_allow_list(tmp_path: Path, zipped: bool) -> None:
    content = {
        "state_dict": WEIGHTS,
        "args": argparse.Namespace(lr=0.1, nested=argparse.Namespace(x=1)),
        "best": np.float64(76.1),
        "scores": [np.float32(1), np.int64(2), np.bool_(True)],
    }
    path = tmp_path / "file.pth.tar"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert_same(read_checkpoint(path, ["state_dict"]))


@pytest.mark.parametrize("zipped", [True, False])
def test_unsafe_pickle_is_refused_and_converted_inertly(tmp_path: Path, zipped: bool) -> None:
    path, trap, output = tmp_path / "x.ckpt", tmp_path / "trap", tmp_path / "x.safetensors"
    content = {"model": WEIGHTS, "attack": Evil(trap), "more": {"deep": [Evil(trap)]}}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError, match=r"mkdir.*convert_checkpoint\.py --input .*x\.ckpt"):
        read_checkpoint(path, ["model"])
    convert(path, output, container="model")
    assert not trap.exists()
    assert_same(read_checkpoint(output, ["."]))


def test_containers_are_tried_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save({"teacher": {"backbone": WEIGHTS}, "student": {"a": torch.zeros(1)}}, path)
    assert_same(read_checkpoint(path, ["ema", "teacher.backbone", "student"]))


def test_wrong_container_lists_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save({"epoch": 3, "state_dict": WEIGHTS}, path)
    with pytest.raises(InputError, match="no entry model; the file holds epoch, state_dict"):
        read_checkpoint(path, ["model"])
    with pytest.raises(InputError, match="holds besides tensors epoch, state_dict"):
        read_checkpoint(path, ["."])


def test_torchscript_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    module = nn.Linear(2, 3)
    traced = torch.jit.trace(module, torch.zeros(1, 2))
    traced.save(str(path))
    state = read_checkpoint(path, ["."])
    assert torch.equal(state["weight"], module.weight)


def test_damaged_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pth: no such file"):
        read_checkpoint(tmp_path / "none.pth", ["."])
    for name in ("cut.pth", "cut.safetensors"):
        path = tmp_path / name
        save = torch.save if name.endswith("pth") else safetensors.torch.save_file
        save(WEIGHTS, path)
        path.write_bytes(path.read_bytes()[:100])
        with pytest.raises(InputError, match=name):
            read_checkpoint(path, ["."])


def test_map_keys() -> None:
    state = {
        "module.q.net.1.0.weight": torch.tensor(1),
        "module.q.net.2.3.bias": torch.tensor(2),
        "module.k.net.1.0.weight": torch.tensor(3),
        "module.queue": torch.tensor(4),
    }
    mapped = map_keys(
        state,
        prefix="module.q.",
        drop=["module.k.", "module.queue"],
        rename=[[r"^net\.(\d)\.(\d)\.", "layer{1+1}.{2-0}."], ["weight$", "w"]],
    )
    assert {key: int(value) for key, value in mapped.items()} == {
        "layer2.0.w": 1,
        "layer3.3.bias": 2,
    }


def test_map_keys_refuses_a_collision() -> None:
    state = {"a.w": torch.tensor(1), "w": torch.tensor(2)}
    with pytest.raises(InputError, match="both become w"):
        map_keys(state, prefix="a.", drop=[], rename=[])


def test_strict_loading_lists_every_key() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    state = {key: value.clone() for key, value in module.state_dict().items()}
    del state["0.bias"], state["1.running_var"], state["1.num_batches_tracked"]
    state["0.weight"] = torch.zeros(5, 3, 1, 1)
    state |= {"head.weight": torch.zeros(1), "2.weight": torch.zeros(1), "x": torch.zeros(1)}
    with pytest.raises(InputError) as caught:
        load_strictly(module, state, heads=("head.",), name="mine")
    message = str(caught.value)
    assert "missing (2): 0.bias, 1.running_var;" in message
    assert "unexpected (2): 2.weight, x;" in message
    assert "0.weight (5, 3, 1, 1) instead of (4, 3, 1, 1)" in message
    assert "head.weight" not in message
    assert "num_batches_tracked" not in message


def test_strict_loading_converts_half_precision() -> None:
    module = nn.Linear(2, 2)
    state = {key: torch.full_like(value, 0.5).half() for key, value in module.state_dict().items()}
    load_strictly(module, state, heads=(), name="mine")
    assert module.weight.dtype == torch.float32
    assert torch.all(module.weight == 0.5)
