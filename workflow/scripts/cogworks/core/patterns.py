"""Paths in the config that stand for many: `train-*.parquet`.

Imported while the DAG is planned: standard library only.
"""

import glob
import os
from collections.abc import Iterable

from cogworks.core.inputs import is_hidden


def expand(paths: Iterable[str]) -> list[str]:
    """Return paths with each pattern (`*`, `?`, `[0-9]`) replaced by what it matches, sorted.

    A path that exists stands for itself, whatever signs are in it, and so does a folder in front of
    a pattern. A pattern without a match stays, and is then missed like any other path that does not
    exist.
    """
    return [found for path in paths for found in _matches(path) or [path]]


def _matches(path: str) -> list[str]:
    if not glob.has_magic(path) or os.path.lexists(path):
        return []
    folder = path
    while folder and not os.path.lexists(folder):
        folder = folder.rpartition("/")[0]
    found = glob.glob(glob.escape(folder) + path[len(folder) :])
    return sorted(name for name in found if not is_hidden(os.path.basename(name)))
