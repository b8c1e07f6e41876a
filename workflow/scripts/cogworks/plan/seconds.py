"""How many seconds a job takes, about, from the sizes that the plan knows.

On a modest machine: the cores of a virtual machine of 2026, and a GPU of ten years ago. A run of
`snakemake estimate` measures the machine at hand, and then requests are made of that (see
`requests`). What is not known while planning is assumed, see `counts` and `architectures`.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cogworks.encoders.shares import THREADS, shares
from cogworks.plan import work
from cogworks.plan.architectures import architecture, dim, image_size, of_encoder
from cogworks.plan.counts import classes, classes_of, images_of, pixels, training_images
from cogworks.plan.generators import Given

if TYPE_CHECKING:
    from cogworks.plan.clones import Clone
    from cogworks.plan.datasets import Dataset
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.generators import Trained
    from cogworks.plan.jobs import Job
    from cogworks.plan.measures import Measure
    from cogworks.plan.plan import ImageSet, Plan
    from cogworks.plan.runs import Run

# Multiplications a second of a core and of a GPU, in float32.
CORE, GPU = 1.0e10, 5.0e12
# Seconds to open an image, and for each of its pixels to decode and resize it, in one thread.
OPENED, DECODED = 0.0005, 1.5e-8
# A share of an encoder's seconds from which on decoding is worth sharing.
MUCH = 0.1
# Seconds for a row of a manifest that is listed, checked and written, from a shared disk; and to
# read an image where all are verified.
LISTED, VERIFIED = 0.001, 0.005
# Seconds for a row of a table, and bytes a second of a large file from a network.
ROW, FETCHED = 5e-5, 1e7
# Seconds to read WordNet and go through its concepts.
WORDNET = 1.0
# Seconds to compare an image with texts, on a core and a GPU.
JUDGED, JUDGED_BY_GPU = 0.5, 0.02
# Products of a step of SGD on features and of its gradient; passes of L-BFGS through the images;
# seconds of a step besides its products.
PRODUCTS, PASSES, STEP = 2, 150, 0.002
# A training goes the way of an image forwards and, at twice the cost, back.
WAYS = 3
# Seconds for each pixel and step of an image that is drawn by Stable Diffusion on a GPU and in a
# core, and by a tiny model in a core.
DRAWN_BY_GPU, DRAWN, DRAWN_TINY = 4e-7, 3e-5, 1e-6
# Seconds of a step of a tiny model's training, for each image and pixel.
TAUGHT = 1e-6


def encoding(encoder: Encoder, images: ImageSet, number: int, threads: int) -> float:
    """Return what so many images of a data set take."""
    return number * max(_forward(encoder, threads), _decoding(images) / _decoders(threads, number))


def encoding_together(
    encoders: Sequence[Encoder], images: ImageSet, number: int, threads: int
) -> float:
    """Return what so many images of a data set take, each decoded once for some encoders."""
    each = sum(_forward(encoder, threads) for encoder in encoders)
    passes = math.ceil(len(encoders) / images.plan.config.compute.encoders_together)
    return number * max(each, passes * _decoding(images) / _decoders(threads, number))


def waits_for_pixels(encoder: Encoder, images: ImageSet) -> bool:
    """Say whether decoding a data set's images is much of what encoding them takes.

    By the config alone, since the jobs of a run must agree before and after images are counted.
    """
    width, height = pixels(images)
    threads = encoder.plan.extraction_threads
    decoded = DECODED * width * height / threads
    return decoded >= MUCH * _forward(encoder, threads)


def search(job: Job) -> float:
    """Return what the search of a probe takes."""
    return _learning(job, work.shown(job, search=True), job.tune_spec.batch)


def fit(job: Job) -> float:
    """Return what the fit of a probe takes, and its scores."""
    if job.kind.tuned:
        return _learning(job, work.shown(job, search=False), 1)
    pairs = training_images(job) * work.scored(job)
    return pairs * dim(job.encoder).number / _rate(job.plan, job.plan.probe_threads)


def measures(measure: Measure, threads: int) -> float:
    """Return what the moments of features take, and the distances within their classes."""
    rows = work.described(measure)
    length = dim(measure.plan.encoders[measure.encoder_name]).number
    return rows * length * (length + 1000) / (threads * CORE) + length**3 / CORE


def training(run: Run) -> float:
    """Return what a training takes, among all its processes."""
    compute, network = run.compute, architecture(run.spec.backbone)[0]
    rate = _rate(run.plan, compute.threads)
    each = WAYS * network.work * 1e3 * _seen(run) / rate
    each = max(each, _decoding(run.dataset) / compute.threads)
    return work.trained(run) * each / (compute.processes * compute.nodes)


def one_way(run: Run) -> float:
    """Return what an image that validates takes, as a share of one in a step of the training."""
    return run.spec.augmentation.global_size**2 / (WAYS * _seen(run))


def _seen(run: Run) -> int:
    """Return the pixels of an image's crops."""
    crops = run.spec.augmentation
    return crops.global_crops * crops.global_size**2 + crops.local_crops * crops.local_size**2


def shard(drawing: Drawing, number: int) -> float:
    """Return what drawing a shard takes."""
    section, plan = drawing.first.section, drawing.first.plan
    given = isinstance(plan.generators[section.generator], Given)
    usual = DRAWN_BY_GPU if plan.config.compute.gpus else DRAWN
    each = section.width * section.height * section.steps * (usual if given else DRAWN_TINY)
    return work.drawn(drawing, number) * each


def trained_generator(found: Trained) -> float:
    """Return what training a tiny generator takes."""
    spec = found.spec
    seen = sum(part.steps * part.batch_size for part in (spec.autoencoder, spec.denoiser))
    return seen * spec.image_size**2 * TAUGHT


def manifests(dataset: Dataset) -> float:
    """Return what the making of manifests takes."""
    number = sum(images_of(dataset, split).number for split in ("train", "val", "test"))
    each = _decoding(dataset) + VERIFIED if dataset.section.verify else 0.0
    return number * (LISTED + each) / dataset.scan_threads


def world(dataset: Dataset) -> float:
    """Return what drawing the images of the procedural world takes."""
    return work.painted(dataset) * dataset.world_spec.size**2 * 1e-6


def rows(images: ImageSet, split: str) -> float:
    """Return what going through the rows of a table takes, one for each image."""
    return ROW * images_of(images, split).number


def similarity(clone: Clone) -> float:
    """Return what comparing the images of a clone with its texts takes."""
    number = min(
        images_of(clone, "train").number, clone.section.clip_images * classes(clone).number
    )
    return number * (JUDGED_BY_GPU if clone.plan.config.compute.gpus else JUDGED)


def _learning(job: Job, shown: int, together: int) -> float:
    """Return what it takes to show images so often to configurations, some of them together."""
    spec = job.tune_spec
    # L-BFGS goes through the images as often as it needs; SGD's epochs are counted already.
    passes = 1 if "epochs" in type(spec).model_fields else PASSES
    each = (
        PRODUCTS
        * dim(job.encoder).number
        * classes_of(job)
        / _rate(job.plan, job.plan.probe_threads)
    )
    steps = shown / (job.protocol.batch_size * together)
    return shown * passes * each + steps * STEP


def _forward(encoder: Encoder, threads: int) -> float:
    """Return the seconds of an image in an encoder."""
    return of_encoder(encoder).work * 1e3 * image_size(encoder) ** 2 / _rate(encoder.plan, threads)


def _decoding(images: ImageSet) -> float:
    width, height = pixels(images)
    return OPENED + DECODED * width * height


def _decoders(threads: int, images: int) -> int:
    """Return how many threads decode at once: more than some of one process wait for each other."""
    return threads if shares(threads, images) else min(threads, THREADS)


def _rate(plan: Plan, threads: int) -> float:
    """Return the multiplications a second of the device of a job."""
    gpus = plan.config.compute.gpus
    return GPU * gpus if gpus else CORE * threads
