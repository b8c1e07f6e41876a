"""Reading checkpoints safely, mapping their keys, loading strictly."""

import argparse
import collections
import datetime
import functools
import os
import pathlib
import pickle
import tarfile
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.plain_data import read_plain
from cogworks.networks.checkpoints import load_strictly, map_keys, read_checkpoint
from cogworks.networks.convert import convert

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
@pytest.mark.fault(
    "Files from outside",
    "a checkpoint with a hostile pickle",
    how="objects that make a folder when they are unpickled",
)
def test_unsafe_pickle_is_refused_and_converted_inertly(
    tmp_path: Path, fault: Any, zipped: bool
) -> None:
    path, trap, output = tmp_path / "x.ckpt", tmp_path / "trap", tmp_path / "x.safetensors"
    content = {"model": WEIGHTS, "attack": Evil(trap), "more": {"deep": [Evil(trap)]}}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with fault.refused(match=r"mkdir.*convert_checkpoint\.py --input .*x\.ckpt"):
        read_checkpoint(path, ["model"])
    convert(path, output, container="model")
    assert not trap.exists()
    fault.lost("nothing: none of its code is run, and the converter takes the weights out of it")
    assert_same(read_checkpoint(output, ["."]))


class Addresses:
    """Its pickle makes NumPy take bytes for the addresses of objects."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def addresses() -> list[Addresses]:
    """The ways that there are: an array's memory, a type's fields, a list that is too short."""
    address, make = b"A" * 8, np.zeros(0).__reduce__()[0]
    fields = (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 0)
    structured = Addresses(np.dtype, ("V8", False, True), fields)
    too_few = (1, (9,), np.dtype("O"), False, ["a"])
    return [
        Addresses(np.ndarray, ((1,), np.dtype("O"), address)),
        Addresses(make, (np.ndarray, (0,), b"b"), (1, (1,), structured, False, address)),
        Addresses(make, (np.ndarray, (0,), b"b"), too_few),
    ]


@pytest.mark.parametrize("number", range(len(addresses())))
def test_bytes_of_a_checkpoint_are_never_taken_for_objects(tmp_path: Path, number: int) -> None:
    path = tmp_path / "x.pth"
    torch.save({"model": WEIGHTS, "scores": addresses()[number]}, path)
    with pytest.raises(InputError, match=r"x\.pth: .*convert_checkpoint\.py"):
        read_checkpoint(path, ["model"])
    assert_same(convert(path, tmp_path / "x.safetensors", container="model"))
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(addresses()[number]))
    with pytest.raises(InputError, match=r"x\.pkl: not a pickle of lists and texts"):
        read_plain(tmp_path / "x.pkl")


def test_containers_are_tried_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save({"teacher": {"backbone": WEIGHTS}, "student": {"a": torch.zeros(1)}}, path)
    assert_same(read_checkpoint(path, ["ema", "teacher.backbone", "student"]))


def test_wrong_container_lists_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save({"epoch": 3, "state_dict": WEIGHTS}, path)
    with pytest.raises(
        InputError, match=r"no entry model; the file holds epoch \(int\), state_dict \(2 t"
    ):
        read_checkpoint(path, ["model"])
    with pytest.raises(InputError, match=r"besides tensors epoch .*, state_dict"):
        read_checkpoint(path, ["."])


def test_torchscript_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    module = nn.Linear(2, 3)
    traced = torch.jit.trace(module, torch.zeros(1, 2))
    traced.save(str(path))
    state = read_checkpoint(path, ["."])
    assert torch.equal(state["weight"], module.weight)


class Writes(nn.Module):
    """Writes a file when its TorchScript archive is read."""

    def __init__(self, trace: str) -> None:
        super().__init__()
        self.trace = trace

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x

    @torch.jit.export
    def __getstate__(self) -> tuple[str, bool]:
        return self.trace, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, bool]) -> None:
        self.trace, self.training = state
        torch.save(torch.ones(1), self.trace)


@pytest.mark.fault(
    "Files from outside",
    "a hostile TorchScript archive",
    how="a module that writes a file when it is read",
)
def test_torchscript_that_runs_code_is_refused(tmp_path: Path, fault: Any) -> None:
    path, trace = tmp_path / "x.pt", tmp_path / "trace"
    torch.jit.script(nn.Sequential(Writes(str(trace)))).save(str(path))
    with fault.refused(match=r"x\.pt: a TorchScript archive with code that runs"):
        read_checkpoint(path, ["."])
    assert not trace.exists()
    fault.lost("nothing: none of its code is run")
    torch.jit.load(str(path))
    assert trace.exists(), "else nothing was shown"


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


def test_renamed_groups_that_are_no_numbers_or_not_there() -> None:
    state = {"head.w": torch.ones(1)}
    with pytest.raises(InputError, match=r"'\{1-1\}' .* is 'head' in head\.w, not a whole"):
        map_keys(state, prefix="", drop=[], rename=[[r"^(\w+)\.", "{1-1}."]])
    assert list(map_keys(state, prefix="", drop=[], rename=[["(x)?head", "{1}b"]])) == ["b.w"]


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


class EasyDict(dict[str, Any]):
    """Stands for the dicts of configuration packages: easydict, yacs, mmengine."""


class ByValue:
    """Stands for a class that dill and cloudpickle write into the pickle itself."""


def make_class(name: str) -> type:
    raise AssertionError("a pickle may not call this")


class ByValuePickler(pickle.Pickler):
    """Writes `ByValue` as a call that makes the class, as dill does for classes of `__main__`."""

    def reducer_override(self, obj: Any) -> Any:
        return (make_class, ("ByValue",)) if obj is ByValue else NotImplemented


BY_VALUE = types.SimpleNamespace(
    __name__="by value",
    Pickler=ByValuePickler,
    dump=lambda obj, handle, protocol: ByValuePickler(handle, protocol).dump(obj),
)
SAFE_EXTRAS: dict[str, Any] = {
    "defaultdict": collections.defaultdict(dict, {"a": {"step": 1}}),
    "defaultdict_list": collections.defaultdict(list, {"a": [1]}),
    "counter": collections.Counter("aab"),
    "array": np.arange(6.0).reshape(2, 3),
    "array_of_text": np.array(["a"]),
    "array_of_objects": np.array([{"a": 1}], dtype=object),
    "path": pathlib.Path("/data"),
    "date": datetime.datetime(2021, 3, 7),
    "sets": [{1}, frozenset([2]), b"bytes", 1j],
    "torch": [torch.Size([1]), torch.device("cuda:0"), torch.bfloat16],
}
FOREIGN_EXTRAS: dict[str, Any] = {
    "dill": ByValue(),
    "config": EasyDict(lr=0.1),
    "partial": functools.partial(nn.LayerNorm, eps=1e-6),
    "class": EasyDict,
    "function": os.getcwd,
    "range": range(3),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", [*SAFE_EXTRAS, *FOREIGN_EXTRAS])
def test_extras_beside_the_weights(tmp_path: Path, name: str, zipped: bool) -> None:
    path, output = tmp_path / "x.pth", tmp_path / "x.safetensors"
    content = {"state_dict": WEIGHTS, "extra": (SAFE_EXTRAS | FOREIGN_EXTRAS)[name]}
    torch.save(content, path, BY_VALUE, _use_new_zipfile_serialization=zipped)
    if name in SAFE_EXTRAS:
        assert_same(read_checkpoint(path, ["state_dict"]))
    else:
        with pytest.raises(InputError, match=r"convert_checkpoint\.py.*state_dict \(2 tensors\)"):
            read_checkpoint(path, ["state_dict"])
    assert_same(convert(path, output, container="state_dict"))
    assert_same(read_checkpoint(output, ["."]))


@pytest.mark.parametrize("kind", [EasyDict, collections.OrderedDict, collections.defaultdict])
def test_weights_in_a_kind_of_dict(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "x.pth"
    weights = kind()
    weights.update(WEIGHTS)
    torch.save({"model": weights}, path)
    assert_same(convert(path, tmp_path / "x.safetensors", container="model"))


def test_the_converter_cannot_be_made_to_touch_files(tmp_path: Path) -> None:
    """torch itself has types that open files: `torch.PyTorchFileWriter(path)` empties one."""

    class Writer:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return torch.PyTorchFileWriter, (str(precious),)

    precious = tmp_path / "precious"
    precious.write_text("thesis")
    torch.save({"model": WEIGHTS, "x": Writer()}, tmp_path / "x.pth")
    convert(tmp_path / "x.pth", tmp_path / "x.safetensors", container="model")
    assert precious.read_text() == "thesis"


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("container", [".", "model"])
def test_a_whole_pickled_module_is_no_dead_end(
    tmp_path: Path, zipped: bool, container: str
) -> None:
    path, output = tmp_path / "x.pth", tmp_path / "x.safetensors"
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Sequential(nn.Linear(2, 2)))
    module.register_buffer("table", torch.ones(2), persistent=False)
    content = module if container == "." else {"epoch": 1, "model": module}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InputError) as caught:
        read_checkpoint(path, [container])
    message = str(caught.value)
    assert "whole pickled module (torch.nn.modules.container.Sequential)" in message
    assert "model.state_dict()" in message
    assert f"convert_checkpoint.py --input {path} --output" in message
    assert (f"--container {container}" in message) is (container != ".")
    state = convert(path, output, container=container)
    expected = module.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(read_checkpoint(output, ["."])[key], expected[key]) for key in expected)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_plain_pickles_of_arrays_are_converted(tmp_path: Path, protocol: int) -> None:
    """detectron2 and VISSL publish a pickle of NumPy arrays, without torch."""
    path = tmp_path / "R-50.pkl"
    rows = np.arange(6, dtype="f4").reshape(2, 3)
    arrays = {"c": rows, "fortran": np.asfortranarray(rows), "big": rows.astype(">f8")}
    with open(path, "wb") as handle:
        pickle.dump({"model": arrays, "__author__": "x"}, handle, protocol=protocol)
    with pytest.raises(InputError, match=r"convert_checkpoint\.py"):
        read_checkpoint(path, ["model"])
    state = convert(path, tmp_path / "x.safetensors", container="model")
    assert all(torch.equal(value.float(), torch.from_numpy(rows)) for value in state.values())


def test_types_of_numbers_survive_the_converter(tmp_path: Path) -> None:
    types_ = (torch.float64, torch.bfloat16, torch.float8_e4m3fn, torch.uint16, torch.complex64)
    state = {str(dtype): torch.ones(2).to(dtype) for dtype in types_}
    whole = torch.arange(6.0)
    state |= {"left": whole[:3], "right": whole[3:], "turned": whole.view(2, 3).T}
    torch.save(state, tmp_path / "x.pth")
    convert(tmp_path / "x.pth", tmp_path / "x.safetensors", container=".")
    read = read_checkpoint(tmp_path / "x.safetensors", ["."])
    assert {key: value.dtype for key, value in read.items()} == {
        key: value.dtype for key, value in state.items()
    }
    assert torch.equal(read["turned"], state["turned"])
    assert torch.equal(read["right"], state["right"])


FILES: dict[str, tuple[bytes, str]] = {
    "lfs.pth": (b"version https://git-lfs.github.com/spec/v1\noid sha256:7b\n", "git lfs pull"),
    "lfs.safetensors": (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
    "page.bin": (b"<!DOCTYPE html><html>", "a web page"),
    "empty.pth": (b"", "an empty file"),
    "denied.pth": (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "text that begins with"),
    "x.h5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5 file"),
    "x.msgpack": (b"\x81\xa6params", "Flax file"),
    "x.ckpt.data-00000-of-00001": (bytes(99), "TensorFlow checkpoint"),
    "x.pth.gz": (b"\x1f\x8b" + bytes(99), "unpack it"),
    "model.safetensors.index.json": (b'{"weight_map": {}}', "name the model's folder"),
    "noise.pth": (bytes(range(200, 256)) * 20, "not a readable checkpoint"),
    "noise.safetensors": (bytes(range(200, 256)) * 20, "no safetensors file"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_checkpoint_is_called_what_it_is(tmp_path: Path, name: str) -> None:
    content, words = FILES[name]
    (tmp_path / name).write_bytes(content)
    for read in (
        lambda: read_checkpoint(tmp_path / name, ["."]),
        lambda: convert(tmp_path / name, tmp_path / "out.safetensors", container="."),
    ):
        with pytest.raises(InputError, match=words) as caught:
            read()
        assert name in str(caught.value)
        assert "objects of" not in str(caught.value)


def test_archives_and_folders_in_place_of_a_checkpoint(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "a.pth")
    with tarfile.open(tmp_path / "published.pth.tar", "w") as archive:
        archive.add(tmp_path / "a.pth", "a.pth")
    with zipfile.ZipFile(tmp_path / "published.zip", "w") as packed:
        packed.write(tmp_path / "a.pth", "folder/a.pth")
    np.savez(tmp_path / "jax.npz", w=np.ones(3))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model.bin").touch()
    for name, words in {
        "published.pth.tar": "a tar archive: unpack it",
        "published.zip": r"a zip archive of folder/a\.pth: unpack it",
        "jax.npz": "an archive of NumPy arrays",
        "folder": r"is a folder, expected a file.*it holds model\.bin",
    }.items():
        with pytest.raises(InputError, match=words):
            read_checkpoint(tmp_path / name, ["."])


def test_the_content_counts_and_not_the_suffix(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "torch.safetensors")
    safetensors.torch.save_file(WEIGHTS, tmp_path / "safe.bin")
    for name in ("torch.safetensors", "safe.bin"):
        assert_same(read_checkpoint(tmp_path / name, ["."]))


@pytest.mark.parametrize("name", ["zip.pth", "legacy.pth", "x.safetensors"])
@pytest.mark.parametrize("left", [0.3, 0.99])
def test_what_is_cut_off_is_damaged_and_not_unsafe(tmp_path: Path, name: str, left: float) -> None:
    path = tmp_path / name
    state = {"a": torch.rand(1000)}
    if name.endswith("safetensors"):
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=name == "zip.pth")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * left)])
    with pytest.raises(InputError, match=r"damaged|cut off") as caught:
        read_checkpoint(path, ["."])
    assert "convert_checkpoint" not in str(caught.value)


def test_the_wrong_entries_are_called_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1).state_dict()
    for content, container, words in [
        (optimizer, ".", "it is the state of an optimizer, not the weights"),
        ({"optimizer": optimizer}, "optimizer", "entry optimizer is the state of an optimizer"),
        ({"optimizer": optimizer}, "model", r"no entry model; the file holds optimizer \(a dict"),
        ([torch.ones(1)], ".", "it is list, expected weights by name"),
        (torch.ones(1), ".", "it is a tensor, expected weights by name"),
        ({}, ".", "it is empty"),
    ]:
        torch.save(content, path)
        with pytest.raises(InputError, match=words):
            read_checkpoint(path, [container])


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "model.net."])
def test_a_prefix_that_would_fit_is_named(prefix: str) -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    state = {f"{prefix}{key}": value for key, value in module.state_dict().items()}
    with pytest.raises(InputError, match=f"With `prefix: {prefix}` 4 of the missing keys"):
        load_strictly(module, state, heads=(), name="mine")


NET = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Linear(4, 4))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("0.weight", float("nan"), r"not finite \(1\): 0\.weight"),
        ("1.running_var", float("inf"), r"not finite \(1\): 1\.running_var"),
        ("2.bias", float("-inf"), r"not finite \(1\): 2\.bias"),
        ("2.weight", 0.0, r"all zero \(1\): 2\.weight"),
        ("2.bias", 0.0, None),
        ("1.weight", 0.0, None),
    ],
)
def test_weights_that_no_trained_network_has(key: str, value: float, words: str | None) -> None:
    state = {name: tensor.clone() for name, tensor in NET.state_dict().items()}
    state[key].fill_(value)
    if words is None:
        load_strictly(NET, state, heads=(), name="mine")
        return
    before = {name: tensor.clone() for name, tensor in NET.state_dict().items()}
    with pytest.raises(InputError, match=f"mine: .*{words}"):
        load_strictly(NET, state, heads=(), name="mine")
    assert all(torch.equal(before[name], tensor) for name, tensor in NET.state_dict().items())


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(4, 4, dtype=torch.int8),
        torch.ones(4, 4, dtype=torch.complex64),
        torch.ones(4, 4).to_sparse(),
        torch.quantize_per_tensor(torch.ones(4, 4), 1.0, 0, torch.qint8),
    ],
)
def test_numbers_that_are_no_plain_weights_are_refused(value: torch.Tensor) -> None:
    state = NET.state_dict() | {"2.weight": value}
    with pytest.raises(InputError, match=r"types \(1\): 2\.weight .* instead of float32"):
        load_strictly(NET, state, heads=(), name="mine")
