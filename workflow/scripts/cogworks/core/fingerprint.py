"""Fingerprints of the user's files by content, for the params of the rules that read them.

Snakemake compares large files by their times alone. It misses a copy that keeps times (`cp -p`),
and it remakes everything after a touch. So the user's files are not inputs of rules: a fingerprint
of each is part of the params of the rules that read it.

Imported while the DAG is planned: standard library only.
"""

import atexit
import contextlib
import functools
import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.files import write_json

Fingerprints = dict[str, str]

# Where fingerprints are kept, so that a large file is read once, not at every planning.
CACHE = Path(".snakemake", "fingerprints.json")
# Files of images, too large to be read whole.
SAMPLED = (".parquet", ".tar")
BLOCK = 4096
BLOCKS = 64
CHUNK = 2**22
# A file that changed this recently may change again within the resolution of its times.
SETTLED_SECONDS = 2.0

# What is known of a file: the state in which it was read, and its fingerprint then.
Known = dict[str, tuple[str, str]]


def fingerprint(path: str | Path) -> str:
    """Return 16 hex digits of a file's size and content.

    Of a pack of images (`.parquet`, `.tar`), blocks spread evenly over it are read and, if it is
    Parquet, its footer; any other file is read whole.

    For a file that may not be read, the result is `unreadable`: the job will say why.
    """
    place = os.path.abspath(path)
    try:
        status = os.stat(place)
        times = (status.st_mtime_ns, status.st_ctime_ns)
        state = " ".join(map(str, (status.st_size, status.st_ino, *times)))
        known, found = _cache().get(place, ("", ""))
        if known != state:
            found = _digest(Path(place), status.st_size)
            if time.time() - max(times) / 1e9 > SETTLED_SECONDS:
                _cache()[place] = state, found
    except OSError:
        return "unreadable"
    return found


def of_files(paths: Iterable[str | Path]) -> Fingerprints:
    """Return the fingerprints of the user's files that exist, by path.

    Files that the workflow itself makes are left out: its rules know when they change.
    """
    given = [str(path) for path in paths if not is_made(path)]
    return {path: fingerprint(path) for path in given if Path(path).is_file()}


def is_made(path: str | Path) -> bool:
    """Say whether a path is that of a file made by the workflow, not one of the user's."""
    return str(path).startswith("results/")


def _digest(path: Path, size: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as handle:
        if path.suffix.lower() not in SAMPLED:
            while chunk := handle.read(CHUNK):
                digest.update(chunk)
            return digest.hexdigest()[:16]
        last = max(0, size - BLOCK)
        for place in sorted({last * block // (BLOCKS - 1) for block in range(BLOCKS)}):
            handle.seek(place)
            digest.update(handle.read(BLOCK))
        handle.seek(max(0, size - 8))
        tail = handle.read(8)
        if tail.endswith(b"PAR1"):
            handle.seek(max(0, size - 8 - int.from_bytes(tail[:4], "little")))
            digest.update(handle.read())
    return digest.hexdigest()[:16]


@functools.cache
def _cache() -> Known:
    """Return what earlier planning found, and arrange for this planning to be kept too."""
    file = CACHE.absolute()
    found = _read(file)
    atexit.register(_write, file, found, dict(found))
    return found


def _read(file: Path) -> Known:
    try:
        return {path: (state, mark) for path, (state, mark) in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError, TypeError):  # none yet, or a damaged one
        return {}


def _write(file: Path, known: Known, before: Known) -> None:
    if known == before:
        return
    kept = {path: entry for path, entry in (_read(file) | known).items() if os.path.exists(path)}
    # A folder that may not be written to: read again next time.
    with contextlib.suppress(OSError, InputError):
        write_json(kept, file)
