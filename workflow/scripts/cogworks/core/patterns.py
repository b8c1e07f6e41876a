"""Paths in the config that stand for many: `train-*.parquet`, `train-{000..146}.tar`.

Imported while the DAG is planned: standard library only.
"""

import glob
import math
import os
import re
from collections.abc import Iterable

from cogworks.core.inputs import is_hidden

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


def expand(paths: Iterable[str]) -> list[str]:
    """Return paths with each pattern (`*`, `?`, `[0-9]`) replaced by what it matches, sorted.

    A range (`{000..146}`, as in WebDataset) is replaced by its numbers, whether files exist or not.
    A path that exists stands for itself, whatever characters it has, and so does a folder in front
    of a pattern. A pattern without a match is kept, and is then reported as missing like any path.
    """
    given = [one for path in paths for one in _numbers(path) or [path]]
    return [found for path in given for found in _matches(path) or [path]]


def numbered(path: str) -> int:
    """Return how many paths the ranges in a path stand for; 1 where it has none."""
    sizes = (int(last) - int(first) + 1 for first, last in _RANGE.findall(path))
    return math.prod(max(1, size) for size in sizes)


def _numbers(path: str) -> list[str]:
    ends = _RANGE.search(path)
    if ends is None or os.path.lexists(path):
        return []
    width = max(map(len, ends.groups())) if any(end[0] == "0" for end in ends.groups()) else 0
    head, tail = path[: ends.start()], path[ends.end() :]
    rest = _numbers(tail) or [tail]
    numbers = range(int(ends[1]), int(ends[2]) + 1)
    return [f"{head}{number:0{width}}{end}" for number in numbers for end in rest]


def _matches(path: str) -> list[str]:
    if not glob.has_magic(path) or os.path.lexists(path):
        return []
    folder = path
    while folder and not os.path.lexists(folder):
        folder = folder.rpartition("/")[0]
    found = glob.glob(glob.escape(folder) + path[len(folder) :])
    return sorted(name for name in found if not is_hidden(os.path.basename(name)))
