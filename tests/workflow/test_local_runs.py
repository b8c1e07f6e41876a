"""What a run on one machine does for speed: it forks jobs, and the scheduler rests between them."""

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
