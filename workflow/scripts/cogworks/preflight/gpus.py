"""How the jobs of a run on this machine share its GPUs.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from typing import Any

from cogworks.core import gpus
from cogworks.preflight.limits import cut

GPU = "gpu"


def share(workflow: Any) -> None:
    """Give each job of a run GPUs of its own, and start no more jobs at once than they are for.

    Args:
        workflow: Snakemake's `Workflow`, before its graph is built.
    """
    found = gpus.found()
    given = workflow.global_resources.get(GPU).value
    workflow.global_resources[GPU] = len(found) if given is None else min(given, len(found))
    gpus.PINNED.start(found)


def too_few(workflow: Any) -> Iterator[str]:
    """Yield a line for each rule that asks for more GPUs than the run may use.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.
    """
    for job, wanted, limit in cut(workflow, GPU):
        words = f"{job} asks for {wanted} GPU{'s' * (wanted > 1)}, and this run "
        if limit:
            yield (
                f"{words}has {limit}; lower compute.gpus (GPUs of each job, or of each process "
                "of a training) or the training's compute.processes"
            )
        else:
            yield (
                f"{words}finds none (by nvidia-smi or {gpus.VISIBLE}); set compute.gpus to 0, or "
                "run where there are GPUs"
            )


def crowded() -> Iterator[str]:
    """Yield a line if this machine has GPUs that jobs would leave idle, all on the first one."""
    found = gpus.found()
    if len(found) > 1:
        yield (
            f"compute.gpus is 0: all jobs would use the first of {len(found)} GPUs; with "
            "compute.gpus: 1 each job takes a free one"
        )
