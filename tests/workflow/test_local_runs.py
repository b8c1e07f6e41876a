"""What a run on one machine does: it forks jobs, rests between them, and gives each a GPU."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIG = """
concepts:
  mini:
    pool: pool.txt
    seen: seen.txt
    drop_seen_ancestors: false
    exclude_subtrees: []
    leaves_only: false
    levels: {count: 2, size: 2}
"""
POOL = ["n02123045", "n02123159", "n02114100", "n02085620", "n07753592"]
TABLES = ("eligible", "ranking", "levels")


@pytest.fixture
def project(tmp_path: Path, make_project: Callable[..., Any]) -> Any:
    project = make_project(tmp_path / "project", "mini.yaml")
    (project.folder / "mini.yaml").write_text(CONFIG)
    (project.folder / "pool.txt").write_text("\n".join(POOL) + "\n")
    (project.folder / "seen.txt").write_text(POOL[0] + "\n")
    return project


def run(project: Any, *arguments: str) -> tuple[str, dict[str, bytes]]:
    """Run three jobs anew and return what was printed, and the bytes of their tables."""
    output = project.snakemake("concepts", "--printshellcmds", "--forceall", *arguments)
    folder = project.folder / "results" / "concepts" / "mini"
    return output, {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


def test_forked_jobs_give_the_same_bytes(project: Any) -> None:
    forked, tables = run(project)
    assert forked.count("warm/client.py") == len(TABLES)
    (project.folder / "plain.yaml").write_text("compute: {warm_start: false}\n")
    plain, same = run(project, "--configfile", "mini.yaml", "plain.yaml")
    assert "warm/client.py" not in plain
    assert tables == same
    assert not project.stale("concepts")


def test_a_failed_job_tells_its_reason_and_no_packed_config(project: Any) -> None:
    (project.folder / "pool.txt").write_text("\n".join(POOL[:3]) + "\n")
    output = project.snakemake("concepts", check=False)
    told = output[output.index("Error in rule") :]
    assert "    it ends with: error: concepts.mini" in told
    assert "returned non-zero exit status 1." in output
    assert "--spec" not in output
    output = project.snakemake("concepts", "--show-failed-logs", check=False)
    assert output.count("error: concepts.mini") == 1
    (project.folder / "mini.yaml").write_text(
        "encoders: {m: {model: cogworks:small_resnet, checkpoint: nowhere.pth}}\n"
    )
    output = project.snakemake("preflight", check=False)
    assert output.count("MISSING encoders: encoders.m") == 1
    assert "preflight.py" not in output


IMAGES = """
images:
  seen:
    source: {kind: world, size: 32}
    classes: {benchmark: mini, part: seen}
    max_images: 8
    test_images: 4
encoders:
  net: {model: cogworks:small_resnet, weights: random, shards: 2}
training:
  several: {dataset: seen, recipe: base, compute: {processes: 4}}
compute: {gpus: 1}
"""
FEATURES = "results/features/net/seen/test.npy"


@pytest.fixture
def gpus(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project on a machine with two GPUs, as `nvidia-smi` tells; there is no CUDA."""
    (project.folder / "mini.yaml").write_text(CONFIG + IMAGES)
    program = project.folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    lines = [f"echo 'GPU {i}: Paper (UUID: GPU-{i})'\n" for i in range(2)]
    program.write_text("#!/bin/sh\n" + "".join(lines))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return project


def test_each_job_takes_a_gpu_of_its_own(gpus: Any) -> None:
    output = gpus.snakemake(FEATURES, "--printshellcmds")
    words = "take_gpus.py 1 "
    assert output.count(words) == 2, "the shards; the job that joins them needs none"
    assert all("GPU-0 GPU-1 --" in line for line in output.splitlines() if words in line)
    (gpus.folder / "none.yaml").write_text("compute: {gpus: 0}\n")
    assert not gpus.stale(FEATURES, "--configfile", "mini.yaml", "none.yaml")


def test_what_this_machine_lacks_is_told_before_any_job(
    gpus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = "results/training/several/encoder.safetensors"
    output = gpus.snakemake(target, check=False)
    assert "train_encoder several asks for 4 GPUs, and this run has 2; lower compute" in output
    (gpus.folder / "more.yaml").write_text("compute: {scratch: /none}\n")
    more = ("--configfile", "mini.yaml", "more.yaml", "--dry-run", "--resources", "gpu=1")
    output = gpus.snakemake(target, *more, check=False)
    assert "train_encoder several asks for 4 GPUs, and this run has 1; lower compute" in output
    assert "compute.scratch: /none is not a folder on " in output
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    output = gpus.snakemake(FEATURES, check=False)
    assert " 2 asks for 1 GPU, and this run finds none" in output
    assert not (gpus.folder / "results").exists()


COUNTED = """
import threading
import snakemake.cli
passes = []
class Timer(threading.Timer):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        passes.append("scheduling" in self.function.__module__)
threading.Timer = Timer
try:
    snakemake.cli.main(["concepts", "--cores", "1", "--configfile", "mini.yaml"])
finally:
    print("timers:", sum(passes))
"""


def test_the_scheduler_waits_for_jobs_and_not_for_the_clock(project: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTED],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "3 of 4 steps" in done.stdout + done.stderr
    assert "timers: 0" in done.stdout
