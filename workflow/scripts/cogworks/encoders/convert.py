"""Tensors out of a pickled checkpoint of unknown origin, as safetensors, without running its code.

A pickle is a program: it may call any function that it can name. Here every name outside of a
short list stands for an inert placeholder that swallows whatever is done to it, so tensors and
plain containers come out and everything else comes to nothing.
"""

import collections
import pickle
import types
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.encoders.checkpoints import State, take_container

_BUILDERS = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor"): torch._utils._rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch", "Size"): torch.Size,
}


class Placeholder(dict[Any, Any]):
    """Stands for any object, class or function of a pickle: takes anything, does nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()

    def __call__(self, *args: object, **kwargs: object) -> "Placeholder":
        """Stand for the result of a call as well."""
        return Placeholder()

    def __setstate__(self, state: object) -> None:
        pass

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def append(self, item: object) -> None:
        """Swallow an item of a list-like object."""

    def extend(self, items: object) -> None:
        """Swallow the items of a list-like object."""

    def add(self, item: object) -> None:
        """Swallow an item of a set-like object."""


class InertUnpickler(pickle.Unpickler):
    """Unpickler that knows tensors and plain containers only."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the builder of a tensor, a type of torch, else `Placeholder`."""
        if (module, name) in _BUILDERS:
            return _BUILDERS[module, name]
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype | type):
            return getattr(torch, name)
        return Placeholder


def _load(handle: Any, **kwargs: Any) -> Any:
    return InertUnpickler(handle, **kwargs).load()


_INERT_PICKLE = types.SimpleNamespace(__name__="inert", Unpickler=InertUnpickler, load=_load)


def read_inertly(path: str | Path) -> Any:
    """Return the content of a file of torch.save, with placeholders for all foreign objects.

    Raises:
        InputError: no such file, or not a file of torch.save.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return torch.load(
            path,
            map_location="cpu",
            pickle_module=_INERT_PICKLE,
            weights_only=False,  # the unpickler is ours, and safe
        )
    except Exception as error:  # a broken pickle can fail anywhere
        raise InputError(f"{path}: not a readable checkpoint ({error})") from error


def convert(path: str | Path, output: str | Path, *, container: str) -> State:
    """Write the tensors in `container` of a pickled checkpoint as safetensors; return them.

    Args:
        path: the checkpoint.
        output: the safetensors file to write.
        container: the entry that holds the weights, `.` for the top.

    Raises:
        InputError: unreadable, or no tensors there.
    """
    state = take_container(read_inertly(path), [container], Path(path))
    # Copies, since safetensors refuses tensors that share memory.
    copies = {key: value.detach().clone().contiguous() for key, value in state.items()}
    with atomic(output) as partial:
        safetensors.torch.save_file(copies, partial)
    return copies
