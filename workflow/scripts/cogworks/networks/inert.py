"""Reading a pickle of unknown origin without running its code.

A pickle is a program: it may call any function that it can name. Here every name outside of a
short list stands for an inert placeholder that swallows whatever is done to it, so tensors and
plain containers come out and everything else comes to nothing.
"""

import collections
import pickle
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from cogworks.core.errors import InputError
from cogworks.networks.formats import check_archive, kind_of_weights

# A file of torch.save before version 1.6 begins with this number, pickled.
_LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


class Placeholder(dict[Any, Any]):
    """Stands for any object, class or function of a pickle: takes anything, does nothing.

    Items of a dict-like object are kept, since weights may be in a subclass of dict.

    Attributes:
        origin: the dotted name that it stands for, or that of its class.
        state: what an object was given as its attributes; of a class or function None.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> "Placeholder":
        """Make one; where the pickle makes an object of a placeholder, one of the same origin."""
        if isinstance(cls, Placeholder):
            return Placeholder(cls.origin)
        return super().__new__(cls)

    def __init__(self, origin: str = "") -> None:
        super().__init__()
        self.origin = origin
        self.__name__ = origin  # torch's own warnings name the class of a module
        self.state: Any = None

    def __call__(self, *args: object, **kwargs: object) -> "Placeholder":
        """Stand for the result of a call as well."""
        return Placeholder(self.origin)

    def take(self, state: object) -> None:
        """Keep the attributes of the object."""
        self.state = state

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def append(self, item: object) -> None:
        """Swallow an item of a list-like object."""

    def extend(self, items: object) -> None:
        """Swallow the items of a list-like object."""

    def add(self, item: object) -> None:
        """Swallow an item of a set-like object."""


class _Array(Placeholder):
    """A NumPy array under construction."""

    def tensor(self) -> torch.Tensor | None:
        """Return its values; None of an array that holds no numbers."""
        if not isinstance(self.state, tuple) or len(self.state) != 5:
            return None
        _, shape, dtype, fortran, data = self.state
        data = data.encode("latin1") if isinstance(data, str) else data  # Python 2's bytes
        try:
            # Written in column order, the bytes are those of the transposed array.
            flat = np.frombuffer(data, dtype=np.dtype(dtype.state))
            array = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
            return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))
        except (TypeError, ValueError, AttributeError):
            return None


class _DataType(Placeholder):
    """A NumPy type; its state is its name, such as `f4` or `>f4`."""

    def take(self, state: object) -> None:
        """Put the order of its bytes before the name."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">"):
            self.state = f"{state[1]}{self.state}"


def _dtype(name: str, *_: object) -> _DataType:
    placeholder = _DataType("numpy.dtype")
    placeholder.state = name
    return placeholder


def _parameter(data: torch.Tensor, *_: object) -> torch.Tensor:
    return data


def _subclass(function: Any, _: object, arguments: tuple[Any, ...], *__: object) -> Any:
    return function(*arguments) if function in _BUILDERS.values() else Placeholder("torch.Tensor")


def _tensor(storage: Any, offset: int, size: Any, stride: Any, *_: object) -> torch.Tensor:
    return torch._utils._rebuild_tensor(storage, offset, size, stride)


def _tensor_of_type(
    storage: Any,
    offset: int,
    size: Any,
    stride: Any,
    _: object,
    __: object,
    dtype: Any,
    *___: object,
) -> torch.Tensor:
    return torch._utils._rebuild_tensor_v3(storage, offset, size, stride, False, {}, dtype)


def _array(data: Any, dtype: Any, shape: tuple[int, ...], order: str) -> _Array:
    array = _Array("numpy.ndarray")
    array.state = (1, shape, dtype, order == "F", data)
    return array


# All that a pickle may call; the rest is a placeholder. Each builds a value from its arguments.
_BUILDERS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): lambda *_: collections.defaultdict(),
    ("builtins", "dict"): dict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,  # as Python 2 and pickles for it have it
    # Bytes, as Python 2's protocols spell them.
    ("_codecs", "encode"): lambda text, *_: text.encode("latin1"),
    ("torch", "UntypedStorage"): torch.UntypedStorage,
    ("torch.storage", "UntypedStorage"): torch.UntypedStorage,
    ("torch", "Size"): lambda *sizes: tuple(*sizes),
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_of_type,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _subclass,
    ("numpy", "dtype"): _dtype,
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array("numpy.ndarray"),
    ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Array("numpy.ndarray"),
    ("numpy.core.numeric", "_frombuffer"): _array,
    ("numpy._core.numeric", "_frombuffer"): _array,
}


# The interpreter written in Python: it asks an object's class for what it does to the object,
# where the one in C insists on types.
class InertUnpickler(pickle._Unpickler):
    """Unpickler that knows tensors and plain containers only."""

    dispatch: ClassVar = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """Return a builder of `_BUILDERS`, a type of numbers of torch, else `Placeholder`."""
        if (module, name) in _BUILDERS:
            return _BUILDERS[module, name]
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        return Placeholder(f"{module}.{name}")

    def _load_build(self: Any) -> None:
        """Keep the attributes of an object aside instead of setting them."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], Placeholder):
            self.stack[-1].take(state)

    dispatch[pickle.BUILD[0]] = _load_build


def _load(handle: Any, **kwargs: Any) -> Any:
    return InertUnpickler(handle, **kwargs).load()


_INERT_PICKLE = types.SimpleNamespace(__name__="inert", Unpickler=InertUnpickler, load=_load)


def read_inertly(path: str | Path) -> Any:
    """Return the content of a pickled file, with placeholders for all foreign objects.

    Args:
        path: a file of torch.save, or a plain pickle (of NumPy arrays, as detectron2 and VISSL
            write them).

    Raises:
        InputError: no such file, or neither of these.
    """
    if kind_of_weights(path) in ("safetensors", "torchscript"):
        raise InputError(f"{path}: no pickle, and read as it is: name it in `checkpoint`")
    check_archive(path, remedy="copy or download it again")
    try:
        # Opened here, since torch decides by the suffix of a name.
        with open(path, "rb") as handle:
            head = handle.read(len(_LEGACY_MAGIC))
            handle.seek(0)
            if head[:1] == b"\x80" and head != _LEGACY_MAGIC:
                return _load(handle, encoding="latin1")
            return torch.load(
                handle,
                map_location="cpu",
                pickle_module=_INERT_PICKLE,
                weights_only=False,  # the unpickler is ours, and safe
            )
    except Exception as error:  # a broken pickle can fail anywhere
        first = str(error).split("\n", 1)[0]
        raise InputError(
            f"{path}: not a readable checkpoint, or a damaged one ({type(error).__name__}: {first})"
        ) from error


def weights_of_module(value: Any) -> dict[str, torch.Tensor] | None:
    """Return what `state_dict()` of a pickled module gives; None where `value` is none."""
    if not is_module(value):
        return None
    return dict(_weights(value, ""))


def is_module(value: Any) -> bool:
    """Whether a placeholder stands for an object of `torch.nn.Module`."""
    state = value.state if isinstance(value, Placeholder) else None
    return isinstance(state, dict) and {"_parameters", "_modules"} <= state.keys()


def array_tensor(value: Any) -> torch.Tensor | None:
    """Return a pickled NumPy array of numbers as a tensor; None of anything else."""
    return value.tensor() if isinstance(value, _Array) else None


def _weights(module: Placeholder, prefix: str) -> Iterator[tuple[str, torch.Tensor]]:
    state = module.state
    left_out = state.get("_non_persistent_buffers_set", ())
    for group in ("_parameters", "_buffers"):
        for key, value in state.get(group, {}).items():
            if isinstance(value, torch.Tensor) and key not in left_out:
                yield prefix + key, value
    for key, child in state["_modules"].items():
        if is_module(child):
            yield from _weights(child, f"{prefix}{key}.")
