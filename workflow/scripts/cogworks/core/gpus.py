"""GPUs of this machine, and the words that give each job some of its own.

Slurm gives a job its GPUs. On one machine nobody does: without this, all jobs would use the first.

Imported while the DAG is planned: standard library only.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

TAKE = Path(__file__).with_name("take_gpus.py")
VISIBLE = "CUDA_VISIBLE_DEVICES"


def found() -> list[str]:
    """Return the GPUs that processes may use here, as `CUDA_VISIBLE_DEVICES` names them.

    If that variable is set, as in an allocation of Slurm's, these are the ones that it names. They
    are called by their UUIDs where `nvidia-smi` tells these, so that runs agree on their names.
    """
    listed = _listed()
    named = os.environ.get(VISIBLE)
    if named is None:
        return listed
    result: list[str] = []
    for name in map(str.strip, named.split(",")):
        if name.isdigit() and listed and int(name) >= len(listed):
            break
        if not re.fullmatch(r"\d+|(GPU|MIG)-[\w/-]+", name):
            break  # So does CUDA: -1, or nothing at all, ends the list.
        result.append(listed[int(name)] if name.isdigit() and listed else name)
    return result


def _listed() -> list[str]:
    try:
        done = subprocess.run(
            ["nvidia-smi", "--list-gpus"], check=False, capture_output=True, text=True
        )
    except OSError:
        return []
    return re.findall(r"^GPU \d+: .*\(UUID: (GPU-[\w-]+)\)", done.stdout, re.MULTILINE)


class Pinned:
    """The GPUs that the jobs of this run share, or none: what goes in front of their commands."""

    def __init__(self) -> None:
        self._gpus: list[str] = []

    def start(self, gpus: list[str]) -> None:
        """Have jobs take GPUs of these from now on."""
        self._gpus = gpus

    def command(self, count: int, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words of a command that takes `count` GPUs first, if there are any to take."""
        if not self._gpus or not count:
            return words
        # The same for all runs of a user on this machine, also of those in other folders.
        folder = f"{tempfile.gettempdir()}/cogworks-gpus-{os.getuid()}"
        return (words[0], "-I", "-S", str(TAKE), str(count), folder, *self._gpus, "--", *words)


PINNED = Pinned()
