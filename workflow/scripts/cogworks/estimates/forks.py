"""What a call loads, seen in a fork of this process, and loaded here or in another one."""

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Iterable

# What jobs find loaded that are forked from one process: its other jobs have asked for it.
SHARED = ("cogworks.", "torch.")


def loaded_by(run: Callable[[], object]) -> list[str]:
    """Return the modules of `SHARED` that a call loads, none of them here.

    What fails in it is not told: whoever calls the same here is told. Empty where no jobs are
    forked: on other systems than Linux.
    """
    if not hasattr(os, "memfd_create"):
        return []
    known = set(sys.modules)
    # No pipe, whose end would stay open in processes that the call leaves behind.
    notes = os.memfd_create("modules")
    pid = os.fork()
    if pid == 0:
        try:
            run()
        finally:
            with open(notes, "w") as file:
                found = (name for name in sys.modules if name.startswith(SHARED))
                file.write(" ".join(name for name in found if name not in known))
            os._exit(0)
    os.waitpid(pid, 0)
    with open(notes) as file:
        file.seek(0)  # The fork shares the place in the file.
        return file.read().split()


def load(modules: Iterable[str]) -> None:
    """Load modules; some of torch's can be loaded by others alone."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def load_given() -> None:
    """Load the modules whose names are on standard input."""
    load(sys.stdin.read().split())
