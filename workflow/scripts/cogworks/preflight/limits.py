"""Requests of jobs that are above a limit of the run: Snakemake cuts them down without a word.

Imported while the DAG is planned: standard library only.
"""

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple


class Cut(NamedTuple):
    """A request that is cut down: of which job, its amount and the limit."""

    job: str
    wanted: int
    limit: int


def cut(workflow: Any, resource: str) -> Iterator[Cut]:
    """Yield the largest request of each rule that asks for more of a resource than its limit.

    Rules that run nothing, as `all`, have what a profile gives by default.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.
        resource: its name.
    """
    limit = workflow.global_resources.get(resource).value
    if limit is None:
        return
    most: dict[str, Cut] = {}
    for job in workflow.dag.needrun_jobs():
        if not job.rule.norun and job.resources.get(resource) == limit:
            wanted = _unlimited(job, resource)
            before = most.get(job.rule.name)
            if wanted > (limit if before is None else before.wanted):
                most[job.rule.name] = Cut(named(job), wanted, limit)
    yield from most.values()


def named(job: Any) -> str:
    """Return a job's rule and wildcards, for an error."""
    return " ".join([job.rule.name, *map(str, job.wildcards)])


def _unlimited(job: Any, resource: str) -> int:
    """Return what a job's rule asks for without the limit."""
    limits = job.rule.workflow.global_resources
    limit = limits[resource]
    limits[resource] = sys.maxsize
    try:
        found = job.rule.expand_resources(job.wildcards_dict, job.input, job.attempt, {"tmpdir"})
        return int(found.get(resource))
    finally:
        limits[resource] = limit
