"""Names of files that are being written, and the end of those whose writer was killed.

A name has the process id of its writer, which says something on its machine alone (in its container
alone, where it has one): so it also says which that is.
"""

import contextlib
import functools
import hashlib
import os
import re
import time
from pathlib import Path

_NAME = re.compile(r"\..+\.([0-9a-f]{8})-([1-9]\d{0,8})\.partial(\..*)?")
# Whether a writer elsewhere lives cannot be known. None leaves its file alone for so long.
QUIET_SECONDS = 7 * 24 * 3600


def partial_path(target: Path) -> Path:
    """Return where this process writes what will be renamed to `target`, which is in its folder.

    The name keeps the suffix, by which some writers choose their format. No other process has it:
    an orphan of a killed run and its successor do not share a file.
    """
    return target.with_name(f".{target.stem}.{_here()}-{os.getpid()}.partial{target.suffix}")


@functools.cache
def remove_from(folder: Path) -> None:
    """Remove what killed processes were writing in a folder; each process looks once.

    That of another machine, or of this one before it was started anew, goes when nobody has written
    to it for a week.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _NAME.fullmatch(entry.name)
            if found and _is_left(entry, *found.group(1, 2)):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _is_left(entry: os.DirEntry[str], place: str, process: str) -> bool:
    if place == _here():
        return not _lives(int(process))
    return time.time() - entry.stat().st_mtime > QUIET_SECONDS


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True  # It is another user's.
    except OSError:
        return False
    return True


@functools.cache
def _here() -> str:
    """Return what tells this machine, since its start, and this container from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        place = boot + os.readlink("/proc/self/ns/pid")
    except OSError:  # It has no such files: it is no Linux.
        place = os.uname().nodename
    return hashlib.sha256(place.encode()).hexdigest()[:8]
