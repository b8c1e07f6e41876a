"""Files whose names Snakemake cannot take as they are.

It reads `{1}` or `{x}` in an input as a wildcard, and knows no way to escape it. Such a file is
given to it as a link without braces. Imported while the DAG is planned: standard library only.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from cogworks.core.errors import InputError

FOLDER = Path(".snakemake", "links")
_BRACES = re.compile(r"[{}]")


def plain(paths: Iterable[str | Path]) -> list[str]:
    """Return paths as inputs of a rule, each with braces in it replaced by a link to it.

    A link is as old as what it stands for, so that making it anew makes nothing stale.

    Args:
        paths: files of the user's; relative to the folder in which Snakemake runs.

    Raises:
        InputError: a file with braces in its path is not there; of others Snakemake says so.
    """
    return [_linked(str(path)) if _BRACES.search(str(path)) else str(path) for path in paths]


def point(link: Path, target: Path) -> None:
    """Make a symbolic link, or point it elsewhere, in one step that no other process can see."""
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    new = link.with_name(f".{link.name}.{os.getpid()}")
    new.symlink_to(target)
    new.replace(link)


def _linked(path: str) -> str:
    target = Path(path).absolute()
    if not target.exists():
        raise InputError(f"{path}: no such file")
    # By the path as it is given: a relative one makes the same name after both were moved.
    folder = FOLDER / hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    link = folder / _BRACES.sub("_", target.name)
    point(link, target)
    status = target.stat()
    os.utime(link, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
    return str(link)
