"""Paths by name: where a user's data lie is said once, however many sections read them.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cogworks.config import errors
from cogworks.config.yaml_file import KeyPath
from cogworks.core.errors import InputError

KEY = "paths"
_REFERENCE = re.compile(r"<([A-Za-z0-9][A-Za-z0-9_.-]*)>(?=/|$)")


def resolved(config: dict[str, Any], files: Iterable[str | Path] = ()) -> dict[str, Any]:
    """Return a config in which each text `<NAME>/...` begins with the path of that name.

    The section `paths` is left out: with the same files under other names, nothing is another
    config.

    Args:
        config: the merged config.
        files: the files that it was merged from, for the lines in errors.

    Raises:
        InputError: a name that `paths` does not have.
    """
    paths = config.get(KEY, {})
    if not isinstance(paths, dict) or not all(isinstance(path, str) for path in paths.values()):
        return config  # What is wrong with it, the typed config says.
    own = {key: value for key, value in config.items() if key != KEY}
    known = ", ".join(paths) or "none"
    problems = [
        (place, f"{name!r} is not a path's name; known: {known}")
        for place, name in _names((), own)
        if name not in paths
    ]
    if problems:
        raise InputError(f"{errors.HEADING}\n{errors.text(problems, config, files)}")
    result: dict[str, Any] = _filled(own, paths)
    return result


def _names(place: KeyPath, value: Any) -> Iterator[tuple[KeyPath, str]]:
    """Yield each name that a text begins with, and where it stands."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _names((*place, key), child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _names((*place, index), child)
    elif isinstance(value, str) and (found := _REFERENCE.match(value)):
        yield place, found[1]


def _filled(value: Any, paths: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(child, paths) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, paths) for child in value]
    if isinstance(value, str) and (found := _REFERENCE.match(value)):
        return paths[found[1]] + value[found.end() :]
    return value
