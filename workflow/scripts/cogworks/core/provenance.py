"""Who computed what: a record of each job, written by the job itself when it is finished.

The records are in `logs/provenance/`, one file a job, and in no result: dates and durations would
make other bytes of the same config.
"""

import base64
import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cogworks.core.files import write_text
from cogworks.core.place import ROOT
from cogworks.core.progress import format_duration
from cogworks.core.words import counted

LOGS = Path("logs")
FOLDER = LOGS / "provenance"
# Libraries that shape numbers, by the modules that a job imports.
_LIBRARIES = {
    "numpy": "numpy",
    "pandas": "pandas",
    "torch": "torch",
    "torchvision": "torchvision",
    "timm": "timm",
    "sklearn": "scikit-learn",
    "optuna": "optuna",
    "diffusers": "diffusers",
    "transformers": "transformers",
    "matplotlib": "matplotlib",
}
# Where `stat` has the start of a process, in ticks since that of the system, after its name.
_TICKS = 19
# The longest name of a file, less the sign in front of a folder.
_LONGEST = 254
_started = time.monotonic()
_elsewhere = False


def start() -> None:
    """Take the start of this process for that of the job, or this moment where nobody tells it."""
    global _started
    _started = time.monotonic() - _age()


def _age() -> float:
    """Return the seconds since this process was started, or forked; 0 where Linux does not tell."""
    with contextlib.suppress(OSError):
        # The name of the program, the second field, may hold spaces and brackets.
        fields = Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()
        ticks = int(fields[_TICKS]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks)
    return 0.0


def works_elsewhere(found: bool) -> None:
    """Say whether this process only starts others, on nodes whose memory it does not see."""
    global _elsewhere
    _elsewhere = found


def record(status: int) -> None:
    """Write the record of this job of a rule, if its status is that of success.

    A job whose record cannot be written is none the worse for it.
    """
    if status == 0 and "--spec" in sys.argv and LOGS.is_dir():
        name = hashlib.sha256("\0".join(sys.argv).encode()).hexdigest()[:16]
        with contextlib.suppress(OSError):
            text = json.dumps(_record(), indent=1, sort_keys=True)
            write_text(f"{text}\n", FOLDER / Path(sys.argv[0]).stem / f"{name}.json")


def logs_behind(target: str, project: Path) -> set[str]:
    """Return the logs of the jobs that made a file, and of those that made what it is made of.

    Snakemake keeps this of each job in the project's folder. Empty where it has none of the file.

    Args:
        target: the path of the file in the project.
        project: the folder.

    Returns:
        Paths as records have them: below `logs`.
    """
    found: set[str] = set()
    done: set[str] = set()
    left = {target}
    while left:
        path = left.pop()
        done.add(path)
        with contextlib.suppress(OSError):
            made = json.loads(_metadata(path, project).read_text("utf-8"))
            found.update(str(Path(log).relative_to(LOGS)) for log in made["log"])
            left.update(set(made["input"]) - done)
    return found


def _metadata(path: str, project: Path) -> Path:
    """Return where Snakemake 9 keeps what an output was made with: folders have `@` in front."""
    name = base64.urlsafe_b64encode(path.encode()).decode()
    *folders, last = (name[start : start + _LONGEST] for start in range(0, len(name), _LONGEST))
    return project.joinpath(".snakemake", "metadata", *(f"@{part}" for part in folders), last)


def told(folder: Path, logs: Collection[str] = ()) -> str:
    """Return a sentence on jobs whose records are in a folder; empty where there are none.

    Args:
        folder: the folder.
        logs: the logs of the jobs that count, each as it ran last; all jobs where there is none.
    """
    records = [json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob("*.json"))]
    if logs:
        records.sort(key=lambda record: datetime.fromisoformat(record["finished"]))
        records = list({r["log"]: r for r in records if r["log"] in logs}.values())
    if not records:
        return ""
    finished = sorted(datetime.fromisoformat(record["finished"]) for record in records)
    together = format_duration(sum(record["seconds"] for record in records))
    days = dict.fromkeys(f"{day:%Y-%m-%d %H:%M}" for day in (finished[0], finished[-1]))
    commits, devices = (
        ", ".join(sorted({record[key] for record in records})) for key in ("commit", "device")
    )
    return (
        f"{counted(len(records), 'job')}, finished {' to '.join(days)} UTC, {together} together, "
        f"on {devices}, commit {commits}."
    )


def _record() -> dict[str, Any]:
    return {
        "script": Path(sys.argv[0]).stem,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - _started, 2),
        "memory_mb": _memory(),
        "log": _log(),
        "commit": _commit(),
        "device": _device(),
        "versions": {"python": platform.python_version(), **dict(_versions())},
    }


def _memory() -> int | None:
    """Return the MB (2^20 bytes) that the job, or the largest process it started, held at most.

    None where Linux does not tell, for a job whose work is done on other nodes, and for a fork of
    the warm server: all libraries that it shares with others would count.
    """
    if _elsewhere or sys.argv[0] not in sys.orig_argv:
        return None
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                # Not the `ru_maxrss` of this process, which also counts who started it.
                started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
                return max(int(line.split()[1]), started) // 1024
    return None


def _log() -> str:
    """Return the path of its log in `logs`, which tells rule and wildcards; empty if unknown."""
    with contextlib.suppress(OSError):
        path = Path(os.readlink("/proc/self/fd/1"))
        if path.is_relative_to(LOGS.resolve()):
            return str(path.relative_to(LOGS.resolve()))
    return ""


def _commit() -> str:
    """Return the commit of the checkout, with `-dirty` if files differ from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _device() -> str:
    """Return the name of the GPU that the job has used, else that of the processor."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return str(torch.cuda.get_device_name())
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _versions() -> Iterator[tuple[str, str]]:
    """Yield the versions of those of the libraries that the job has imported."""
    for module, name in _LIBRARIES.items():
        if module in sys.modules:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                yield name, importlib.metadata.version(name)
