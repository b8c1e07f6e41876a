"""What Snakemake's Slurm plugin lacks for a run of days. Imported while the DAG is planned."""

import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import psutil  # Snakemake's own; this is imported in its processes only


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
        async for _ in check(jobs):
            pass
        for job in jobs:
            if id(job) not in ended:
                yield job

    executor.report_job_success = noting(executor.report_job_success)
    executor.report_job_error = noting(executor.report_job_error)
    executor.check_active_jobs = checked


def record_here(workflow: Any) -> None:
    """Have a job on a node record with what its results were made.

    Snakemake leaves that to the process that submitted the job. If that one is killed, the results
    are there and nobody knows of what they are.

    Args:
        workflow: Snakemake's `Workflow` in the process of one job.
    """
    persistence, settings = workflow.persistence, workflow.remote_execution_settings
    finish = persistence.finished

    async def finished(job: Any) -> None:
        # As if nobody were there to do it.
        before, settings.immediate_submit = settings.immediate_submit, True
        try:
            await finish(job)
        finally:
            settings.immediate_submit = before

    persistence.finished = finished


def hand_down_stop(scheduler: Any) -> None:
    """Have a job on a node tell its processes when Slurm asks it to stop.

    Where Slurm tracks processes by cgroups, as most clusters do, SIGTERM (a job that is cancelled,
    preempted or out of time) reaches only the process that Slurm started, which is Snakemake. It
    lets its job go on, and half a minute later all are killed.

    Args:
        scheduler: Snakemake's class `JobScheduler`, in the process of one job.
    """
    note = scheduler.exit_gracefully

    def stop(self: Any, *arguments: Any) -> None:
        note(self, *arguments)
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)

    scheduler.exit_gracefully = stop
