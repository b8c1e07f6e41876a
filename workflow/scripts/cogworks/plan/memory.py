"""How much memory (MB, of 2^20 bytes) a job has in use at most, from the sizes that the plan knows.

The constants were measured by benchmarks/resources.py on jobs of several sizes, as what the process
of a job holds at its peak on a CPU. On a GPU the network's own memory is the card's, and the host
holds CUDA's libraries instead; features are counted on the host, since small cards do not hold
them. What is not known while planning is assumed, see `counts` and `architectures`.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cogworks.core.inputs import list_of
from cogworks.core.npy import shape_of
from cogworks.encoders.shares import AHEAD, shares
from cogworks.plan.architectures import architecture, dim, image_size, of_encoder
from cogworks.plan.counts import (
    PHOTOGRAPH,
    classes,
    classes_of,
    images_of,
    listed,
    pixels,
    share_of,
)
from cogworks.plan.generators import Given
from cogworks.plan.sizes import STATE_COPIES, trained_millions
from cogworks.plan.work import drawn

if TYPE_CHECKING:
    from cogworks.plan.benchmarks import Benchmark
    from cogworks.plan.clones import Clone, Sheets
    from cogworks.plan.datasets import Dataset
    from cogworks.plan.drawings import Drawing
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.generators import Generator, Trained
    from cogworks.plan.jobs import Crossing, Job
    from cogworks.plan.measures import Measure
    from cogworks.plan.plan import ImageSet, Plan
    from cogworks.plan.runs import Run

MB = 2**20


class Stack(NamedTuple):
    """What a kind of probe takes for the configurations that it trains at once.

    Attributes:
        most: MB that they may take together, or `STACK_SHARE` of the features, if one fits.
        weight: bytes for each weight of a configuration.
        logit: bytes for each class of each image.
        copies: of the features.
    """

    most: int
    weight: int
    logit: int
    copies: int


# As in probes.sgd, probes.convex and probes.by_sklearn; of other kinds, the most is assumed.
STACK_SHARE = 0.15
STACKS = {"sgd": Stack(256, 16, 0, 0), "lbfgs": Stack(512, 192, 48, 0)}
OTHER = Stack(512, 192, 48, 2)
# A process that has loaded its libraries: pandas and Arrow; Matplotlib too; torch; torchvision and
# timm too; diffusers and transformers; and what CUDA's libraries add once a GPU is used.
TABLES, FIGURES, TORCH, VISION, DIFFUSION, CUDA = 150, 250, 650, 900, 950, 2000
# Bytes of a row: of a manifest; of a listing that is held as a whole, and of one that is read class
# by class; of an index of features. And MB of what goes through a process in pieces.
MANIFEST_ROW, LISTED_ROW, STREAMED_ROW, INDEX_ROW, PIECES = 300, 400, 100, 350, 100
# Copies of an encoder's weights while it is loaded: as read, as the network's, as converted.
LOADED = 3
# Images of a task of a decoding thread, batches of a chunk of features (both in `encoders`), and
# bytes of a pixel while an image is decoded and resized; what a process that decodes has to itself.
TASK_IMAGES, CHUNK_BATCHES, DECODED, DECODER = 16, 16, 16, 450
# How many times as much as on the way forwards a training keeps for the way back.
BACKWARD = 8.5
# Features as float32 and, once, a look at which of them differ from the first.
KEPT = 1.3
# Bytes of a pixel that is drawn, in the decoder of the autoencoder; of a record in the tables of a
# shard; and of a model on a hub, whose files nobody has seen: of Stable Diffusion.
DRAWN, RECORD, HUB = 3400, 4000, 4.3e9
# Row groups of a manifest, and a batch of the table of each shard.
MERGED = 300
# Nouns of WordNet, and copies of their similarities to the seen concepts in a ranking.
NOUNS, RANKED = 82115, 3
# What a process takes that reads WordNet; and one that plans all jobs, with Snakemake's graph.
WORDNET, GRAPH = 250, 800
# Images of the search that an estimate times, and of a step of a training on a CPU.
CLOCKED_ROWS, CLOCKED_BATCH = 81 * 1024, 32
# How many times as large as its file a table is in memory.
UNPACKED = 30


def extraction(encoder: Encoder, images: ImageSet, split: str, *, threads: int) -> float:
    """Return what encoding a split takes, or a shard of it: each reads the whole manifest."""
    return together([encoder], images, split, threads=threads)


def together(encoders: Sequence[Encoder], images: ImageSet, split: str, *, threads: int) -> float:
    """Return what encoding a split with several encoders takes, the largest ones at once."""
    number = images.plan.config.compute.encoders_together
    largest = sorted(encoders, key=lambda encoder: of_encoder(encoder).millions)[-number:]
    rows = images_of(images, split).number
    processes = len(shares(threads, rows))
    return _encoding(largest, pixels(images), threads, processes) + MANIFEST_ROW * rows / MB


def joining(images: ImageSet, split: str) -> float:
    """Return what joining the shards of a split takes: the array goes through it piece by piece."""
    return VISION + 3 * INDEX_ROW * images_of(images, split).number / MB


def search(job: Job) -> float:
    """Return what the search of a probe takes: training features, and many configurations."""
    spec = job.tune_spec
    return _trained(job, max(spec.first_batch, spec.batch))


def fit(job: Job) -> float:
    """Return what the fit of a probe takes: training features, and one test set at a time."""
    return _trained(job, 1) + _tested(job)


def own_scores(job: Job) -> float:
    """Return what scoring the classifier of an encoder's own training takes."""
    return TORCH + LOADED * 4e6 * of_encoder(job.encoder).millions / MB + _tested(job)


def crossing(found: Crossing) -> float:
    """Return what applying the classifiers of one data set to another one takes."""
    return TORCH + _kept(*_shape(found.job.encoder, found.plan.images(found.other), "test"))


def measures(measure: Measure) -> float:
    """Return what measuring features takes: moments, and the vectors of one class at a time."""
    plan, images = measure.plan, measure.plan.images(measure.dataset)
    splits = ("train", "test") if measure.split == "all" else (measure.split,)
    shapes = [_shape(plan.encoders[measure.encoder_name], images, split) for split in splits]
    rows, length = sum(rows for rows, _ in shapes), shapes[0][1]
    of_class = min(rows, 2 * rows / max(1, classes(images).number))
    blocks = 8 * (3 * (4096 + of_class) * length + 5 * length**2)
    return TABLES + (blocks + INDEX_ROW * rows) / MB


def training(run: Run) -> float:
    """Return what the processes of a training take on a node, all together."""
    spec, compute = run.spec, run.compute
    pieces = spec.optimizer.accumulation * compute.processes * compute.nodes
    # While they are joined, cached images are there twice.
    images = 2 * _decoded(run) * _caches(run) + MANIFEST_ROW
    rows = images_of(run.dataset, "train").number
    each = _steps(run, spec.optimizer.batch / pieces) + images * rows / MB
    return compute.processes * each


def generator(found: Generator) -> float:
    """Return what loading a generator takes: its weights, and some of them as they are read."""
    return DIFFUSION + 1.5 * weights(found) / MB


def weights(found: Generator) -> float:
    """Return the bytes of a generator's files; those of a tiny one count for nothing."""
    if not isinstance(found, Given):
        return 0.0
    return sum(map(_size, found.files)) or HUB


def trained_generator(found: Trained) -> float:
    """Return what training a tiny generator takes: its images, mirrored, and their latents."""
    spec = found.spec
    number = images_of(found.plan.images(spec.dataset), "train").number
    return DIFFUSION + (6 * number * 3 * spec.image_size**2 + MANIFEST_ROW * number) / MB


def prompts(drawing: Drawing) -> float:
    """Return what writing prompts takes: WordNet, and the tokenizer of a given generator."""
    section, plan = drawing.first.section, drawing.first.plan
    given = isinstance(plan.generators[section.generator], Given)
    rows = 0 if section.like is None else images_of(plan.images(section.like), "train").number
    return (DIFFUSION if given else WORDNET) + MANIFEST_ROW * rows / MB


def drawing(found: Drawing) -> float:
    """Return what drawing a batch takes: the generator, and on a CPU what becomes of its images."""
    section, plan = found.first.section, found.first.plan
    loaded = generator(plan.generators[section.generator])
    if plan.config.compute.gpus:
        return loaded + CUDA
    at_once = 1 if section.vae_slicing else section.padded_batch
    each = DRAWN * (1.0 if section.precision == "float32" else 0.5)
    return loaded + at_once * section.width * section.height * each / MB


def shard(found: Drawing, number: int) -> float:
    """Return what drawing a shard takes: a batch at a time, and the records of all its images."""
    return drawing(found) + RECORD * drawn(found, number) / MB


def merging(clone: Clone) -> float:
    """Return what merging a clone takes: its rows go through it, however many there are."""
    return TABLES + MERGED


def similarity(clone: Clone) -> float:
    """Return what comparing the images of a clone with its texts takes."""
    weights = sum(map(_size, clone.judge_files))
    return DIFFUSION + (1.5 * weights + MANIFEST_ROW * images_of(clone, "train").number) / MB


def sheets(found: Sheets) -> float:
    """Return what contact sheets take: the manifests of a data set and of all its clones."""
    shown = [found.plan.images(found.dataset), *found.clones]
    return FIGURES + MANIFEST_ROW * sum(images_of(one, "train").number for one in shown) / MB


def samples(members: Iterable[ImageSet]) -> float:
    """Return what a sheet of samples takes: the manifests of a data set, or of a family's."""
    return FIGURES + MANIFEST_ROW * sum(map(_of_all_splits, members)) / MB


def manifests(dataset: Dataset) -> float:
    """Return what the making of manifests takes: a row for each image of the source.

    Packs whose images are decoded come all at once.
    """
    source, decoded = dataset.source, dataset.section.verify
    row = STREAMED_ROW if source.by_class or (source.mixed and not decoded) else LISTED_ROW
    return _listing(dataset) + PIECES + row * _of_all_splits(dataset) / MB


def class_list(dataset: Dataset) -> float:
    """Return what a list of classes takes: where the images say which there are, as much."""
    return manifests(dataset) if reads_images(dataset) else _listing(dataset)


def reads_images(dataset: Dataset) -> bool:
    """Say whether the list of classes takes a look at all images, since no index knows them."""
    return dataset.scanned and not dataset.class_indices


def ranking(benchmark: Benchmark) -> float:
    """Return what a ranking takes: the similarities of the pool's concepts to the seen ones."""
    section, key = benchmark.section, f"concepts.{benchmark.name}"
    seen = section.seen_limit or listed(section.seen, f"{key}.seen").number
    pool = sum(listed(source, f"{key}.pool").number for source in list_of(section.pool))
    return WORDNET + RANKED * 8 * min(pool, NOUNS) * seen / MB


def loading(plan: Plan) -> float:
    """Return what loading all encoders takes, one after the other."""
    millions = (of_encoder(encoder).millions for encoder in plan.encoders.values())
    return DIFFUSION + LOADED * 4e6 * max(millions, default=0.0) / MB


def calibration(plan: Plan) -> float:
    """Return what any measurement for an estimate takes: batches, steps or a small search."""
    return max(
        VISION,
        *(_encoding([one], PHOTOGRAPH, plan.extraction_threads) for one in plan.encoders.values()),
        *(_steps(run, min(run.spec.optimizer.batch, CLOCKED_BATCH)) for run in plan.runs.values()),
        *(TORCH + 3 * _kept(CLOCKED_ROWS, dim(job.encoder).number) for job in plan.jobs.values()),
        *map(measures, plan.measures.values()),
        *map(trained_generator, plan.trained_generators.values()),
        *(
            drawing(found)
            for found in plan.drawings.values()
            if found.first.section.generator in plan.trained_generators
        ),
    )


def tables(files: Iterable[str]) -> float:
    """Return what reading some tables takes, and drawing what they say; as far as they are made."""
    return FIGURES + UNPACKED * sum(map(_size, files)) / MB


def _steps(run: Run, piece: float) -> float:
    """Return what a process takes that trains on so many images at once, besides the images."""
    spec, compute, gpu = run.spec, run.compute, run.plan.config.compute.gpus > 0
    crops, network = spec.augmentation, architecture(spec.backbone)[0]
    area = crops.global_crops * crops.global_size**2 + crops.local_crops * crops.local_size**2
    workers = 0 if _caches(run) and not gpu else compute.threads
    workers = workers if compute.workers is None else compute.workers
    bytes_ = (
        2 * STATE_COPIES * 4e6 * trained_millions(run)
        + 4 * 4 * spec.loss.memory * spec.projector.bottleneck
        # A worker has four batches ready.
        + workers * 5 * piece * (_decoded(run) + 3 * area)
        + (0 if gpu else piece * area * BACKWARD * network.forward)
    )
    libraries = TORCH if spec.backbone.library == "cogworks" else VISION
    return libraries + CUDA * gpu + bytes_ / MB


def _decoded(run: Run) -> int:
    """Return the bytes of a training image once it is decoded."""
    return 3 * math.prod(pixels(run.dataset))


def _caches(run: Run) -> bool:
    """Say whether the images of a training are kept in memory."""
    rows = images_of(run.dataset, "train").number
    return rows * _decoded(run) <= run.compute.cache_mb * MB


def _encoding(
    encoders: Sequence[Encoder], size: tuple[int, int], threads: int, processes: int = 0
) -> float:
    """Return what encoding images of a size (width, height) takes, besides their manifest.

    Args:
        encoders: all are in memory, and take the same pixels.
        size: of the images.
        threads: that decode.
        processes: that these threads are in, none for the job's own.
    """
    if not encoders:
        return VISION
    compute, area = encoders[0].spec.compute, image_size(encoders[0]) ** 2
    gpus, found = encoders[0].plan.config.compute.gpus, [of_encoder(one) for one in encoders]
    ahead = AHEAD * processes or math.ceil(2 * threads * TASK_IMAGES / compute.batch_size)
    millions = [network.millions for network in found]
    bytes_ = (
        # They are loaded one by one.
        4e6 * ((LOADED - 1) * max(millions) + sum(millions)) * max(1, gpus)
        + (3 + ahead) * compute.batch_size * 3 * area
        + MB * DECODER * processes
        + threads * DECODED * math.prod(size)
        + 2 * CHUNK_BATCHES * compute.batch_size * 4 * sum(dim(one).number for one in encoders)
    )
    if gpus:
        return VISION + CUDA + bytes_ / MB
    each = area * max(network.forward for network in found)
    each *= 0.5 if compute.precision == "bfloat16" else 1.0
    return VISION + (bytes_ + compute.batch_size * each) / MB


def _trained(job: Job, configurations: int) -> float:
    """Return what a probe takes that trains so many configurations at once."""
    shapes = [_shape(job.encoder, found, "train") for found in job.parts]
    rows, length = round(share_of(job) * sum(rows for rows, _ in shapes)), shapes[0][1]
    kept, features = _kept(rows, length), 4 * rows * length / MB
    if not job.kind.tuned:
        # Nearest neighbours look among a part of the images in a copy of these.
        keys = job.fit_spec.model_dump()
        return TORCH + kept + features * (keys["shots"] != ["all"] or keys["per_class"] is not None)
    stack = STACKS.get(job.protocol.kind, OTHER)
    each = classes_of(job) * (stack.weight * length + stack.logit * rows) / MB
    most = max(each, stack.most, STACK_SHARE * features)
    return TORCH + kept + stack.copies * features + min(configurations * each, most)


def _tested(job: Job) -> float:
    """Return what the largest test set takes."""
    sets = (job.parts, *((found,) for found in job.test_sets))
    shapes = [[_shape(job.encoder, found, "test") for found in parts] for parts in sets]
    return max(_kept(sum(rows for rows, _ in found), found[0][1]) for found in shapes)


def _kept(rows: int, length: int) -> float:
    return (KEPT * 4 * length + INDEX_ROW) * rows / MB


def _shape(encoder: Encoder, images: ImageSet, split: str) -> tuple[int, int]:
    """Return the shape of features: of those that are made, else as planned."""
    made = shape_of(encoder.features(images.name, split).array)
    if made is not None:
        return made[0], made[1]
    return images_of(images, split).number, dim(encoder).number


def _listing(dataset: Dataset) -> float:
    """Return what the libraries of a source take: torchvision has some sets of images."""
    return VISION if dataset.given.fetches else TABLES


def _of_all_splits(images: ImageSet) -> int:
    return sum(images_of(images, split).number for split in ("train", "val", "test"))


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0
