"""A user's own encoder: a function named by file or module."""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from torch import nn

from cogworks.core.errors import InputError


def call_entry_point(target: str, options: dict[str, Any]) -> tuple[nn.Module, int]:
    """Call the user's function and return its module and feature dimension.

    Args:
        target: `path/to/file.py:function` or `package.module:function`. Modules beside the file
            can be imported by it.
        options: keyword arguments of the function.

    Raises:
        InputError: there is no such file, module or function; it fails; or it does not return
            (torch module, int).
    """
    place, _, name = target.rpartition(":")
    function = getattr(_import(place, target), name, None)
    if not callable(function):
        raise InputError(f"entry point {target}: {place} has no function {name}")
    try:
        result = function(**options)
    except Exception as error:  # whatever the user's code raises is to be told by its name
        raise InputError(
            f"entry point {target}: failed with {type(error).__name__}: {error}"
        ) from error
    if (
        not isinstance(result, tuple)
        or len(result) != 2
        or not isinstance(result[0], nn.Module)
        or not isinstance(result[1], int)
    ):
        raise InputError(
            f"entry point {target}: returned {type(result).__name__}, "
            "expected a tuple (torch.nn.Module, feature_dim)"
        )
    return result


def entry_file(target: str) -> Path:
    """Return the file in which an entry point stands."""
    place = target.rpartition(":")[0]
    if place.endswith(".py"):
        return Path(place)
    return Path(str(_import(place, target).__file__))


def _import(place: str, target: str) -> Any:
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).resolve()
        if not path.is_file():
            raise InputError(f"entry point {target}: no file {place}")
        spec = importlib.util.spec_from_file_location(f"cogworks_entry_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Modules beside the file must be found, also later, when its functions import them.
        sys.path.insert(0, str(path.parent))
        spec.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:  # as above
        raise InputError(
            f"entry point {target}: importing {place} failed with {type(error).__name__}: {error}"
        ) from error
    return module
