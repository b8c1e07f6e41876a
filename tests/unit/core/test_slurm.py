"""What Snakemake and its Slurm plugin are made to do, with stand-ins for executor and job."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from cogworks.core.codehash import SCRIPTS
from cogworks.core.slurm import keep_unanswered


class Executor:
    """Tells what it is told of each job; of a query without an answer, nothing."""

    def __init__(self) -> None:
        self.answers: dict[str, str] | None = None
        self.told: list[str] = []

    async def check_active_jobs(self, jobs: list[str]) -> AsyncIterator[str]:
        for job in jobs if self.answers is not None else []:
            match self.answers[job]:
                case "COMPLETED":
                    self.report_job_success(job)
                case "FAILED":
                    self.report_job_error(job, msg="failed")
                case _:
                    yield job

    def report_job_success(self, job: str) -> None:
        self.told.append(f"{job} done")

    def report_job_error(self, job: str, msg: str) -> None:
        self.told.append(f"{job} {msg}")


def check(executor: Executor, *jobs: str) -> list[str]:
    async def found() -> list[str]:
        return [job async for job in executor.check_active_jobs(list(jobs))]

    return asyncio.run(found())


def test_jobs_without_an_answer_are_kept_and_ended_ones_are_not() -> None:
    executor = Executor()
    assert check(executor, "a", "b", "c") == []  # what the plugin does
    keep_unanswered(executor)
    assert check(executor, "a", "b", "c") == ["a", "b", "c"]
    executor.answers = {"a": "COMPLETED", "b": "RUNNING", "c": "FAILED"}
    assert check(executor, "a", "b", "c") == ["b"]
    assert executor.told == ["a done", "c failed"]
    executor.answers = None
    assert check(executor, "b") == ["b"]


SNAKEFILE = """
import sys
sys.path.insert(0, {scripts!r})
from snakemake.scheduling.job_scheduler import JobScheduler
from cogworks.core.slurm import hand_down_stop
hand_down_stop(JobScheduler)

rule job:
    output: "never"
    shell:
        "trap 'touch stopped; exit 1' TERM; touch started; "
        "for i in `seq 1200`; do sleep 0.05; done"
"""


def test_a_job_is_told_that_slurm_asks_it_to_stop(tmp_path: Path) -> None:
    """The signal reaches Snakemake alone, which would wait for the job, and that for ever."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(scripts=str(SCRIPTS)))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "job"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as snakemake:
        try:
            while not (tmp_path / "started").exists():
                assert snakemake.poll() is None
            snakemake.terminate()
            assert snakemake.wait(30) == 1
        finally:
            snakemake.kill()
    assert (tmp_path / "stopped").exists()
