"""How much work a job has, in the units in which it is timed.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogworks.plan.counts import classes_of, images_of, training_images

if TYPE_CHECKING:
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.jobs import Job
    from cogworks.plan.plan import ImageSet
    from cogworks.plan.runs import Run


def encoded(images: ImageSet, split: str, shards: int = 1) -> int:
    """Return how many images one of some shards encodes."""
    return images_of(images, split).number // shards


def trained(run: Run) -> int:
    """Return how many images a training sees, each epoch's counted."""
    return images_of(run.dataset, "train").number * run.spec.optimizer.epochs


def drawn(drawing: Drawing, number: int) -> int:
    """Return how many images a shard of a drawing holds."""
    return round(images_of(drawing.largest, "train").number * drawing.share(number))


def shown(job: Job, *, search: bool) -> int:
    """Return how many images a search, or a fit, shows to its configurations, passes counted."""
    spec = job.tune_spec
    number = training_images(job) * (1 - spec.validation if search else 1.0)
    each = [
        number if shots == "all" else min(shots * classes_of(job), number) for shots in spec.shots
    ]
    return round(sum(each)) * spec.seeds * spec.passes * (spec.trials if search else 1)
