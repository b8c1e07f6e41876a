"""Jobs on one machine take GPUs of their own; the GPUs here exist on paper only."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.gpus import Pinned, found
from cogworks.preflight.gpus import crowded

GPUS = ["GPU-aaaa-1", "GPU-bbbb-2", "GPU-cccc-3"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with three GPUs, one of them divided, as `nvidia-smi` tells."""
    lines = [f"GPU {i}: NVIDIA H100 80GB HBM3 (UUID: {gpu})" for i, gpu in enumerate(GPUS)]
    lines.insert(1, "  MIG 1g.10gb     Device  0: (UUID: MIG-dddd-4)")
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, GPUS),
        ("", []),
        ("-1", []),
        ("2,0", [GPUS[2], GPUS[0]]),
        ("1,3,0", [GPUS[1]]),  # as CUDA reads it: the list ends where there is no such GPU
        ("MIG-dddd-4, GPU-aaaa-1", ["MIG-dddd-4", GPUS[0]]),
    ],
)
@pytest.mark.usefixtures("machine")
def test_the_gpus_are_those_that_cuda_would_see(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, expected: list[str]
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert found() == expected


@pytest.mark.usefixtures("machine")
def test_several_gpus_of_which_jobs_would_use_the_first_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (said,) = crowded()
    assert said.startswith("compute.gpus is 0: all jobs would use the first of 2 GPUs; ")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert not list(crowded())


def test_without_nvidia_smi_there_are_those_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert found() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert found() == ["0", "1"]


SHOW = (sys.executable, "-c", "import os; print(os.environ['CUDA_VISIBLE_DEVICES']); input()")
Start = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def start(machine: None) -> Iterator[Start]:
    """Return what starts a job with a number of GPUs: it tells them and waits for a line."""
    pinned = Pinned()
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with ExitStack() as stack:

        def started(count: int) -> "subprocess.Popen[str]":
            process = subprocess.Popen(pinned.command(count, SHOW), text=True, **pipes)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        assert pinned.command(1, SHOW) == SHOW
        pinned.start(GPUS)
        assert pinned.command(0, SHOW) == SHOW
        yield started


def line(stream: Any) -> str:
    return str(stream.readline()).strip()


def test_jobs_at_once_have_different_gpus(start: Start) -> None:
    jobs = [start(1) for _ in GPUS]
    assert sorted(line(job.stdout) for job in jobs) == GPUS


def test_a_job_waits_for_gpus_and_those_of_a_killed_one_are_free(start: Start) -> None:
    first, second = start(1), start(1)
    killed, kept = line(first.stdout), line(second.stdout)
    waiting = start(2)
    assert line(waiting.stderr) == "waiting for 2 of 3 GPUs: other jobs have them"
    # What waits holds nothing meanwhile.
    third = start(1)
    ended = line(third.stdout)
    assert {killed, kept, ended} == set(GPUS)
    first.kill()
    third.communicate("\n")
    assert set(line(waiting.stdout).split(",")) == {killed, ended}
