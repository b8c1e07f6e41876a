"""How many images and classes a data set has, before and after it is made.

What a config does not say is assumed, and named as such. Imported while the DAG is planned:
Pydantic and the standard library only.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cogworks.config import images as config
from cogworks.images.sources.imagenet import PublishedSet
from cogworks.images.sources.kinds.synsets import Synsets
from cogworks.images.sources.kinds.torchvision import Torchvision
from cogworks.images.sources.transfer_sets import TRANSFER_SETS
from cogworks.plan.clones import Clone
from cogworks.synthesis.multiples import scaled

if TYPE_CHECKING:
    from cogworks.plan.datasets import Dataset
    from cogworks.plan.jobs import Job
    from cogworks.plan.plan import ImageSet, Plan

# What ImageNet has, for what only the images themselves can say.
CLASSES, TRAIN_OF_EACH, TEST_OF_EACH = 1000, 1300, 50
LISTS = {"imagenet1k": 1000, "imagenet100": 100, "imagenet_r": 200, "imagenet_a": 200}
LISTS["imagenet21k_fall2011"] = 21841
# Width and height of ImageNet's mean image, for images that nobody has looked at.
PHOTOGRAPH = (500, 375)


class Count(NamedTuple):
    """A number, and what was assumed for it; empty where nothing was."""

    number: int
    assumed: str = ""


class Split(NamedTuple):
    """Numbers of images by split, and what was assumed for them."""

    train: int
    val: int
    test: int
    assumed: str = ""


def classes(images: ImageSet) -> Count:
    """Return how many classes a data set has."""
    if isinstance(images, Clone):
        if images.section.like is not None:
            return classes(images.plan.images(images.section.like))
        return listed(images.section.classes or "", f"synthesis.clones.{images.name}.classes")
    found = _all_classes(images)
    limit = images.classes.limit
    return Count(limit) if limit is not None else found


def images_of(images: ImageSet, split: str) -> Count:
    """Return how many images a split has: of its manifest where it is made, else planned ones."""
    made = _rows(images.manifest(split))
    if made is not None:
        return Count(made)
    if isinstance(images, Clone):
        return _drawn(images)
    found = _planned(images)
    return Count(getattr(found, split), found.assumed)


def pixels(images: ImageSet) -> tuple[int, int]:
    """Return width and height of a data set's images: ImageNet's where nothing says so."""
    if isinstance(images, Clone):
        return images.section.width, images.section.height
    if images.given.drawn:
        return images.world_spec.size, images.world_spec.size
    return PHOTOGRAPH


def classes_of(job: Job) -> int:
    """Return how many classes a probe job tells apart."""
    drawn = getattr(job.group, "classes", None)
    if drawn is not None:
        return int(drawn)
    if job.group is not None:
        return job.plan.benchmarks[job.group.benchmark].section.levels.size  # type: ignore[union-attr]
    return sum(classes(found).number for found in job.parts)


def share_of(job: Job) -> float:
    """Return which share of its data sets' images a probe job takes: of a pool, a group's."""
    if job.group is None:
        return 1.0
    pool = sum(classes(found).number for found in job.parts)
    return min(1.0, classes_of(job) / max(pool, 1))


def training_images(job: Job) -> int:
    """Return how many training images a probe job has."""
    return round(share_of(job) * sum(images_of(found, "train").number for found in job.parts))


def _rows(manifest: str) -> int | None:
    """Return the rows of a manifest; None where it is not made, or nothing can read it here."""
    try:
        found = os.stat(manifest)
    except OSError:
        return None
    return _rows_of(manifest, found.st_mtime_ns)


@cache
def _rows_of(manifest: str, modified: int) -> int | None:
    """Return the rows of a manifest as it was modified last: many jobs ask for those of one."""
    try:
        from pyarrow.parquet import read_metadata

        return int(read_metadata(manifest).num_rows)
    except (ImportError, OSError, ValueError):
        return None


def _drawn(clone: Clone) -> Count:
    section = clone.section
    if section.images_per_class is not None:
        number, assumed = classes(clone)
        return Count(number * scaled(section.images_per_class, section.multiple), assumed)
    number, assumed = images_of(clone.plan.images(section.like or ""), "train")
    return Count(scaled(number, section.multiple), assumed)


def _all_classes(images: Dataset) -> Count:
    """Return how many classes there are before `limit`."""
    chosen = images.classes
    if chosen.count is not None:
        return Count(chosen.count)
    if chosen.listed is not None:
        return Count(len(chosen.listed))
    if chosen.file is not None:
        return listed(chosen.file, f"{images.key}.classes.file")
    if chosen.part == "source":
        return _of_source(images)
    found = _of_benchmark(images.plan, chosen)
    return min(found, _of_source(images)) if chosen.with_images else found


def _of_benchmark(plan: Plan, chosen: config.Classes) -> Count:
    benchmark = plan.benchmarks[chosen.benchmark or ""].section
    levels = benchmark.levels
    if chosen.part == "level":
        return Count(levels.size)
    seen = (
        Count(benchmark.seen_limit)
        if benchmark.seen_limit is not None
        else listed(benchmark.seen, f"concepts.{chosen.benchmark}.seen")
    )
    more = levels.count * levels.size if chosen.part == "all" else 0
    return Count(seen.number + more, seen.assumed)


def _of_source(images: Dataset) -> Count:
    source = images.given
    if isinstance(source, Torchvision) and source.dataset is not None:
        return Count(TRANSFER_SETS.load(source.dataset).classes)
    if isinstance(source, Synsets):
        return Count(len(source.synsets))
    return Count(CLASSES, f"{CLASSES} classes of {images.key}")


def listed(source: str, key: str) -> Count:
    """Return how many lines a list has: by its name, or a file, named by its config key."""
    if source in LISTS:
        return Count(LISTS[source])
    try:
        lines = Path(source).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return Count(CLASSES, f"{CLASSES} classes of {key}")
    return Count(sum(bool(line.strip()) and not line.startswith("#") for line in lines))


def _planned(images: Dataset) -> Split:
    """Return how many images each split will have at most."""
    known = _published(images)
    number, assumed = classes(images)
    if known is not None:
        train, test = known.train, known.test
    else:
        train, test, unknown = _of_each(images)
        assumed = "; ".join(filter(None, (assumed, unknown)))
        train, test = number * train, number * test
    val = round(images.section.val_share * train)
    return Split(train - val, val, test, assumed)


def _published(images: Dataset) -> Split | None:
    """Return what a published set has, in proportion to the classes that are taken of it."""
    source, section = images.given, images.section
    if isinstance(source, PublishedSet):
        total = LISTS[source.class_list or ""]
        train, test = source.train, source.test
    elif isinstance(source, Torchvision) and source.dataset is not None:
        published = TRANSFER_SETS.load(source.dataset)
        total, train, test = published.classes, published.train, published.test
    else:
        return None
    taken = classes(images).number
    if not source.is_split:
        test = round(train * section.test_share) if section.test_share else 0
        test = taken * section.test_images if section.test_images else test
        train -= test
    share = min(1.0, taken / total)
    train, test = round(share * train), round(share * test)
    if section.max_images is not None:
        train = min(train, max(0, taken * section.max_images - test))
    return Split(0 if _tests_alone(images) else train, 0, test)


def at_most(images: Dataset) -> int | None:
    """Return how many training images a class can have, None where the config does not limit it."""
    if images.section.max_images is None:
        return None
    return _of_each(images)[0]


def _tests_alone(images: Dataset) -> bool:
    """Say whether a data set has test images only."""
    source = images.section.source
    return source.test_path is not None and source.train_path is None


def _of_each(images: Dataset) -> tuple[int, int, str]:
    """Return the training and test images of a class, and what was assumed for them."""
    section = images.section
    assumed = ""
    if _tests_alone(images):
        if section.test_images is not None:
            return 0, section.test_images, ""
        return 0, TEST_OF_EACH, f"{TEST_OF_EACH} test images of each class of {images.key}"
    if section.max_images is None:
        assumed = f"{TRAIN_OF_EACH} training images of each class of {images.key}"
    if images.given.is_split:
        test = section.test_images
        if test is None:
            test = TEST_OF_EACH
            assumed = "; ".join(filter(None, (assumed, f"{test} test images of each class")))
        return section.max_images or TRAIN_OF_EACH, test, assumed
    total = section.max_images or TRAIN_OF_EACH + (section.test_images or 0)
    test = section.test_images or round(total * (section.test_share or 0))
    return total - test, test, assumed
