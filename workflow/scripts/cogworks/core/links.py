"""Files whose names Snakemake cannot take as they are.

It reads `{1}` or `{x}` in an input as a wildcard, and knows no way to escape it. Such a file is
given to it as a link without braces. Imported while the DAG is planned: standard library only.
"""

import contextlib
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


def _linked(path: str) -> str:
    target = os.path.abspath(path)
    if not os.path.exists(target):
        raise InputError(f"{path}: no such file")
    folder = FOLDER / hashlib.sha256(os.fsencode(target)).hexdigest()[:16]
    link = folder / _BRACES.sub("_", Path(target).name)
    if not link.is_symlink():
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another process was quicker
            link.symlink_to(target)
    status = os.stat(target)
    os.utime(link, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
    return str(link)
