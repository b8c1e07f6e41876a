"""MATLAB files, in which some publishers keep the lists of their data sets.

Imported while the DAG is planned: standard library only.
"""

from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError


def read_variable(path: Path, key: str) -> Any:
    """Return one variable of a MATLAB file, without its singleton dimensions.

    Raises:
        InputError: the file cannot be read, or has no such variable.
    """
    import scipy.io

    try:
        return scipy.io.loadmat(path, squeeze_me=True)[key]
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise InputError(f"{path}: cannot read {key} ({error})") from error
