"""Checkpoints: reading them without running foreign code, mapping their keys, loading strictly."""

import argparse
import collections
import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from cogworks.core.errors import InputError

State = dict[str, torch.Tensor]

_NUMPY_SCALAR = np.float64(0).__reduce__()[0]

# What published checkpoints hold besides tensors and plain containers: the arguments of their
# training script, and scores as NumPy scalars, under NumPy's old and new module name.
SAFE_GLOBALS: list[Any] = [
    argparse.Namespace,
    collections.defaultdict,
    np.dtype,
    *(type(np.dtype(name)) for name in ("f2", "f4", "f8", "i4", "i8", "?")),
    (_NUMPY_SCALAR, "numpy.core.multiarray.scalar"),
    (_NUMPY_SCALAR, "numpy._core.multiarray.scalar"),
]
CONVERTER = "python workflow/scripts/convert_checkpoint.py"


def read_checkpoint(path: str | Path, containers: list[str]) -> State:
    """Return the weights of a checkpoint, by the keys that they have there.

    Args:
        path: a safetensors file, a file of torch.save that holds nothing but tensors, plain values
            and the classes of `SAFE_GLOBALS`, or a TorchScript archive.
        containers: entries that may hold the weights (`state_dict`, `a.b`, `.` for the top); the
            first that is there counts. Safetensors files and TorchScript archives have none.

    Raises:
        InputError: no such file, damaged, of a kind that needs the converter, or without weights
            in any of the containers; the message lists what is there.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    if _is_torchscript(path):
        return _read_torchscript(path)
    return take_container(_read_pickle(path), containers, path)


def take_container(content: Any, containers: list[str], path: Path) -> State:
    """Return the first of `containers` that is in `content`, checked to hold tensors by name.

    Raises:
        InputError: none of them is there, or it does not hold tensors only.
    """
    for container in containers:
        found = _descend(content, container)
        if found is not None:
            return _tensors(found, container, path)
    keys = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
    raise InputError(
        f"{path}: no entry {' or '.join(containers)}; the file holds {keys}. "
        "Set `container` to the entry that holds the weights"
    )


def map_keys(state: State, *, prefix: str, drop: list[str], rename: list[list[str]]) -> State:
    """Return `state` under the encoder's own keys.

    Args:
        state: weights by their keys in the file.
        prefix: taken off the keys that begin with it.
        drop: keys that begin with one of these (before the prefix is off) are left out.
        rename: pairs of a regular expression and its replacement, applied in turn; `{1}` is the
            first group, `{1-1}` the first group as a number less one.

    Raises:
        InputError: two keys become the same one.
    """
    result: State = {}
    for key, value in state.items():
        if key.startswith(tuple(drop)):
            continue
        new = key.removeprefix(prefix)
        for pattern, template in rename:
            new = _rename(new, pattern, template)
        if new in result:
            raise InputError(f"the checkpoint's key {key} and another one both become {new}")
        result[new] = value
    return result


def load_strictly(module: nn.Module, state: State, *, heads: tuple[str, ...], name: str) -> None:
    """Load `state` into `module`; every key and every shape must fit.

    Left out are the classifier (`heads`, prefixes of its keys) and the step counters of batch
    norm, which older checkpoints do not have and inference does not use.

    Raises:
        InputError: naming `name` and listing all missing and unexpected keys and wrong shapes.
    """
    own = module.state_dict()
    state = {key: value for key, value in state.items() if not (heads and key.startswith(heads))}
    counters = {key for key in own if key.endswith("num_batches_tracked")}
    missing = [key for key in own if key not in state and key not in counters]
    unexpected = [key for key in state if key not in own]
    wrong = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    problems = [
        f"{title} ({len(keys)}): {', '.join(keys)}"
        for title, keys in (("missing", missing), ("unexpected", unexpected), ("shapes", wrong))
        if keys
    ]
    if problems:
        raise InputError(
            f"{name}: the weights do not fit the architecture; {'; '.join(problems)}. "
            "Are the architecture and `container`, `prefix`, `drop` and `rename` right?"
        )
    module.load_state_dict({key: state.get(key, own[key]) for key in own}, strict=True)


def read_safetensors_into(module: nn.Module, path: str | Path, *, name: str) -> None:
    """Load a safetensors file strictly into `module`."""
    load_strictly(module, read_checkpoint(path, ["."]), heads=(), name=name)


def _rename(key: str, pattern: str, template: str) -> str:
    def fill(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            value = match.group(int(reference[1]))
            return str(int(value) + int(reference[2])) if reference[2] else value

        return re.sub(r"\{(\d)([+-]\d+)?\}", group, template)

    return re.sub(pattern, fill, key)


def _descend(content: Any, container: str) -> Any:
    if container == ".":
        return content
    for part in container.split("."):
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return content


def _tensors(found: Any, container: str, path: Path) -> State:
    if not isinstance(found, dict) or not found:
        raise InputError(f"{path}: entry {container} is {type(found).__name__}, expected weights")
    others = [str(key) for key, value in found.items() if not isinstance(value, torch.Tensor)]
    if others:
        raise InputError(
            f"{path}: entry {container} holds besides tensors {', '.join(others)}; "
            "set `container` to the entry that holds nothing but the weights"
        )
    return dict(found)


def _read_safetensors(path: Path) -> State:
    try:
        return dict(safetensors.torch.load_file(path))
    except Exception as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from error


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _read_torchscript(path: Path) -> State:
    try:
        with warnings.catch_warnings():
            # Deprecated for writing; the archives that were published stay what they are.
            warnings.simplefilter("ignore", FutureWarning)
            return dict(torch.jit.load(str(path), map_location="cpu").state_dict())
    except RuntimeError as error:
        raise InputError(f"{path}: not a readable TorchScript archive ({error})") from error


def _read_pickle(path: Path) -> Any:
    try:
        with torch.serialization.safe_globals(SAFE_GLOBALS):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        refused = re.findall(r"(?:GLOBAL|Unsupported \w+) ([\w.]+)", str(error))
        what = f"objects of {', '.join(dict.fromkeys(refused))}" if refused else "unsafe objects"
        raise InputError(
            f"{path}: its pickle holds {what}, or is damaged; extract its tensors without running "
            f"any of its code: {CONVERTER} --input {path} --output NAME.safetensors"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable checkpoint ({error})") from error
