"""Lists and mappings that others publish: JSON, or pickles, read without running what is in them.

A pickle is a program that may call any function that it can name. Here it may name only what
rebuilds containers, text and NumPy arrays; any other name is an error.
"""

import collections
import json
import pickle
import struct
from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine, read_text

_PICKLES = (".pkl", ".pickle")
_CONTAINERS = {kind.__name__: kind for kind in (list, dict, tuple, set, frozenset)}
_ERRORS = (
    *(pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError, TypeError),
    *(LookupError, OverflowError, MemoryError, RecursionError, struct.error, OSError),
)


def read_plain(path: str | Path) -> Any:
    """Return what a JSON file or a pickle holds.

    Raises:
        InputError: it is neither by its suffix, cannot be read, or a pickle needs something else
            than containers, text and arrays.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".json", *_PICKLES):
        raise InputError(f"{path}: expected a file .pkl or .json")
    if suffix == ".json":
        try:
            return json.loads(read_text(path))
        except ValueError as error:
            raise InputError(f"{path}: not valid JSON ({error})") from error
    return unpickle(path)


def unpickle(path: str | Path) -> Any:
    """Return what a pickle holds, whatever the file is called; errors as for `read_plain`."""
    check_genuine(path)
    try:
        with open(path, "rb") as handle:
            # Text and arrays of Python 2 are bytes in a pickle.
            return _Reader(handle, encoding="latin1").load()
    except _ERRORS as error:
        raise InputError(f"{path}: not a pickle of lists and texts ({error})") from error


def texts_of(value: Any, where: str) -> list[str]:
    """Return a list, a tuple or an array of text as a list.

    Raises:
        InputError: it is something else; `where` names its place.
    """
    items = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise InputError(f"{where}: expected a list of text, got {type(value).__name__}")
    return [str(item) for item in items]


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle names, if it is allowed to."""
        if module in ("builtins", "__builtin__") and name in _CONTAINERS:
            return _CONTAINERS[name]
        if module == "collections" and name in ("OrderedDict", "defaultdict"):
            return getattr(collections, name)
        if (module, name) == ("_codecs", "encode"):  # bytes in old protocols
            return lambda text, *_: text.encode("latin1")
        # Planning imports no NumPy.
        from cogworks.core.plain_arrays import REBUILT_BY

        if (made := REBUILT_BY.get(f"{module}.{name}")) is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return made
