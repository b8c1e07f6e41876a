"""What is looked at before the first job goes to a cluster: that each can start there, and once.

Imported while the DAG is planned: standard library only, and Snakemake's Slurm plugin where it is
used.
"""

import getpass
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.preflight.limits import cut, named

# How many jobs an error names before it only counts them.
SHOWN = 5
MEMORY = "mem_mb"


class Live(NamedTuple):
    """A job that Slurm has: its id, the name of the run that submitted it, and what it is."""

    number: str
    run: str
    what: str


def too_large(workflow: Any) -> Iterator[str]:
    """Yield a line for each rule that needs more memory than the profile says a node has.

    Snakemake would cut the request down, and the job would be killed when it has run for a while.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.
    """
    for job, wanted, limit in cut(workflow, MEMORY):
        yield (
            f"{job} needs {wanted} MB of memory on each node, and the profile says that a "
            f"node has {limit} (resources: {MEMORY}); use larger nodes and set that number "
            "to what they have, or have the job need less"
        )


def without_accounts(workflow: Any) -> bool:
    """Have jobs asked about by squeue where Slurm keeps no accounts; say if so.

    Snakemake's plugin would ask sacct, and wait for ever.

    Args:
        workflow: Snakemake's `Workflow`, about to start.
    """
    command = ["scontrol", "show", "config"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    kept = re.search(r"^AccountingStorageType\s*=\s*(\S+)", done.stdout, re.MULTILINE)
    if kept is None or "slurmdbd" in kept[1]:
        return False
    workflow.executor_settings.status_command = "squeue"
    return True


def submitted(workflow: Any) -> Iterator[Any]:
    """Yield the jobs of a run that go to the cluster."""
    return (job for job in workflow.dag.needrun_jobs() if not job.is_local)


def twice(workflow: Any) -> Iterator[str]:
    """Yield a line if Slurm still has jobs of an earlier run in this folder that this run starts.

    A Snakemake that was killed leaves them behind.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.
    """
    left = {live.what: live for live in _live(Path.cwd())}
    found = [left[_comment(job)] for job in submitted(workflow) if _comment(job) in left]
    if found:
        names = ", ".join(f"{live.number} ({live.what})" for live in found[:SHOWN])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        runs = sorted({live.run for live in found})
        cancel = "; ".join(f"scancel --name {run}" for run in runs)
        yield (
            f"an earlier run in this folder has left {len(found)} jobs with Slurm that this run "
            f"would start again beside them: {names}{more}. Wait until they have ended, which "
            f"keeps what they make (squeue --name {','.join(runs)}), or end them ({cancel}); then "
            "run again"
        )


def refused(workflow: Any) -> Iterator[str]:
    """Yield a line for each kind of request that Slurm would not take, now or on the last attempt.

    Slurm itself is asked, about every request once: it knows its partitions, nodes and accounts.

    Args:
        workflow: Snakemake's `Workflow`, about to start.
    """
    kinds = {_resources(job): job for job in submitted(workflow)}.values()
    for attempt in dict.fromkeys((1, workflow.execution_settings.retries + 1)):
        requests = {_request(workflow, job, attempt): job for job in kinds}
        answers = {request: _answer(request) for request in requests}
        yield from (
            _refusal(requests[request], request, answer, attempt)
            for request, answer in answers.items()
            if answer
        )
        if any(answers.values()):
            return


def _refusal(job: Any, request: str, answer: str, attempt: int) -> str:
    words = f"{named(job)}: Slurm would not take this job ({answer})"
    if attempt > 1:
        words = (
            f"{named(job)}: Slurm would not take this job on its {attempt}. attempt ({answer}); "
            f"set {MEMORY} and runtime in the profile's resources to what a node has"
        )
    return f"{words}. It asks for {request.strip()}"


def _resources(job: Any) -> str:
    """Return what a job asks for: jobs of one text have one request."""
    found = (f"{name}={value}" for name, value in job.resources.items() if name != "tmpdir")
    return " ".join(sorted(found))


def _request(workflow: Any, job: Any, attempt: int) -> str:
    """Return the options of sbatch that say what a job asks for."""
    from snakemake_executor_plugin_slurm.submit_string import get_submit_command
    from snakemake_executor_plugin_slurm.utils import set_gres_string

    executor = workflow.scheduler._executor
    before, job.attempt = job.attempt, attempt
    try:
        same = dict.fromkeys(("run_uuid", "slurm_logfile", "comment_str"), "-")
        place = {
            "account": next(executor.get_account_arg(job)),
            "partition": executor.get_partition_arg(job),
            "workdir": None,
        }
        command = get_submit_command(job, same | place, settings=workflow.executor_settings)
        return str(command.partition("--comment -")[2] + set_gres_string(job))
    finally:
        job.attempt = before


def _answer(request: str) -> str:
    """Return why Slurm would not take a request; empty where it would."""
    command = ["sbatch", "--test-only", *shlex.split(request), "--wrap", "true"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    return "; ".join(line.partition(": ")[2] or line for line in done.stderr.splitlines())


def _live(folder: Path) -> Iterator[Live]:
    """Yield the jobs of this user's that Slurm has and that work in a folder."""
    command = ["squeue", "--noheader", "--user", getpass.getuser(), "--format=%i|%j|%k|%Z"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        number, run, what, place = line.split("|", 3)
        if os.path.realpath(place) == os.path.realpath(folder):
            yield Live(number, run, what)


def _comment(job: Any) -> str:
    """Return by what Slurm knows a job, as the plugin tells it."""
    from snakemake_executor_plugin_slurm.utils import get_job_wildcards

    wildcards = get_job_wildcards(job)
    return f"rule_{job.name}_wildcards_{wildcards}" if wildcards else f"rule_{job.name}"
