"""Load what scripts import, and fork for each job that a client asks for: server.py FD FOLDER.

FD is a listening socket; FOLDER is the socket's own, and is removed at the end. Ends when standard
input does, which the run's process holds open, and when the jobs that still run have ended.
"""

import gc
import io
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

STREAMS = 3


@dataclass(frozen=True)
class Job:
    """What a client asks for: a script to run as `__main__`, and the state of its process."""

    script: str
    arguments: list[str]
    folder: str
    umask: int
    environment: dict[str, str]
    streams: list[int]
    fresh: bool = True

    def run(self) -> None:
        """Become the job. It starts from nothing if sources were edited after they were loaded."""
        self._take_over()
        if self.fresh:
            runpy.run_path(self.script, run_name="__main__")
        else:
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606

    def _take_over(self) -> None:
        """Give this process the streams, folder, environment and threads of the client's."""
        os.setpgid(0, 0)
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
            os.close(stream)
        if isinstance(sys.stdout, io.TextIOWrapper) and os.isatty(1):
            sys.stdout.reconfigure(line_buffering=True)
        os.umask(self.umask)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        tempfile.tempdir = None  # It is kept by whoever asked first.
        sys.argv = [self.script, *self.arguments]
        _set_threads(int(self.environment.get("OMP_NUM_THREADS", "1")))


class Server:
    """Waits for clients, for the ends of jobs and for the end of the run, all in one thread."""

    def __init__(self, listener: socket.socket) -> None:
        self._waiting = selectors.DefaultSelector()
        self._listener = listener
        self._jobs: dict[int, tuple[socket.socket, int]] = {}  # pid: its client and its pidfd
        self._loaded: set[str] = set()
        self._sources: dict[str, int] = {}
        self._open = True
        self._waiting.register(listener, selectors.EVENT_READ, self._accept)
        self._waiting.register(0, selectors.EVENT_READ, self._close)

    def next_job(self) -> Job | None:
        """Return, in a new process, the job to run there; in this one, None at the end."""
        while self._open or self._jobs:
            for key, _ in self._waiting.select():
                if (job := key.data()) is not None:
                    return job
        return None

    def _accept(self) -> Job | None:
        client, _ = self._listener.accept()
        try:
            job = _read(client)
        except (OSError, ValueError):  # It was killed while it asked.
            client.close()
            return None
        self._load(job.script)
        pid = os.fork()
        if pid == 0:
            self._leave()
            client.close()
            return replace(job, fresh=self._sources == _dates(self._sources))
        for stream in job.streams:
            os.close(stream)
        handle = os.pidfd_open(pid)
        self._jobs[pid] = client, handle
        self._waiting.register(handle, selectors.EVENT_READ, lambda: self._ended(pid))
        self._waiting.register(client, selectors.EVENT_READ, lambda: self._left(pid))
        _tell(client, pid)
        return None

    def _load(self, script: str) -> None:
        """Import what a script imports, once; what fails here fails in the job, with its words."""
        if script in self._loaded:
            return
        self._loaded.add(script)
        sys.path[0] = folder = str(Path(script).parent)
        # All of them, since jobs load some by themselves; from before they are read.
        sources = {script, *map(str, Path(folder).rglob("*.py"))}
        self._sources |= _dates(sources - self._sources.keys())
        try:
            runpy.run_path(script, run_name="loaded")
            # Jobs put the digest of their code into what they keep: the sources are read once.
            if (codehash := sys.modules.get("cogworks.core.codehash")) is not None:
                codehash.rule_code(Path(script).stem)
        except (Exception, SystemExit):
            return
        # What lives in all jobs is not searched for garbage, so that its pages stay shared.
        gc.collect()
        gc.freeze()

    def _ended(self, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        client, handle = self._jobs.pop(pid)
        self._waiting.unregister(handle)
        os.close(handle)
        if client in self._waiting.get_map():
            self._waiting.unregister(client)
        _tell(client, os.waitstatus_to_exitcode(status))
        client.close()

    def _left(self, pid: int) -> None:
        """End a job whose client was killed: the client stands for it."""
        client, handle = self._jobs[pid]
        self._waiting.unregister(client)
        signal.pidfd_send_signal(handle, signal.SIGKILL)

    def _close(self) -> None:
        self._waiting.unregister(0)
        self._waiting.unregister(self._listener)
        self._listener.close()
        self._open = False

    def _leave(self) -> None:
        """Close, in a new process, what belongs to the server."""
        self._waiting.close()
        self._listener.close()
        for client, handle in self._jobs.values():
            client.close()
            os.close(handle)


def _read(client: socket.socket) -> Job:
    head, streams, _, _ = socket.recv_fds(client, 8, STREAMS)
    size, text = int.from_bytes(head, "big"), b""
    while len(text) < size:
        part = client.recv(size - len(text))
        if not part:
            raise OSError("the client has gone")
        text += part
    request: dict[str, Any] = json.loads(text)
    return Job(**request, streams=streams)


def _dates(paths: Iterable[str]) -> dict[str, int]:
    """Return when each file was last modified, 0 for one that is gone."""
    return {path: Path(path).stat().st_mtime_ns if Path(path).exists() else 0 for path in paths}


def _tell(client: socket.socket, number: int) -> None:
    try:
        client.sendall(b"%d\n" % number)
    except OSError:
        return  # It was killed, which the loop sees by itself.


def _set_threads(count: int) -> None:
    """Do what `OMP_NUM_THREADS` and its like do for libraries that are loaded later."""
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(count)
    if "numpy" in sys.modules:
        import threadpoolctl

        threadpoolctl.threadpool_limits(count)


def main() -> None:
    number, folder = int(sys.argv[1]), Path(sys.argv[2])
    with socket.socket(fileno=number) as listener:
        job = Server(listener).next_job()
    if job is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    job.run()


if __name__ == "__main__":
    main()
