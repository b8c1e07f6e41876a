"""A job's process, started and ended without work that only a long-lived one would need.

While libraries are imported, Python searches what they make for garbage, again and again, although
all of it stays. At the end it takes them apart, piece by piece. With torch these two are a quarter
of a job that has nothing else to do, and the second is most of one that the warm server forks.

Imported before anything large, since functions that are to run at the end do so in reverse order of
their registration: what libraries register runs before `_leave`.
"""

import atexit
import gc
import os
import sys

# Objects that may be made before a search for garbage, while libraries are imported.
IMPORTED = 200_000
_usual = gc.get_threshold()
_status: int | None = None

gc.set_threshold(IMPORTED, *_usual[1:])


def imported() -> None:
    """Search for garbage as usual from now on, but not among what there is already."""
    gc.freeze()
    gc.set_threshold(*_usual)


def end(status: int) -> None:
    """Have this process end with a status, as soon as all that is registered for its end has run.

    What is then still in memory is left to the system.
    """
    global _status
    _status = status


@atexit.register
def _leave() -> None:
    if _status is None:
        # An end that nobody foresaw is Python's own; what stays frozen would be told as a leak.
        gc.unfreeze()
        return
    # Where one of them cannot be flushed, Python goes on and tells, as it would have.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_status)
