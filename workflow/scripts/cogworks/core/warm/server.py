"""Load what scripts import, and fork for each job that a client asks for: server.py FD FOLDER.

FD is a listening socket; FOLDER is the socket's own, and is removed at the end. Ends when standard
input does, which the run's process holds open, and when the jobs that still run have ended.
"""

import contextlib
import gc
import importlib
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
    notes: int = -1
    """A file for the names of the modules that the job loads, for later jobs of its script."""

    def run(self) -> None:
        """Become the job. It starts from nothing if sources were edited after they were loaded."""
        self._take_over()
        if not self.fresh:
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
        known = set(sys.modules)
        try:
            runpy.run_path(self.script, run_name="__main__")
        finally:
            with open(self.notes, "w") as notes:
                notes.writelines(f"{name}\n" for name in sys.modules if name not in known)

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


@dataclass(frozen=True)
class Running:
    """A job that runs: its script, its client, the pidfd of its process and its notes."""

    script: str
    client: socket.socket
    handle: int
    notes: int


class Server:
    """Waits for clients, for the ends of jobs and for the end of the run, all in one thread."""

    def __init__(self, listener: socket.socket) -> None:
        self._waiting = selectors.DefaultSelector()
        self._listener = listener
        self._jobs: dict[int, Running] = {}
        # By script: the modules of ours that its jobs loaded by themselves, to be loaded here.
        self._wanted: dict[str, list[str]] = {}
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
        notes = os.memfd_create("modules")
        pid = os.fork()
        if pid == 0:
            self._leave()
            client.close()
            return replace(job, fresh=self._sources == _dates(self._sources), notes=notes)
        for stream in job.streams:
            os.close(stream)
        handle = os.pidfd_open(pid)
        self._jobs[pid] = Running(job.script, client, handle, notes)
        self._waiting.register(handle, selectors.EVENT_READ, lambda: self._ended(pid))
        self._waiting.register(client, selectors.EVENT_READ, lambda: self._left(pid))
        _tell(client, pid)
        return None

    def _load(self, script: str) -> None:
        """Import what a script and its earlier jobs did; what fails here fails in the job."""
        if script not in self._wanted:
            self._wanted[script] = []
            self._load_script(script)
        elif self._wanted[script]:
            for name in self._wanted[script]:
                with contextlib.suppress(Exception, SystemExit):
                    importlib.import_module(name)
            self._wanted[script] = []
        else:
            return
        # What lives in all jobs is not searched for garbage, so that its pages stay shared.
        gc.collect()
        gc.freeze()

    def _load_script(self, script: str) -> None:
        sys.path[0] = folder = str(Path(script).parent)
        # All of them, since jobs load some by themselves; from before they are read.
        sources = {script, *map(str, Path(folder).rglob("*.py"))}
        self._sources |= _dates(sources - self._sources.keys())
        with contextlib.suppress(Exception, SystemExit):
            runpy.run_path(script, run_name="loaded")
            # Jobs put the digest of their code into what they keep: the sources are read once.
            if (codehash := sys.modules.get("cogworks.core.codehash")) is not None:
                codehash.rule_code(Path(script).stem)

    def _learn(self, job: Running) -> None:
        """Note which of our modules a job that has ended loaded by itself.

        Not those of libraries: some start threads and processes while they are imported.
        """
        with open(job.notes) as notes:
            notes.seek(0)  # The job's process shares the place in the file.
            names = notes.read().split()
        folder = Path(job.script).parent
        ours = {path.stem if path.is_file() else path.name for path in folder.iterdir()}
        self._wanted[job.script] += [name for name in names if name.partition(".")[0] in ours]

    def _ended(self, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        job = self._jobs.pop(pid)
        self._waiting.unregister(job.handle)
        os.close(job.handle)
        if job.client in self._waiting.get_map():
            self._waiting.unregister(job.client)
        _tell(job.client, os.waitstatus_to_exitcode(status))
        job.client.close()
        self._learn(job)

    def _left(self, pid: int) -> None:
        """End a job whose client was killed: the client stands for it."""
        job = self._jobs[pid]
        self._waiting.unregister(job.client)
        signal.pidfd_send_signal(job.handle, signal.SIGKILL)

    def _close(self) -> None:
        self._waiting.unregister(0)
        self._waiting.unregister(self._listener)
        self._listener.close()
        self._open = False

    def _leave(self) -> None:
        """Close, in a new process, what belongs to the server."""
        self._waiting.close()
        self._listener.close()
        for job in self._jobs.values():
            job.client.close()
            os.close(job.handle)
            os.close(job.notes)


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
