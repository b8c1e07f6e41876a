"""The paths that a config names, in the form that every rule and job reads.

`~` is the user's home folder, as in a shell. Variables such as `$HOME` are not replaced. Relative
paths are relative to the folder in which Snakemake runs.

Imported while the DAG is planned: standard library only.
"""

import os
import re
from pathlib import PurePath

from cogworks.core import place

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# Bytes of a file's name, and of a path, on Linux.
_LONGEST_NAME, _LONGEST_PATH = 255, 4095
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def checked(value: str) -> str:
    """Return a path, or the name of a model, in the form that is used.

    Raises:
        ValueError: it cannot be a path: it is empty, a URL, a Windows path, has line breaks, or
            names the home folder of an unknown user.
    """
    library, path = _split(value)
    problem = _problem(path) or _problem(value)
    if problem:
        raise ValueError(problem)
    local = "./" if library and path.startswith("./") else ""
    return library + local + expand(path)


def expand(path: str) -> str:
    """Return a path with `~` replaced, in one spelling: `./x//y/` is `x/y`.

    A file that comes with the workflow, or with a Python package, is reached by a link.

    A path that begins with `-` is made absolute, or command lines would read it as an option.
    """
    # Not by `normpath`: `x/..` is another folder where `x` is a link.
    path = str(PurePath(os.path.expanduser(path)))
    return os.path.abspath(path) if path.startswith("-") else place.found(path)


def _split(value: str) -> tuple[str, str]:
    """Divide `hf:~/folder` (`encoders.NAME.model`) into the library and the rest."""
    library, _, rest = value.partition(":")
    return (f"{library}:", rest) if library in ("timm", "hf") else ("", value)


def _is_too_long(path: str) -> bool:
    names = path.encode(errors="surrogatepass").split(b"/")
    return sum(map(len, names)) + len(names) > _LONGEST_PATH or max(map(len, names)) > _LONGEST_NAME


def _problem(path: str) -> str | None:
    if not path.strip():
        return "is empty; name a file or folder, or write null"
    if not path.isprintable():
        return "holds a line break or control character; rename it, or look at the quotes in YAML"
    if _is_too_long(path):
        return (
            f"is too long for a path; a name has at most {_LONGEST_NAME} bytes, all of a path "
            f"{_LONGEST_PATH}"
        )
    if _URL.match(path):
        return "is a URL; download it and name the file"
    if _DRIVE.match(path):
        return "is a Windows path; give it as this system sees it, such as /mnt/c/data"
    if path.startswith("~") and os.path.expanduser(path) == path:
        return f"names the home folder of {path[1:].partition('/')[0]!r}, and there is no such user"
    return None
