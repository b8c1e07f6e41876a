"""The compiler without which `compile: true` ends in the middle of a library."""

import os
import shutil
from typing import TYPE_CHECKING

from cogworks.core.errors import InputError

if TYPE_CHECKING:
    import torch

# By the type of a device: the language in which torch and Triton hand code to a compiler, the
# variable that names one, and the names that are looked for.
COMPILERS = {"cuda": ("C", "CC", "gcc", "clang", "cc"), "cpu": ("C++", "CXX", "g++", "c++")}


def require_compiler(device: "torch.device") -> None:
    """Ask for the compiler that `compile: true` needs on a device.

    Raises:
        InputError: none is installed.
    """
    language, variable, *names = COMPILERS[device.type]
    if not os.environ.get(variable) and not any(map(shutil.which, names)):
        raise InputError(
            f"compile: true needs a {language} compiler ({names[0]}) on the machine of the "
            "job, and this one has none; install one, or set compile to false"
        )
