"""A job ends with its leader: the run that it belongs to, or the launcher of its training.

A run that is killed leaves its jobs to themselves. What they finish then is in nobody's record, so
that it is made again, and it may be written over the result of a later run with another config. So
a job that loses its leader gets the signal that asks to stop: what can go on later keeps its state.

A leader is known on its own machine alone.

Imported while the DAG is planned: standard library only.
"""

import os
import select
import signal
import threading

LEADER = "COGWORKS_LEADER"


def lead() -> None:
    """Make this process the leader of all that it starts from now on."""
    os.environ[LEADER] = f"{os.getpid()} {os.uname().nodename}"


def follow() -> None:
    """Have this process stop as soon as its leader has ended, if it has one."""
    number, _, machine = os.environ.get(LEADER, "").partition(" ")
    if machine != os.uname().nodename or not hasattr(os, "pidfd_open"):
        return
    try:
        leader = os.pidfd_open(int(number))
    except ProcessLookupError:
        _stop()
    else:
        threading.Thread(target=_stop_after, args=(leader,), daemon=True).start()


def _stop_after(leader: int) -> None:
    end = select.poll()
    end.register(leader, select.POLLIN)
    end.poll()
    _stop()


def _stop() -> None:
    # In the main thread, where it ends a wait that it would not end in another one.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
