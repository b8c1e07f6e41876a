"""A process ends with the one that it works for.

A job has a leader: the run that it belongs to, or the launcher of its training. A run that is
killed leaves its jobs to themselves. What they finish then is in nobody's record, so that it is
made again, and it may be written over what a later run made of another config. So a job that loses
its leader gets the signal that asks to stop: what can go on later keeps its state.

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
    """Have this process stop, as by SIGTERM, as soon as its leader has ended, if it has one."""
    leader, _, machine = os.environ.get(LEADER, "").partition(" ")
    if machine == os.uname().nodename:
        _end_with(int(leader), signal.SIGTERM)


def die_with(parent: int) -> None:
    """Have this process, a helper that keeps nothing, die as soon as its parent has ended.

    Neither a loader of PyTorch's whose parent dies while it starts nor one of a pool of processes
    would notice.
    """
    _end_with(parent, signal.SIGKILL)


def _end_with(other: int, number: signal.Signals) -> None:
    if not hasattr(os, "pidfd_open"):
        return
    try:
        handle = os.pidfd_open(other)
    except ProcessLookupError:
        _send(number)
    else:
        threading.Thread(target=_send_after, args=(handle, number), daemon=True).start()


def _send_after(handle: int, number: signal.Signals) -> None:
    end = select.poll()
    end.register(handle, select.POLLIN)
    end.poll()
    _send(number)


def _send(number: signal.Signals) -> None:
    # Where it is ignored, there is nothing to keep yet, or nothing left.
    if signal.getsignal(number) == signal.SIG_IGN:
        number = signal.SIGKILL
    # To the main thread, where it ends a wait that it would not end in another one.
    signal.pthread_kill(threading.main_thread().ident or 0, number)
