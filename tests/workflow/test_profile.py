"""The profile for Slurm, as far as that goes without one; tests/slurm runs it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

PROFILE = Path(__file__).resolve().parents[2] / "profiles" / "slurm" / "config.yaml"


def test_no_limit_of_jobs_per_time_keeps_snakemake_after_the_last_job() -> None:
    """It waits for the timers of such a limit; its own default is dropped for all runs."""
    keys = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    assert not [key for key in keys if key.startswith("max-jobs-per")]


def test_a_job_that_no_node_has_the_memory_for_is_told_while_planning(
    tmp_path: Path, make_project: Callable[..., Any]
) -> None:
    """The one that needs most, of each rule; `all` runs nothing, and has 4000 by default."""
    project = make_project(tmp_path / "project", "config/test.yaml")
    more = project.folder / "more.yaml"
    more.write_text("training: {base: {compute: {mem_mb: 2000, processes: 2}}}\n")
    profile = ["--profile", "profiles/slurm", "--dry-run", "--resources", "mem_mb=3000"]
    files = ["--configfile", "config/test.yaml", str(more)]
    output = project.snakemake(*profile, *files, check=False)
    found = [line for line in output.splitlines() if "the profile says that a node has" in line]
    assert [line.partition(" MB of")[0] for line in found] == ["train_encoder base needs 4000"]


def test_a_partition_without_gpus_is_told_before_any_job(
    tmp_path: Path, make_project: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By programs of Slurm's names: one refuses requests with GPUs, and submits nothing."""
    project = make_project(tmp_path / "project", "config/test.yaml")
    refusal = "echo 'allocation failure: Requested node configuration is not available' >&2; exit 1"
    programs = dict.fromkeys(("squeue", "sacct"), "")
    programs["scontrol"] = "echo 'AccountingStorageType   = accounting_storage/none'"
    programs["sbatch"] = f'case "$*" in *--gpus*) {refusal};; *--test-only*) ;; *) touch sent; esac'
    for name, script in programs.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (project.folder / "more.yaml").write_text("compute: {gpus: 1}\n")
    profile = ["--profile", "profiles/slurm", "--default-resources", "slurm_partition=cpu"]
    files = ["--configfile", "config/test.yaml", "more.yaml"]
    target = "results/training/base/encoder.safetensors"
    output = project.snakemake(target, *profile, *files, check=False)
    [line] = [line for line in output.splitlines() if "Slurm would not take" in line]
    assert line.startswith(
        "train_encoder base: Slurm would not take this job (Requested node configuration is not "
        "available). It asks for -p cpu "
    )
    assert line.endswith(" --gpus=1")
    assert not (project.folder / "sent").exists()
    assert "Slurm keeps no accounts here" in output
