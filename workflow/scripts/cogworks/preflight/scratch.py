"""What is looked at on one machine before its trainings copy their images.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.scratch_folder import find_scratch


def unusable(workflow: Any, given: str | None) -> Iterator[str]:
    """Yield why the folder for copies will not do, where a run trains.

    Args:
        workflow: Snakemake's `Workflow`, with its graph built.
        given: the folder, as in the config.
    """
    if given and any(
        job.rule.name.endswith("train_encoder") for job in workflow.dag.needrun_jobs()
    ):
        try:
            find_scratch(given)
        except InputError as error:
            yield str(error)
