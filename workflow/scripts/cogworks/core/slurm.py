"""What Snakemake's Slurm plugin lacks for a run of days. Imported while the DAG is planned."""

from collections.abc import AsyncIterator, Callable
from typing import Any


def keep_unanswered(executor: Any) -> None:
    """Have the plugin's executor keep the jobs about which Slurm gives no answer.

    The plugin (2.8) drops all of them when a query fails five times in a row, as it does while the
    controller or the accounting is restarted, and Snakemake then waits for them forever.
    """
    ended: set[int] = set()
    check = executor.check_active_jobs

    def noting(report: Callable[..., None]) -> Callable[..., None]:
        def noted(job: Any, *arguments: Any, **named: Any) -> None:
            ended.add(id(job))
            report(job, *arguments, **named)

        return noted

    async def checked(jobs: list[Any]) -> AsyncIterator[Any]:
        ended.clear()
        running = {id(job) async for job in check(jobs)}
        for job in jobs:
            if id(job) in running or id(job) not in ended:
                yield job

    executor.report_job_success = noting(executor.report_job_success)
    executor.report_job_error = noting(executor.report_job_error)
    executor.check_active_jobs = checked
