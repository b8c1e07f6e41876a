"""A lock against orphans: jobs that keep writing after their workflow was killed.

The kernel releases the lock when its holder has ended, for whatever reason, and its helpers, which
inherit it.
"""

import contextlib
import errno
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cogworks.core.errors import InputError

_HELD = (errno.EWOULDBLOCK, errno.EACCES)
# Seconds to wait for the helpers of a holder that was killed, which die with it; between looks.
HELPERS_END, PAUSE = 10.0, 0.02


@contextlib.contextmanager
def hold(path: Path, *, what: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs, then remove it.

    Some network file systems have no locks (ENOLCK, ENOSYS). This does not mean that another
    process holds one, so the block runs without a lock, after a warning on standard error.

    Args:
        path: the lock file; its folder is created if it is missing.
        what: what is written under the lock, for the error, such as `this shard`.

    Raises:
        InputError: another process holds it; its id is named.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquire(path, what)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


@contextlib.contextmanager
def wait_for(path: Path) -> Iterator[None]:
    """Hold the lock file `path` while the block runs, after whoever holds it now.

    The file stays, as others may be waiting for it. Where none can be written or locked, the block
    runs without it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _acquire(path: Path, what: str) -> int:
    end = time.monotonic() + HELPERS_END
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _HELD:
                print(
                    f"{path}: this file system has no locks ({error.strerror}); make sure that "
                    f"no other process writes {what}",
                    file=sys.stderr,
                )
                return descriptor
            holder = os.read(descriptor, 64).decode() or "unknown"
            os.close(descriptor)
            if _has_ended(holder) and time.monotonic() < end:
                time.sleep(PAUSE)
                continue
            raise InputError(
                f"{path}: process {holder} is still writing {what}, perhaps left over from a "
                "workflow that was killed; wait for it or end it, then run again"
            ) from error
        if _is_still(path, descriptor):
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} on {os.uname().nodename}".encode(), 0)
            return descriptor
        # Its holder removed the file between our opening and locking it: try the new one.
        os.close(descriptor)


def _has_ended(holder: str) -> bool:
    """Say whether the process that a lock names was one of this machine, and is no more."""
    number, _, machine = holder.partition(" on ")
    if machine != os.uname().nodename or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
