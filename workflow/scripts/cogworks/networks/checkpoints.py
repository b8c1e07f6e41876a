"""Checkpoints: reading them without running foreign code, mapping their keys, loading strictly."""

import argparse
import collections
import datetime
import pathlib
import re
import shlex
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.plain_arrays import REBUILT_BY
from cogworks.networks import inert
from cogworks.networks.formats import check_archive, kind_of_weights
from cogworks.networks.tensor_files import State, read_tensors


def _plain_dict(*_: object) -> dict[Any, Any]:
    """Stand for a defaultdict: torch's safe unpickler puts items into plain dicts only."""
    return {}


# What published checkpoints hold besides tensors and plain containers: the arguments of their
# training script, paths and dates, and scores as NumPy scalars and arrays. None of these does
# anything when it is made.
SAFE_GLOBALS: list[Any] = [
    argparse.Namespace,
    (_plain_dict, "collections.defaultdict"),
    *(dict, list, tuple, frozenset, int, float, bool, str),  # factories of a defaultdict
    *(datetime.datetime, datetime.date, datetime.timedelta, datetime.timezone),
    *(pathlib.PosixPath, pathlib.PurePosixPath),
    (pathlib.PosixPath, "pathlib._local.PosixPath"),
    # A path of Windows can be made nowhere else; its parts are all that anybody wants of it.
    *((pathlib.PureWindowsPath, f"pathlib.{name}") for name in ("WindowsPath", "PureWindowsPath")),
    *((made, name) for name, made in REBUILT_BY.items()),
]
CONVERTER = "python workflow/scripts/convert_checkpoint.py"
LISTED = 20  # keys of each kind that a message names


def read_checkpoint(path: str | Path, containers: list[str]) -> State:
    """Return the weights of a checkpoint, by the keys that they have there.

    Args:
        path: a safetensors file, a file of torch.save that holds nothing but tensors, plain values
            and the classes of `SAFE_GLOBALS`, or a TorchScript archive. What it is, its content
            says, not its suffix.
        containers: entries that may hold the weights (`state_dict`, `a.b`, `.` for the top); the
            first that is there counts. Safetensors files and TorchScript archives have none.

    Raises:
        InputError: no such file, damaged, of another format (`formats.kind_of_weights`), of a kind
            that needs the converter, or without weights in any of the containers; the message
            lists what is there.
    """
    path = Path(path)
    kind = kind_of_weights(path)
    if kind == "safetensors":
        return read_tensors(path)
    check_archive(path, remedy="copy or download it again")
    if kind == "torchscript":
        return _read_torchscript(path)
    return take_container(_read_pickle(path), containers, path)


def take_container(content: Any, containers: list[str], path: Path) -> State:
    """Return the first of `containers` that is in `content`, checked to hold tensors by name.

    NumPy arrays become tensors; entries without a value (None) are left out.

    Raises:
        InputError: none of them is there, or it does not hold tensors only.
    """
    for container in containers:
        found = descend(content, container)
        if found is not None:
            return _tensors(found, container, path)
    raise InputError(
        f"{path}: no entry {' or '.join(containers)}; the file holds {_contents(content)}. "
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
        InputError: two keys become the same one; a group to count from is not a number.
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
        InputError: naming `name` and listing missing and unexpected keys, wrong shapes, types that
            are not weights (quantised, complex), and values that no trained network has
            (`unsound`).
    """
    own = module.state_dict()
    state = {key: value for key, value in state.items() if key in own or not key.startswith(heads)}
    counters = {key for key in own if key.endswith("num_batches_tracked")}
    missing = [key for key in own if key not in state and key not in counters]
    unexpected = [key for key in state if key not in own]
    shared = [key for key in own if key in state]
    problems = {
        "missing": missing,
        "unexpected": unexpected,
        "shapes": [
            f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
            for key in shared
            if state[key].shape != own[key].shape
        ],
        "types": [
            f"{key} {_type(state[key])} instead of {_type(own[key])}"
            for key in shared
            if not _castable(state[key], own[key])
        ],
    }
    if any(problems.values()):
        raise InputError(
            f"{name}: the weights do not fit the architecture; {_sentence(problems)}. "
            f"{_hint(missing, unexpected)}"
        )
    parameters = {key for key, _ in module.named_parameters()}
    refuse_unsound({key: state[key] for key in shared}, parameters, name=name)
    module.load_state_dict({key: state.get(key, own[key]) for key in own}, strict=True)


def refuse_unsound(state: State, parameters: set[str], *, name: str) -> None:
    """Refuse what no trained network has: NaN or infinity, or a kernel of nothing but zeros.

    Buffers other than the statistics of batch norm may hold infinities (masks), and vectors zeros.

    Raises:
        InputError: naming `name` and the keys.
    """
    checked = {
        key: value
        for key, value in state.items()
        if value.is_floating_point() and (key in parameters or ".running_" in f".{key}")
    }
    problems = {
        "not finite": [key for key, value in checked.items() if not _is_finite(value)],
        "all zero": [
            key
            for key, value in checked.items()
            if key.endswith("weight") and _is_kernel(value) and not value.any()
        ],
    }
    if any(problems.values()):
        raise InputError(
            f"{name}: no trained network has such weights; {_sentence(problems)}. Was its training "
            "diverging, or its file damaged? Copy or download it again"
        )


def read_safetensors_into(module: nn.Module, path: str | Path, *, name: str) -> None:
    """Load a safetensors file strictly into `module`."""
    load_strictly(module, read_checkpoint(path, ["."]), heads=(), name=name)


def _rename(key: str, pattern: str, template: str) -> str:
    def fill(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            value = match.group(int(reference[1])) or ""
            if reference[2] and not value.isdecimal():
                raise InputError(
                    f"rename: {reference[0]!r} counts from group {reference[1]} of {pattern!r}, "
                    f"which is {value!r} in {key}, not a whole number"
                )
            return str(int(value) + int(reference[2])) if reference[2] else value

        return re.sub(r"\{(\d)([+-]\d+)?\}", group, template)

    return re.sub(pattern, fill, key)


def descend(content: Any, container: str) -> Any:
    """Return an entry (`a.b`, `.` for the top) of nested dicts; None where there is none."""
    if container == ".":
        return content
    if isinstance(content, dict) and container in content:
        return content[container]  # a key with a dot in its name
    for part in container.split("."):
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return content


def _tensors(found: Any, container: str, path: Path) -> State:
    place = f"{path}: {'it' if container == '.' else f'entry {container}'}"
    if not isinstance(found, dict):
        raise InputError(f"{place} is {_kind(found)}, expected weights by name")
    if not found:
        raise InputError(f"{place} is empty, expected weights by name")
    if {"state", "param_groups"} <= found.keys():
        raise InputError(f"{place} is the state of an optimizer, not the weights of a network")
    state = {str(key): _as_tensor(value) for key, value in found.items() if value is not None}
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise InputError(
            f"{place} holds besides tensors {_contents(state, tensors=False)}; "
            "set `container` to the entry that holds nothing but the weights"
        )
    return state


def _as_tensor(value: Any) -> Any:
    """Return an array of numbers as a tensor, anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return torch.from_numpy(value.astype(value.dtype.newbyteorder("=")))
    tensor = inert.array_tensor(value)
    return value if tensor is None else tensor


def _contents(content: Any, *, tensors: bool = True) -> str:
    """Return the entries of a dict with what each is, for a message."""
    if not isinstance(content, dict):
        return _kind(content)
    entries = [
        f"{key} ({_kind(value)})"
        for key, value in content.items()
        if tensors or not isinstance(value, torch.Tensor)
    ]
    return _listed(entries) or "nothing"


def _kind(value: Any) -> str:
    """Say what an entry of a checkpoint is."""
    if isinstance(value, torch.Tensor):
        return "a tensor"
    if inert.is_module(value):
        return f"a whole module, {value.origin}"
    if isinstance(value, inert.Placeholder) and not value:
        return value.origin or "an object"
    if isinstance(value, dict):
        count = sum(isinstance(entry, torch.Tensor) for entry in value.values())
        return f"{count} tensors" if count else f"a dict of {len(value)}"
    return type(value).__name__


def _is_kernel(value: torch.Tensor) -> bool:
    """Whether a weight is a matrix or a kernel, not a vector in disguise (1, 1, 1, C)."""
    return sum(size > 1 for size in value.shape) > 1


def _castable(value: torch.Tensor, own: torch.Tensor) -> bool:
    """Whether a weight may be copied into a parameter: not a quantised, sparse or complex one."""
    if value.is_quantized or value.layout != torch.strided or value.is_complex():
        return value.is_complex() and own.is_complex()
    return value.is_floating_point() or not own.is_floating_point()


def _type(value: torch.Tensor) -> str:
    layout = "" if value.layout == torch.strided else f" {value.layout}"
    return str(value.dtype).removeprefix("torch.") + layout.replace("torch.", "")


def _is_finite(value: torch.Tensor) -> bool:
    # Eight-bit floats have no arithmetic of their own.
    return bool(torch.isfinite(value.float() if value.itemsize == 1 else value).all())


def _sentence(problems: dict[str, list[str]]) -> str:
    return "; ".join(
        f"{title} ({len(keys)}): {_listed(keys)}" for title, keys in problems.items() if keys
    )


def _listed(entries: list[str]) -> str:
    rest = len(entries) - LISTED
    return ", ".join(entries[:LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _hint(missing: list[str], unexpected: list[str]) -> str:
    """Say which prefix would make the keys fit, where one does."""
    wanted = set(missing)
    found: collections.Counter[str] = collections.Counter()
    for key in unexpected:
        parts = key.split(".")
        for cut in range(1, len(parts)):
            if ".".join(parts[cut:]) in wanted:
                found[".".join(parts[:cut]) + "."] += 1
    prefix, count = found.most_common(1)[0] if found else ("", 0)
    if count > len(wanted) / 2:
        return f"With `prefix: {prefix}` {count} of the missing keys would be there"
    return "Are the architecture and `container`, `prefix`, `drop` and `rename` right?"


def _read_torchscript(path: Path) -> State:
    try:
        if _runs_code(torch._C.PyTorchFileReader(str(path))):
            raise InputError(
                f"{path}: a TorchScript archive with code that runs when it is read, and may write "
                "files (a method __setstate__, or an archive of before PyTorch 1.4). If you trust "
                "it, save its `torch.jit.load(NAME).state_dict()` with torch.save, and name that"
            )
        with warnings.catch_warnings():
            # Deprecated for writing; the archives that were published stay what they are.
            warnings.simplefilter("ignore", FutureWarning)
            return dict(torch.jit.load(str(path), map_location="cpu").state_dict())
    except RuntimeError as error:
        raise InputError(f"{path}: not a readable TorchScript archive ({error})") from error


def _runs_code(archive: Any) -> bool:
    """Say whether code of a TorchScript archive may run before a method is called.

    Code that an old archive's `model.json` names may be anywhere in it.
    """
    return any(
        name == "model.json"
        or (name.startswith("code/") and b"__setstate__" in archive.get_record(name))
        for name in archive.get_all_records()
    )


def _read_pickle(path: Path) -> Any:
    try:
        # Opened here, since torch decides by the suffix of a name.
        with open(path, "rb") as handle, torch.serialization.safe_globals(SAFE_GLOBALS):
            return torch.load(handle, map_location="cpu", weights_only=True)
    except Exception as error:  # refused, or damaged, which can fail anywhere
        raise InputError(_needs_converter(path, error)) from error


def _needs_converter(path: Path, error: Exception) -> str:
    """Say what a pickle holds that is refused, and how to get its weights out of it.

    Raises:
        InputError: it cannot be read at all.
    """
    content = inert.read_inertly(path)
    command = f"{CONVERTER} --input {shlex.quote(str(path))} --output NAME.safetensors"
    for entry, value in _entries(content):
        if inert.is_module(value):
            place = "" if entry == "." else f" --container {entry}"
            return (
                f"{path}: {'it' if entry == '.' else f'entry {entry}'} is a whole pickled module "
                f"({value.origin}), not its weights alone. Take its state_dict out of it without "
                f"running any of its code: {command}{place}; or save `model.state_dict()` in "
                "place of `model` where its code is"
            )
    refused = dict.fromkeys(re.findall(r"GLOBAL ([\w.]+)", str(error)))
    what = (
        f"its pickle holds objects of {', '.join(refused)}"
        if refused
        else "an old or unusual pickle"
    )
    return (
        f"{path}: {what}; extract its tensors without running any of its code: {command}, with "
        f"--container ENTRY where they are in one; it holds {_contents(content)}"
    )


def _entries(content: Any) -> Iterator[tuple[str, Any]]:
    yield ".", content
    if isinstance(content, dict):
        yield from ((str(key), value) for key, value in content.items())
