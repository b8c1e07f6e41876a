"""How much work a job has, in the units in which it is timed.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from cogworks.plan.architectures import dim
from cogworks.plan.counts import classes, classes_of, images_of, training_images

if TYPE_CHECKING:
    from cogworks.plan.datasets import Dataset
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.jobs import Job
    from cogworks.plan.measures import Measure
    from cogworks.plan.plan import ImageSet
    from cogworks.plan.runs import Run

# Multiplications of a step below which further seeds come along in it, see `probes.sgd`.
SMALL_STEP = 2e8


class Steps(NamedTuple):
    """What a search or a fit by SGD does.

    Attributes:
        images: how often an image is shown to a configuration.
        updates: how often a configuration takes a step.
        together: steps, each of all configurations that take it together.
    """

    images: int
    updates: int
    together: int


def encoded(images: ImageSet, split: str, shards: int = 1) -> int:
    """Return how many images one of some shards encodes."""
    return images_of(images, split).number // shards


def trained(run: Run) -> int:
    """Return how many images a training sees, each epoch's counted."""
    return images_of(run.dataset, "train").number * run.spec.optimizer.epochs


def drawn(drawing: Drawing, number: int) -> int:
    """Return how many images a shard of a drawing holds."""
    return round(images_of(drawing.largest, "train").number * drawing.share(number))


def validated(run: Run) -> int:
    """Return how many images a training is validated on, each time's counted."""
    chosen = run.section.validation
    if not run.inputs["validation"]:
        return 0
    times = math.ceil(run.spec.optimizer.epochs / chosen.every_epochs)
    dataset = run.dataset if chosen.dataset is None else run.plan.images(chosen.dataset)
    return images_of(dataset, chosen.split).number * times


def painted(dataset: Dataset) -> int:
    """Return how many images of a procedural world are drawn."""
    return classes(dataset).number * dataset.world_spec.images


def described(measure: Measure) -> int:
    """Return how many images' features a job measures."""
    images = measure.plan.images(measure.dataset)
    splits = ("train", "test") if measure.split == "all" else (measure.split,)
    return sum(images_of(images, split).number for split in splits)


def scored(job: Job) -> int:
    """Return how often a fit scores an image: once for each seed and number of shots."""
    tested = sum(images_of(found, "test").number for found in (*job.parts, *job.test_sets))
    return tested * job.protocol.seeds * len(job.protocol.shots)


def shown(job: Job, *, search: bool) -> int:
    """Return how many images a search, or a fit, shows to its configurations, passes counted."""
    spec = job.tune_spec
    each = _trained_on(job, search=search)
    return round(sum(each)) * spec.seeds * spec.passes * (spec.trials if search else 1)


def steps(job: Job, *, search: bool) -> Steps:
    """Return the work of a search, or a fit, by SGD."""
    spec: Any = job.tune_spec
    asked = _asked(spec.trials, spec.first_batch, spec.batch) if search else [1]
    passes = _passes(spec) if search else spec.epochs
    updates = together = 0
    for images in map(round, _trained_on(job, search=search)):
        batch = min(images, spec.batch_size)
        epoch = math.ceil(images / max(batch, 1))
        step = batch * dim(job.encoder).number * classes_of(job) * (spec.batch if search else 1)
        seeds = max(1, int(SMALL_STEP // max(step, 1)))
        updates += round(epoch * passes * spec.seeds * sum(asked))
        together += epoch * spec.epochs * math.ceil(spec.seeds / seeds) * len(asked)
    images = round(sum(_trained_on(job, search=search)) * passes) * spec.seeds * sum(asked)
    return Steps(images, updates, together)


def records(job: Job, *, search: bool) -> int:
    """Return how many batches of configurations a search records, or how many cells a fit."""
    spec = job.tune_spec
    batches = _asked(spec.trials, spec.first_batch, spec.batch) if search else [1]
    return len(batches) * spec.seeds * len(spec.shots)


def _trained_on(job: Job, *, search: bool) -> list[float]:
    """Return on how many images a configuration trains, by numbers of shots."""
    spec = job.tune_spec
    number = training_images(job) * (1 - spec.validation if search else 1.0)
    return [
        number if shots == "all" else min(shots * classes_of(job), number) for shots in spec.shots
    ]


def _asked(trials: int, first: int, then: int) -> list[int]:
    """Return how many configurations are tried together, one time after the other."""
    found = [min(first, trials)]
    while sum(found) < trials:
        found.append(min(then, trials - sum(found)))
    return found


def _passes(spec: Any) -> float:
    """Return how often a configuration of a search is shown each image, pruned ones included."""
    if spec.pruning is None:
        return float(spec.epochs)
    return spec.pruning.epoch + spec.pruning.keep * (spec.epochs - spec.pruning.epoch)
