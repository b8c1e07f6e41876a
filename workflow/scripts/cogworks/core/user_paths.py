"""The paths that a config names, in the form in which every rule and job reads them.

The schema marks them by `format: path`. `~` is the user's home folder, as in a shell; variables
such as `$HOME` are plain characters, as they are in a file's name. Relative paths are relative to
the folder in which Snakemake runs.

Imported while the DAG is planned: standard library only.
"""

import copy
import os
import re
from collections.abc import Iterator
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.schema import described, dotted

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def expanded(config: dict[str, Any]) -> dict[str, Any]:
    """Return the checked config with every path in the form in which it is used.

    Raises:
        InputError: paths that cannot be meant, one a line: empty ones, URLs, Windows paths, line
            breaks, the home folder of nobody.
    """
    result = copy.deepcopy(config)
    problems = []
    for path, value in given_paths(config):
        library, path_ = _split(value)
        problem = _problem(path_) or _problem(value)
        if problem:
            problems.append(f"{dotted(path)}: {value!r} {problem}")
            continue
        place: Any = result
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = library + expand(path_)
    if problems:
        raise InputError("\n".join(["the config has errors:", *problems]))
    return result


def given_paths(config: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place and the text of each path; names of lists and models may be among them."""
    for path, value, schema in described(config):
        if schema.get("format") != "path":
            continue
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            yield from (((*path, index), item) for index, item in enumerate(value))


def expand(path: str) -> str:
    """Return a path with `~` replaced; one that begins with `-` is made absolute.

    It would be an option on a command line otherwise.
    """
    path = os.path.expanduser(path)
    return os.path.abspath(path) if path.startswith("-") else path


def _split(value: str) -> tuple[str, str]:
    """Divide `hf:~/folder` (`encoders.NAME.model`) into the library and the rest."""
    library, _, rest = value.partition(":")
    return (f"{library}:", rest) if library in ("timm", "hf") else ("", value)


def _problem(path: str) -> str | None:
    if not path.strip():
        return "is empty; name a file or folder, or write null"
    if not path.isprintable():
        return "holds a line break or control character; rename it, or look at the quotes in YAML"
    if _URL.match(path):
        return "is a URL; download it and name the file"
    if _DRIVE.match(path):
        return "is a Windows path; give it as this system sees it, such as /mnt/c/data"
    if path.startswith("~") and os.path.expanduser(path) == path:
        return f"names the home folder of {path[1:].partition('/')[0]!r}, and there is no such user"
    return None
