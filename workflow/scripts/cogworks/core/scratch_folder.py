"""The folder for copies of images on a disk of the machine that trains (`compute.scratch`).

Imported while the DAG is planned: standard library only.
"""

import os
from pathlib import Path

from cogworks.core.errors import InputError


def find_scratch(given: str) -> Path:
    """Return the folder; variables such as `$TMPDIR` are those of this machine.

    Raises:
        InputError: it is absent or cannot be written to.
    """
    folder = Path(os.path.expandvars(given))
    machine = os.uname().nodename
    if "$" in str(folder):
        raise InputError(
            f"compute.scratch: {given}: {machine} has no such variable; name a folder, or set "
            "compute.scratch to null"
        )
    if not folder.is_dir():
        raise InputError(
            f"compute.scratch: {folder} is not a folder on {machine}; name one that every machine "
            "has, or set compute.scratch to null"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(
            f"compute.scratch: {folder} on {machine} cannot be written to; name another folder, or "
            "set compute.scratch to null"
        )
    return folder
