"""The disk space of everything that a plan makes: one entry for each file that is worth counting.

Tables of scores, figures and pages are not. Imported while the DAG is planned: Pydantic and the
standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from cogworks.core.npy import shape_of
from cogworks.plan.architectures import architecture, dim
from cogworks.plan.counts import Count, classes, images_of
from cogworks.synthesis import names

if TYPE_CHECKING:
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.jobs import Job
    from cogworks.plan.plan import Plan
    from cogworks.plan.runs import Run

BYTES = {"float32": 4, "float16": 2}
# Of a row of a manifest and of an index of features: ids are words of some length.
ROW = 30
# Bytes of a pixel's channel once encoded; PNGs of drawn and generated images hardly shrink.
ENCODED = {"png": 0.8, "jpeg": 0.25}
TAR_BYTES = 2048
# A state holds the weights, their momentum, and of some losses an averaged copy.
STATE_COPIES = 3


class Artifact(NamedTuple):
    """A file, or the files beside it that count with it.

    Attributes:
        path: the file.
        room: what it is of, for a sum.
        bytes: about how large it becomes.
        assumed: what was assumed for that; empty where the config says all.
    """

    path: str
    room: str
    bytes: int
    assumed: str = ""


def artifacts(plan: Plan) -> Iterator[Artifact]:
    """Yield what a plan makes."""
    yield from _images(plan)
    for drawing in plan.drawings.values():
        yield from _drawing(drawing)
    for run in plan.runs.values():
        yield from _run(run)
    yield from _features(plan)
    for job in plan.jobs.values():
        yield _probe(job)


def trained_millions(run: Run) -> float:
    """Return the parameters of encoder and projector, in millions: what a training moves."""
    heads, encoder = run.spec.projector, architecture(run.spec.backbone)[0].millions
    return encoder + (heads.layers * heads.hidden**2 / 1e6 if heads.enabled else 0.0)


def used_features(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield every (encoder, data set, split) whose features a job or a measure reads, once."""
    paths = chain(
        (path for job in plan.jobs.values() for path in _read_by(job)),
        (p for measure in plan.measures.values() for p in measure.inputs["features"]),
        (crossing.inputs["features"] for crossing in plan.crossings.values()),
    )
    for path in dict.fromkeys(paths):
        encoder, dataset, split = path.removeprefix("results/features/").split("/")
        yield encoder, dataset, split.removesuffix(".npy")


def _read_by(job: Job) -> list[str]:
    if job.kind.own:
        return job.classifier_inputs["features"]
    inputs = job.fit_inputs
    return [p for key in ("train_features", "test_features", "other_features") for p in inputs[key]]


def total(found: Iterable[Artifact]) -> int:
    """Return the bytes of some artifacts."""
    return sum(artifact.bytes for artifact in found)


def by_room(found: Iterable[Artifact]) -> dict[str, int]:
    """Return the bytes of some artifacts by their rooms, largest first."""
    sums: dict[str, int] = {}
    for artifact in found:
        sums[artifact.room] = sums.get(artifact.room, 0) + artifact.bytes
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def by_disk(
    found: Iterable[Artifact], device: Callable[[str], int] | None = None
) -> dict[str, list[Artifact]]:
    """Return artifacts by the folder through which their file system is reached.

    Args:
        found: the artifacts; a folder of results may be a link to another disk.
        device: returns the file system of a path that exists; for tests.
    """
    which = device or (lambda path: os.stat(path).st_dev)
    place = cache(existing)
    disks: dict[int, dict[str, list[Artifact]]] = {}
    for artifact in found:
        folder = place(os.path.dirname(artifact.path))
        disks.setdefault(which(folder), {}).setdefault(folder, []).append(artifact)
    result = {}
    for disk, folders in disks.items():
        above = place(os.path.commonpath(folders))
        # Links to one disk may be in a folder of another one.
        name = above if which(above) == disk else next(iter(folders))
        result[name] = [artifact for members in folders.values() for artifact in members]
    return result


def existing(folder: str) -> str:
    """Return a folder, or the nearest one above it that is there."""
    while folder and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder or "."


def _images(plan: Plan) -> Iterator[Artifact]:
    for found in plan.datasets.values():
        counts = {split: images_of(found, split) for split in ("train", "val", "test")}
        if found.given.drawn:
            world = found.world_spec
            each = 3 * world.size**2 * ENCODED[world.format]
            images = classes(found)
            yield Artifact(found.pack, "images", round(images.number * world.images * each))
        for split, (number, assumed) in counts.items():
            yield Artifact(found.manifest(split), "images", number * ROW, assumed)
    for clone in plan.clones.values():
        number, assumed = images_of(clone, "train")
        yield Artifact(clone.manifest("train"), "synthesis", number * ROW, assumed)


def _drawing(drawing: Drawing) -> Iterator[Artifact]:
    section = drawing.first.section
    each = 3 * section.width * section.height * ENCODED[section.format] + TAR_BYTES
    number, assumed = images_of(drawing.largest, "train")
    for shard in drawing.numbers:
        bytes_ = round(number * each * drawing.share(shard))
        yield Artifact(names.shard(drawing.name, shard), "synthesis", bytes_, assumed)


def _run(run: Run) -> Iterator[Artifact]:
    backbone = run.spec.backbone
    found, known = architecture(backbone)
    assumed = "" if known else f"weights of {backbone.library}:{backbone.name} as of ResNet50"
    # Its state lies beside the results, and stays.
    bytes_ = round(4e6 * (found.millions + STATE_COPIES * trained_millions(run)))
    yield Artifact(run.file("encoder.safetensors"), "training", bytes_, assumed)


def _features(plan: Plan) -> Iterator[Artifact]:
    used = list(used_features(plan))
    lengths = _dims(plan, used)
    count = cache(lambda dataset, split: images_of(plan.images(dataset), split))
    for name, dataset, split in used:
        encoder = plan.encoders[name]
        number, unsure = count(dataset, split)
        wide, unknown = lengths[name]
        bytes_ = number * (wide * BYTES[encoder.section.dtype] + ROW)
        assumed = "; ".join(filter(None, (unsure, unknown)))
        yield Artifact(encoder.features(dataset, split).array, "features", bytes_, assumed)


def _dims(plan: Plan, used: Iterable[tuple[str, str, str]]) -> dict[str, Count]:
    """Return the length of each encoder's features: of those that are made, else as planned."""
    lengths = {name: dim(encoder) for name, encoder in plan.encoders.items()}
    made: set[str] = set()
    for name, dataset, split in used:
        shape = None if name in made else shape_of(plan.encoders[name].features(dataset, split)[0])
        if shape is not None:
            made.add(name)
            lengths[name] = Count(shape[1])
    return lengths


def _probe(job: Job) -> Artifact:
    """Return the cells of a job: classifiers that stay, and a predicted class an image."""
    spec = job.fit_spec
    shots = getattr(spec, "shots", ["all"])
    seeds = getattr(spec, "seeds", 1)
    sets = (job.parts, *((found,) for found in job.test_sets))
    tested = sum(images_of(found, "test").number for parts in sets for found in parts)
    number = sum(classes(found).number for found in job.parts)
    kept = sum(spec.keeps(shot) for shot in shots) if job.kind.tuned else 0
    weights = 4 * number * (dim(job.encoder).number + 1)
    each = 4 * tested + 12 * number * len(sets)
    return Artifact(job.scores, "probes", seeds * (kept * weights + len(shots) * each))
