"""Checks of Snakemake's graph of jobs before a run: no old result may pass for a new one.

Snakemake keeps a file that is there if it finds no way to make it, and if it has no record of what
it was made with.

Imported while the DAG is planned: the standard library only.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.fingerprint import is_made

SHOWN = 3
# Linux takes 131,072 bytes; Snakemake puts a few of its own in front.
LONGEST_COMMAND = 131_000


def check_made(workflow: Any) -> None:
    """Check that each result that a job reads is itself made by a job.

    If a job's input function fails, or an input of it is missing, Snakemake takes the job out of
    the graph, and reads the file that an earlier run has left.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.

    Raises:
        Exception: what kept Snakemake from planning the job, as if the old file were not there.
    """
    dag = workflow.dag

    async def plan(file: Any) -> None:
        await dag.update(await dag.file2jobs(file), file=file)

    if workflow.dag_settings.allowed_rules:
        return  # The user has left out the other jobs.
    for job in dag.jobs:
        made = set().union(*dag.dependencies[job].values())
        for file in job.input:
            if file not in made and is_made(file):
                workflow.async_run(plan(file))
                raise InputError(f"{file}: a job of {job.rule.name} reads it, and no job makes it")


def too_long(jobs: Iterable[Any]) -> Iterator[str]:
    """Yield the jobs whose commands Linux would not take: a shell's command is one argument.

    Args:
        jobs: Snakemake's jobs.
    """
    for job in jobs:
        length = len((job.shellcmd or "").encode())
        if length > LONGEST_COMMAND:
            yield (
                f"{job.rule.name} of {', '.join(job.output)}: its command has {length} bytes, and "
                f"Linux takes {LONGEST_COMMAND}; name fewer encoders and data sets in one part of "
                "the report or in one evaluation"
            )


def check_records(workflow: Any) -> None:
    """Check that Snakemake knows what the results that it would keep were made with.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.

    Raises:
        InputError: some results have no record, or one of an older Snakemake.
    """
    if workflow.touch or not any(trigger.name == "PARAMS" for trigger in workflow.rerun_triggers):
        return  # The user vouches for the results.
    dag = workflow.dag
    unknown: list[Path] = []
    for job in dag.jobs:
        reason = dag.reason(job)
        if (reason.no_metadata or reason.outdated_metadata) and not dag.needrun(job):
            unknown += filter(Path.exists, map(Path, job.output))
    if unknown:
        some = ", ".join(map(str, sorted(unknown)[:SHOWN])) + ", ..." * (len(unknown) > SHOWN)
        raise InputError(
            f"no record of what {len(unknown)} files in results/ were made with, and Snakemake "
            f"would keep them whatever the config says: {some}\n"
            "If they were copied to here, copy .snakemake/metadata as well. To make all results "
            "anew, run with --forceall. If you are sure that this config gives these very files, "
            "have them recorded with: snakemake --touch --forceall"
        )
