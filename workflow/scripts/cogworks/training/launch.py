"""Starting the processes of a run: one here, or several under torchrun, on one node or more."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from cogworks.core import leader, provenance
from cogworks.core.errors import InputError
from cogworks.core.interrupt import SIGNALS
from cogworks.training.marks import is_finished, stop_file

# The exit status of a run that a signal stopped: its state is kept, and the same command goes on.
# It is EX_TEMPFAIL. At a job's time limit Slurm sends the signal; Snakemake's retries then submit
# the job again. Slurm itself requeues a user's own script if `RequeueExit=75` says so.
STOPPED = 75

# Names the file that asks the processes of a run to stop. torchrun would end them: half a minute
# after a signal it kills what is still saving, and at a second signal it leaves them to themselves.
STOP_FILE = "COGWORKS_STOP_FILE"
# So torchrun is deaf to the signals that ask to stop (Slurm sends them to every process of a job
# step), and ends when its processes do.
DEAF = 'trap "" TERM USR1; exec "$@"'
TORCHRUN_SIGNALS = {"PET_SIGNALS_TO_HANDLE": "SIGINT,SIGHUP,SIGQUIT"}


def launched() -> bool:
    """Say whether torchrun has started this process."""
    return "WORLD_SIZE" in os.environ


def stop_asked() -> bool:
    """Say whether the process that started torchrun here was asked to stop."""
    path = os.environ.get(STOP_FILE)
    return path is not None and os.path.exists(path)


def stopped_status() -> int:
    """Return the exit status of this process of a run that was stopped and kept its state.

    Under `launch` it is 0, since torchrun takes anything else for a failure and ends the others;
    `launch` itself then returns `STOPPED`.
    """
    return 0 if STOP_FILE in os.environ else STOPPED


def launch(
    command: Sequence[str],
    *,
    processes: int,
    nodes: int,
    threads: int,
    state: Path,
) -> int:
    """Run `command` in several processes and return the exit status.

    A signal that asks to stop reaches them by a file, wherever it was sent. On several nodes,
    Slurm's `srun` starts torchrun on each node of the job's allocation.

    Args:
        command: a script and its arguments.
        processes: on each node.
        nodes: of the allocation.
        threads: CPU cores of each process.
        state: the run's state folder.

    Raises:
        InputError: several nodes without `srun`.
    """
    if nodes > 1 and shutil.which("srun") is None:
        raise InputError(
            f"compute.nodes: {nodes} nodes want Slurm's srun, which is not on the PATH; run "
            "within a Slurm job, or set compute.nodes to 1"
        )
    stop = stop_file(state)
    stop.parent.mkdir(parents=True, exist_ok=True)
    stop.unlink(missing_ok=True)
    caught = 0

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        nonlocal caught
        caught = number
        stop.touch()

    for number in (*SIGNALS, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    provenance.works_elsewhere(nodes > 1)
    torchrun = torchrun_command(command, processes=processes, nodes=nodes, threads=threads)
    # They end with this process, should it be killed, and not with the run, of which it tells them.
    leader.lead()
    environment = {"OMP_NUM_THREADS": str(threads), STOP_FILE: str(stop)}
    status = subprocess.run(
        ["sh", "-c", DEAF, "sh", *torchrun],
        env={**os.environ, **TORCHRUN_SIGNALS, **environment},
        check=False,
    ).returncode
    stop.unlink(missing_ok=True)
    if status:
        # A shell's status for a process that a signal ended, here before it could keep a state.
        return 128 + caught if caught else 1
    # Where all ended well without an end of the training, they were stopped and kept the state.
    return 0 if is_finished(state) else STOPPED


def torchrun_command(
    command: Sequence[str], *, processes: int, nodes: int, threads: int
) -> list[str]:
    """Return the command that starts `command` in several processes, see `launch`."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}"]
    # Without the dashes torchrun takes the script's options, such as --start, for its own.
    script = ["--", *command]
    if nodes == 1:
        return [*torchrun, "--standalone", *script]
    meeting = [
        f"--nnodes={nodes}",
        "--rdzv-backend=c10d",
        f"--rdzv-id={os.environ.get('SLURM_JOB_ID', '0')}",
        f"--rdzv-endpoint={socket.gethostname()}:{_port()}",
    ]
    srun = ["srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1"]
    # Else torchrun waits ten minutes for a node that is gone before all have met.
    srun.append("--kill-on-bad-exit=1")
    # Without a number, a task gets one core of those that the job has.
    srun.append(f"--cpus-per-task={processes * threads}")
    return [*srun, "sh", "-c", DEAF, "sh", *torchrun, *meeting, *script]


def _port() -> int:
    """Return a port that jobs on the same node do not share."""
    return 20000 + int(os.environ.get("SLURM_JOB_ID", "0")) % 20000
