"""What Snakemake's Slurm plugin is made to keep, with a stand-in for its executor."""

import asyncio
from collections.abc import AsyncIterator

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
