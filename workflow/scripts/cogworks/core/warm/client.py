"""Run a script in a fork of the warm server and stand for it: client.py SOCKET SCRIPT ARGUMENTS.

Runs with `-I -S` and imports next to nothing: it is started once a job.
"""

import array
import contextlib
import json
import os
import signal
import socket
import sys
from types import FrameType

FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


class Signals:
    """Passes the signals that reach this process on to the job, also those that come too early."""

    def __init__(self) -> None:
        self._job: int | None = None
        self._early: list[int] = []
        for number in FORWARDED:
            signal.signal(number, self._received)

    def go_to(self, job: int) -> None:
        """Send signals to the process `job` from now on."""
        self._job = job
        for number in self._early:
            os.kill(job, number)

    def _received(self, number: int, frame: FrameType | None) -> None:
        if self._job is None:
            self._early.append(number)
        else:
            os.kill(self._job, number)


def main() -> None:
    place, script, *arguments = sys.argv[1:]
    link = socket.socket(socket.AF_UNIX)
    try:
        link.connect(place)
    except OSError:  # There is no server: an ordinary start.
        os.execv(sys.executable, [sys.executable, script, *arguments])  # noqa: S606
    signals = Signals()
    _ask(link, script, arguments)
    answers = link.makefile("r")
    job, status = answers.readline(), ""
    if job:
        signals.go_to(int(job))
        status = answers.readline()
    if not status:
        if job:
            os.kill(int(job), signal.SIGKILL)
        sys.exit("error: the process that starts jobs has ended; run again")
    _end(int(status))


def _ask(link: socket.socket, script: str, arguments: list[str]) -> None:
    """Send what the job needs of this process, and its three standard streams."""
    umask = os.umask(0o077)
    request = {
        "script": script,
        "arguments": arguments,
        "folder": os.getcwd(),
        "umask": umask,
        "environment": dict(os.environ),
    }
    text = json.dumps(request).encode()
    streams = array.array("i", [0, 1, 2])
    link.sendmsg(
        [len(text).to_bytes(8, "big")],
        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)],
    )
    link.sendall(text)


def _end(status: int) -> None:
    """End as the job did: with its exit code, or by its signal (a negative status)."""
    if status < 0:
        with contextlib.suppress(OSError):  # SIGKILL has no handler to reset.
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
