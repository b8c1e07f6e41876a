"""The profile for Slurm, as far as planning goes; tests/slurm runs it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

PROFILE = Path(__file__).resolve().parents[2] / "profiles" / "slurm" / "config.yaml"


def test_no_limit_of_jobs_per_time_keeps_snakemake_after_the_last_job() -> None:
    """It waits for the timers of such a limit; its own default is dropped for all runs."""
    keys = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    assert not [key for key in keys if key.startswith("max-jobs-per")]


def test_a_job_that_no_node_has_the_memory_for_is_told_while_planning(
    tmp_path: Path, make_project: Callable[..., Any]
) -> None:
    """The one that needs most, of each rule; a job on a node of just its size is fine."""
    project = make_project(tmp_path / "project", "config/test.yaml")
    more = project.folder / "more.yaml"
    more.write_text("training: {base: {compute: {mem_mb: 5000, processes: 2}}}\n")
    profile = ["--profile", "profiles/slurm", "--dry-run", "--resources", "mem_mb=8000"]
    files = ["--configfile", "config/test.yaml", str(more)]
    output = project.snakemake(*profile, *files, check=False)
    found = [line for line in output.splitlines() if "the profile says that a node has" in line]
    assert [line.partition(" MB of")[0] for line in found] == ["train_encoder base needs 10000"]
