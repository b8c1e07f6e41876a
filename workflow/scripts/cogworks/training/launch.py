"""Starting the processes of a run: one here, or several under torchrun, on one node or more."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

# The exit status of a run that a signal stopped: its state is kept, and the same command goes on.
# It is EX_TEMPFAIL. At a job's time limit Slurm sends the signal; Snakemake's retries then submit
# the job again. Slurm itself queues a script of one's own again where `RequeueExit=75` says so.
STOPPED = 75


def launched() -> bool:
    """Say whether torchrun has started this process."""
    return "WORLD_SIZE" in os.environ


def launch(command: Sequence[str], *, processes: int, nodes: int, threads: int) -> int:
    """Run `command` in several processes and return the exit status.

    A signal that asks to stop is handed on. On several nodes, Slurm's `srun` starts torchrun on
    each node of the job's allocation.

    Args:
        command: a script and its arguments.
        processes: on each node.
        nodes: of the allocation.
        threads: CPU cores of each process.
    """
    full = torchrun_command(command, processes=processes, nodes=nodes)
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    stopping = False
    with subprocess.Popen(full, env=environment) as child:

        def hand_on(number: int, frame: FrameType | None) -> None:
            nonlocal stopping
            stopping = True
            child.send_signal(signal.SIGTERM)

        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, hand_on)
        status = child.wait()
    return STOPPED if stopping and status else status


def torchrun_command(command: Sequence[str], *, processes: int, nodes: int) -> list[str]:
    """Return the command that starts `command` in several processes, see `launch`."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}"]
    if nodes == 1:
        return [*torchrun, "--standalone", *command]
    meeting = [
        f"--nnodes={nodes}",
        "--rdzv-backend=c10d",
        f"--rdzv-id={os.environ.get('SLURM_JOB_ID', '0')}",
        f"--rdzv-endpoint={socket.gethostname()}:{_port()}",
    ]
    srun = ["srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1"]
    return [*srun, *torchrun, *meeting, *command]


def _port() -> int:
    """Return a port that jobs on the same node do not share."""
    return 20000 + int(os.environ.get("SLURM_JOB_ID", "0")) % 20000
