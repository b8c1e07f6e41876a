"""A Slurm cluster of several nodes on this machine: `python tests/slurm/cluster.py FOLDER`.

Slurm's own daemons from the system's packages, one slurmd a node, all on the loopback interface
and in one folder. No root, no systemd, no accounting; the nodes' cores, memory and GPUs exist on
paper only. A job that takes more memory than it asked for is killed all the same: by the kernel
where this user may make control groups (version 1), elsewhere by Slurm, which looks every second.
"""

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd", "srun")
# Where Debian has daemons, which a user's PATH may lack.
SYSTEM = "/usr/sbin:/sbin"
# Slurm wants a device for each GPU, and any will do.
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random")

CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/pids/slurmctld
SlurmdPidFile={folder}/pids/%n
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/%n
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
ReturnToService=2
MinJobAge=3600
SchedulerParameters=sched_interval=2,bf_interval=5,batch_sched_delay=0
EnforcePartLimits=ALL
KillWait=30
"""

GROUPS = Path("/sys/fs/cgroup/memory")
BY_KERNEL = """\
ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
"""
BY_SLURM = """\
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherParams=OverMemoryKill
"""
GROUP_CONFIG = """\
CgroupPlugin=cgroup/v1
ConstrainRAMSpace=yes
"""


def kills_by_kernel() -> bool:
    """Say whether the kernel holds jobs to their memory."""
    return os.access(GROUPS / "cgroup.procs", os.W_OK)


def missing() -> list[str]:
    """Return the daemons of Slurm that are not installed."""
    return [name for name in DAEMONS if _found(name) is None]


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:{SYSTEM}")


def _free_ports(number: int) -> list[int]:
    """Return ports at which nobody listens."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it does not within this time.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited for {seconds:g} s: {what}")
        time.sleep(0.2)


@dataclass
class Cluster:
    """A cluster of the nodes n1, n2, n3; `start` and `stop` it.

    The partition `all` has all nodes and is the default; n3 has no GPU, and is alone in `cpu`.

    Attributes:
        folder: where everything of it lies.
        cpus: of a node.
        memory: of a node, in MB.
        gpus: of each node but n3.
    """

    folder: Path
    cpus: int = 2
    memory: int = 16000
    gpus: int = 2
    names: tuple[str, ...] = ("n1", "n2", "n3")

    @property
    def config(self) -> Path:
        """Return Slurm's config."""
        return self.folder / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables by which Slurm's commands find it."""
        path = f"{self.folder}/bin:{os.environ['PATH']}:{SYSTEM}"
        return {"SLURM_CONF": str(self.config), "PATH": path}

    def start(self) -> None:
        """Start all daemons, and wait until every node is ready.

        Raises:
            FileNotFoundError: Slurm is not installed.
            TimeoutError: a node does not come up.
        """
        lacking = missing()
        if lacking:
            raise FileNotFoundError(f"not installed: {', '.join(lacking)}")
        for name in ("bin", "log", "munge", "pids", "spool", "state"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        self._write_config()
        self._write_srun()
        self._start_munge()
        self.start_controller("-c")
        for name in self.names:
            (self.folder / "spool" / name).mkdir()
            self._daemon("slurmd", "-f", str(self.config), "-N", name)
        wait_until(
            lambda: self.states().count("idle") == len(self.names), 60, f"see {self.folder}/log"
        )

    def stop(self) -> None:
        """End all jobs and daemons."""
        self.run("scancel", "--user", getuser(), check=False)
        for path in sorted((self.folder / "pids").iterdir()):
            self._end(path.name)
        for name in self.names:
            for group in GROUPS.parent.glob(f"*/slurm_{name}"):
                with suppress(OSError):
                    group.rmdir()

    def run(self, *command: str, check: bool = True) -> str:
        """Run one of Slurm's commands and return what it prints."""
        done = subprocess.run(
            command,
            env=os.environ | self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def states(self) -> list[str]:
        """Return the state of each node, such as idle, alloc or drain."""
        return self.run("sinfo", "-h", "-N", "-p", "all", "-o", "%T", check=False).split()

    def start_controller(self, *arguments: str) -> None:
        """Start the controller, which goes on from its state unless an argument says otherwise."""
        self._daemon("slurmctld", "-f", str(self.config), *arguments)

    def stop_controller(self) -> None:
        """End the controller; jobs go on running."""
        self._end("slurmctld")

    def _daemon(self, name: str, *arguments: str) -> None:
        program = _found(name)
        assert program is not None
        environment = os.environ | {"SLURM_CONF": str(self.config)}
        subprocess.run([program, *arguments], env=environment, check=True)

    def _start_munge(self) -> None:
        munge = self.folder / "munge"
        key = munge / "key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(1024))
        parts = {"key": key, "socket": munge / "socket", "pid": self.folder / "pids" / "munged"}
        parts |= {"log": self.folder / "log" / "munged", "seed": munge / "seed"}
        files = [
            f"--{part}{'' if part == 'socket' else '-file'}={path}" for part, path in parts.items()
        ]
        # A folder that others may write is no fault of a test's.
        self._daemon("munged", "--force", *files)

    def _write_config(self) -> None:
        host = socket.gethostname().split(".")[0]
        controller, *ports = _free_ports(1 + len(self.names))
        lines = [CONFIG.format(folder=self.folder, host=host, port=controller, user=getuser())]
        lines.append(BY_KERNEL if kills_by_kernel() else BY_SLURM)
        for name, port in zip(self.names, ports, strict=True):
            gpus = f" Gres=gpu:{self.gpus}" if name != self.names[-1] else ""
            lines.append(
                f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}"
                f" CPUs={self.cpus} RealMemory={self.memory}{gpus}\n"
            )
        lines.append("PartitionName=all Nodes=ALL Default=YES MaxTime=1440\n")
        lines.append(f"PartitionName=cpu Nodes={self.names[-1]} MaxTime=1440\n")
        self.config.write_text("".join(lines))
        (self.folder / "cgroup.conf").write_text(GROUP_CONFIG if kills_by_kernel() else "")
        nodes = ",".join(self.names[:-1])
        devices = [f"NodeName={nodes} Name=gpu File={path}\n" for path in DEVICES[: self.gpus]]
        (self.folder / "gres.conf").write_text("AutoDetect=off\n" + "".join(devices))

    def _write_srun(self) -> None:
        """Write an `srun` that knows this cluster.

        Snakemake's plugin takes Slurm's variables away from the `srun` inside of a job, since on a
        cluster its config is where Slurm looks by itself.
        """
        script = self.folder / "bin" / "srun"
        script.write_text(f'#!/bin/sh\nSLURM_CONF="{self.config}" exec {_found("srun")} "$@"\n')
        script.chmod(0o755)

    def _end(self, name: str) -> None:
        path = self.folder / "pids" / name
        if not path.exists():
            return
        process = int(path.read_text())
        for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            if not Path(f"/proc/{process}").exists():
                break
            os.kill(process, number)
            try:
                wait_until(lambda: not Path(f"/proc/{process}").exists(), seconds, name)
            except TimeoutError:
                continue
        path.unlink(missing_ok=True)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder for the cluster")
    parser.add_argument("--check", action="store_true", help="end at once: whether it starts")
    args = parser.parse_args(arguments)
    cluster = Cluster(args.folder.resolve())
    try:
        cluster.start()
    except BaseException:
        if (cluster.folder / "pids").exists():
            cluster.stop()
        raise
    if args.check:
        cluster.stop()
        return 0
    for name, value in cluster.environment.items():
        print(f"export {name}='{value}'")
    print("# A shell with these variables uses the cluster. Ctrl-C ends it.", flush=True)
    # In the background, a shell has Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
