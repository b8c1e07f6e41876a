"""A user's own encoder: a function named by file or module."""

import importlib
import importlib.util
import numbers
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.networks.specs import Options


class UsersEncoder(nn.Module):
    """A user's network, which need not know batches of one image.

    A bare `squeeze()` in it takes off the batch as well where that is one, which the last batch of
    a data set may be: it then sees the image twice.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map normalised images (B, 3, H, W) to features (B, D)."""
        features: torch.Tensor
        if len(images) > 1:
            features = self.module(images)
            return features
        features = self.module(images.repeat(2, 1, 1, 1))
        # Anything but a tensor of two rows is refused when the encoder is loaded.
        return features[:1] if getattr(features, "ndim", 0) == 2 else features


def call_entry_point(target: str, options: Options) -> tuple[nn.Module, int]:
    """Call the user's function and return its module, on the CPU, and feature dimension.

    What it draws comes from the global generators: seed them around the call.

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
    except (Exception, SystemExit) as error:  # whatever the user's code raises is told by its name
        raise InputError(
            f"entry point {target}: failed with {type(error).__name__}: {error}"
        ) from error
    if (
        not isinstance(result, tuple)
        or len(result) != 2
        or not isinstance(result[0], nn.Module)
        or not isinstance(result[1], numbers.Integral)
    ):
        given = type(result).__name__
        if isinstance(result, tuple):
            given = f"({', '.join(type(part).__name__ for part in result)})"
        raise InputError(
            f"entry point {target}: returned {given}, "
            "expected a tuple (torch.nn.Module, feature_dim)"
        )
    return UsersEncoder(result[0].cpu()), int(result[1])


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
        # Data classes and pickles of its classes look it up by its name.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # as above
        raise InputError(
            f"entry point {target}: importing {place} failed with {type(error).__name__}: {error}"
        ) from error
    return module
