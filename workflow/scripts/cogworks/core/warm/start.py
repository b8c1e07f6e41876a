"""Start the warm server of a run.

Imported while the DAG is planned: standard library only.
"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
CLIENT = Path(__file__).with_name("client.py")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Bytes of a socket's path, its end included, on Linux.
_LONGEST = 108
# There where a driver for NVIDIA GPUs is.
_GPUS = Path("/dev/nvidiactl")


def can_fork(device: str) -> bool:
    """Say whether forks can use what `compute.device` may stand for here.

    A library that asks for GPUs while it is loaded keeps forks of its process from using them.
    """
    return device == "cpu" or not _GPUS.exists()


class Warm:
    """A running server, or none: what goes in front of a script's name in a command."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._place: Path | None = None

    def command(self, python: str, script: str) -> tuple[str, ...]:
        """Return the words that run a script: by the server where there is one."""
        if self._place is None:
            return python, script
        return python, "-I", "-S", str(CLIENT), str(self._place), script

    def start(self) -> None:
        """Start the server; it ends with this process. Does nothing where it cannot run."""
        if self._server is not None or not hasattr(os, "pidfd_open"):
            return
        folder = Path(tempfile.mkdtemp(prefix="cogworks-"))
        place = folder / "jobs"
        if len(os.fsencode(place)) >= _LONGEST:
            folder.rmdir()
            return
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place))
            listener.listen()
            # A pool of threads would not survive a fork: none is made before.
            self._server = subprocess.Popen(
                [sys.executable, str(SERVER), str(listener.fileno()), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **dict.fromkeys(_THREADS, "1")},
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        self._place = place

    def stop(self, *, wait: bool = True) -> int | None:
        """Let the server end after the jobs that still run; return its status if it has ended."""
        if self._server is None:
            return None
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._place = None
        return self._server.wait() if wait else self._server.poll()


WARM = Warm()
