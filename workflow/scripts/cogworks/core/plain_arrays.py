"""What rebuilds NumPy's arrays out of a pickle of unknown origin.

NumPy's own functions trust a pickle: bytes that it gives for an array of objects are taken for
addresses, which Python follows. Here bytes become numbers and texts, and lists become objects.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

# Booleans, numbers, bytes, texts and objects, as `dtype.str` has them without the order of bytes.
_CODE = re.compile("[biufcSUO][0-9]*")


class DataType:
    """Stands for a plain `numpy.dtype`; a pickle tells its code, then the order of its bytes."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ValueError(f"an array of the type {code!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class Array(np.ndarray):
    """Stands for `numpy.ndarray`: a pickle makes an empty one, and fills it."""

    def __new__(cls) -> "Array":
        """Make an empty one: nothing that a pickle says is taken for its memory."""
        return super().__new__(cls, 0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        version, shape, kind, fortran, data = state
        if not isinstance(kind, DataType) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ValueError("a damaged array")
        # NumPy does not look how long the list is.
        if kind.dtype.hasobject and not (isinstance(data, list) and len(data) == math.prod(shape)):
            raise ValueError("an array of objects that are not there")
        super().__setstate__((version, shape, kind.dtype, fortran, data))


def _reconstruct(*_: Any) -> Array:
    return Array()


def _scalar(kind: DataType, data: bytes | str) -> Any:
    # Python 2's bytes are a text here.
    return np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, kind.dtype)[0]


def _from_buffer(
    data: Any, kind: DataType, shape: tuple[int, ...], order: Any, axes: Any = None
) -> Any:
    array = np.frombuffer(data, kind.dtype)
    if axes is None:
        return array.reshape(shape, order=order)
    return array.reshape(shape).transpose(axes)


# By the names that pickles give them, before and since NumPy 2.
REBUILT_BY: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": Array,
    "numpy.dtype": DataType,
    "numpy.core.multiarray._reconstruct": _reconstruct,
    "numpy._core.multiarray._reconstruct": _reconstruct,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "numpy._core.numeric._frombuffer": _from_buffer,
}
