"""Which own scores can be compared with the thesis's: those of the same task, by their settings.

All settings that count stand here, and all are in the config:

- concepts, for the levels: which are eligible, how they are ranked and cut (`_BENCHMARK`), without
  the 70 of table 3.1 (`_DISCARDED`), or the file of the benchmark's authors; for IN-1K the same
  seen concepts (`_SEEN`);
- images: real ones of all classes of the data set, and how many of each to train and to test on
  (`_IMAGES`). A transfer set is read by its own lists (`source.dataset`);
- probes: the kind and how it is tuned and fitted (`_PROBES`). Which numbers of shots there are does
  not count, since each has numbers of its own;
- encoders: which pixels they see (`_PIXELS`), the size and the normalisation that they were trained
  with, and of a published model also the weights of its entry in the registry. An encoder that was
  trained here stands for one of chapter 4's by its label, and only if its run has the numbers of a
  recipe as it is shipped; which stand for those of chapter 5 is in `chapter_5`.

How something is computed (device, precision, shards, threads) does not count. What the config does
not show cannot be told: other weights in a file of the same name, or another release of the images.
That IN-1K in class folders or packs has other numbers of images is told by its scores, beside the
thesis's (`drawing/published_tables.py`).

Imported while the DAG is planned: Pydantic and the standard library only.
"""

import functools
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from cogworks.concepts.wnid_lists import read_wnids
from cogworks.config import published as registry
from cogworks.config.base import Section
from cogworks.config.probes import Interval
from cogworks.core.fingerprint import fingerprint
from cogworks.core.spec import canonical
from cogworks.images.sources.kinds import SOURCES
from cogworks.images.sources.transfer_sets import TRANSFER_SETS
from cogworks.plan import recipes
from cogworks.plan.benchmarks import Benchmark
from cogworks.plan.datasets import Dataset
from cogworks.plan.encoders import Encoder
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run
from cogworks.training.specs import Numbers

_SEEN = {"seen": "imagenet1k", "seen_limit": None}
_BENCHMARK = _SEEN | {
    "pool": "imagenet21k_fall2011",
    "min_images": 782,
    "drop_seen_ancestors": True,
    "exclude_subtrees": ["n00007846"],
    "leaves_only": True,
    "members_of": None,
    "similarity": "lin",
    "ic_count": "nodes",
    "lcs": "deepest",
    "ties": "legacy_argsort",
    "levels.count": 5,
    "levels.size": 1000,
    "levels.gaps": "floor_last",
}
# Fingerprint of the file with the 70 concepts.
_DISCARDED = "8a3bcf73073e594a"
_ALL: dict[str, Any] = {"max_images": None, "test_images": None, "test_share": None, "val_share": 0}
_IMAGES: dict[str, dict[str, Any]] = {
    "level": _ALL | {"max_images": 1350, "test_images": 50},
    "eurosat": _ALL | {"test_share": 0.3},
}
_SEARCH = {"seeds": 5, "per_class": None, "validation": 0.2, "trials": 30}
_REGULARISED = _SEARCH | {"C": Interval(low=1e-5, high=1e6)}
_PROBES: dict[str, Mapping[str, Any]] = {
    "sgd": _SEARCH
    | {
        "lr": Interval(low=0.1, high=100.0),
        "weight_decay": Interval(low=1e-12, high=1e-4),
        "epochs": 100,
        "batch_size": 1024,
        "momentum": 0.9,
        "pruning": None,
    },
    "lbfgs": _REGULARISED,
    "sklearn": _REGULARISED,
    "classifier": {},
}
_PIXELS = {"geometry": "thesis", "resize": None, "decoder": "pil"}
# The other length of the shortest side that counts for classifiers of the encoders themselves.
_WIDER = 256
# Names in the config of the data sets that are read by lists of their own.
TRANSFER_NAMES = {name.lower(): name for name in TRANSFER_SETS}
# Of these the thesis probes features by SGD, of other data sets by L-BFGS.
_LARGE = ("in1k", "in100", "cog_", "inat")
# Lists of classes by the published names of data sets, and of test sets that have a part of them.
_LISTS = {"in1k": "imagenet1k", "in100": "imagenet100"}
_PARTIAL = {"r": "imagenet_r", "a": "imagenet_a"}
# The kinds of sources of ImageNet's classes; others (folders, packs) say nothing of the images.
_KINDS = {
    "in1k": "imagenet",
    "in100": "imagenet",
    **{name: f"imagenet_{name}" for name in ("v2", "sketch", "r", "a")},
}
# What the authors of ImageNet-CoG call their files of levels and of images.
_LEVELS_FILE = "cog_levels_mapping_file.pkl"
_SPLIT_FILE = "cog_concepts_split_file.pkl"
# Numbers of a run that say how it is computed.
_COMPUTED = {"precision", "channels_last", "compile"}


def of_scores(plan: Plan, dataset: str, protocol: str, published: str) -> Iterator[str]:
    """Yield the settings by which linear classifiers on a data set differ from the thesis's.

    Each is a clause such as `images.cog.max_images is 100; the thesis: 1350`.

    Args:
        plan: what the config stands for.
        dataset: name of the data set, or of a group of a pool.
        protocol: name of the protocol.
        published: what the thesis calls the data set.
    """
    yield from of_images(plan, dataset, published)
    section = plan.config.probes[protocol]
    kinds = ("sgd",) if published.startswith(_LARGE) else ("lbfgs", "sklearn")
    key = f"probes.{protocol}"
    if section.kind not in kinds:
        yield clause(f"{key}.kind", section.kind, kinds[0])
    else:
        yield from differing(key, section, _PROBES[section.kind])
        usual = ("auto", "l2" if section.kind == "sgd" else "none")
        if section.normalize not in usual:
            yield clause(f"{key}.normalize", section.normalize, "auto")


def of_images(plan: Plan, name: str, published: str, *, test_of: str = "") -> Iterator[str]:
    """Yield the settings by which a data set or test set differs from one of the thesis.

    Arguments and clauses as for `of_scores`. `test_of` is the published name of the data set whose
    classes a test set has: all of them, or as in R and A those that both have.
    """
    found = plan.datasets.get(name)
    if found is None:
        what = "a clone" if name in plan.clones else "a group of a pool"
        yield f"{name} is {what}; the thesis: a data set of its own"
        return
    source = found.section.source
    if SOURCES.load(source.kind).drawn:
        yield clause(f"{found.key}.source.kind", source.kind, "photographs")
    elif source.kind.startswith("imagenet") and source.kind != _KINDS.get(published):
        yield clause(f"{found.key}.source.kind", source.kind, _KINDS.get(published))
    if published in _PARTIAL:
        yield from _of_shared_classes(found, published, test_of)
    else:
        yield from _of_classes(found, test_of or published)
    if not published.startswith("cog_l"):
        yield from differing(found.key, found.section, _IMAGES.get(published, _ALL))
    elif source.split_file is None:
        yield from differing(found.key, found.section, _IMAGES["level"])
    elif Path(source.split_file).name != _SPLIT_FILE:
        yield clause(f"{found.key}.source.split_file", source.split_file, _SPLIT_FILE)


def of_encoder(encoder: Encoder, *, own_classifier: bool = False) -> Iterator[str]:
    """Yield the settings by which an encoder sees other pixels than in the thesis.

    Clauses as for `of_scores`.

    Args:
        encoder: the encoder.
        own_classifier: whether it is scored with the classifier that it was trained with. Section
            5.5.3 gives the pixels of features (shortest side 224, bicubic), but no section those
            of tables 5.1 and 5.2. Their PyTorch has 76.1 and 92.9, as its publisher states for the
            central 224 of 256 pixels, so probably the whole table is of these. Since the thesis
            does not say so, both count, and any interpolation.
    """
    key, section = f"encoders.{encoder.declared}", encoder.section
    pixels = dict(_PIXELS)
    if own_classifier and section.resize == _WIDER:
        del pixels["resize"]
    yield from differing(key, section, pixels)
    if section.interpolation not in (None, "bicubic") and not own_classifier:
        yield clause(f"{key}.interpolation", section.interpolation, "bicubic")
    for name, value in _trained_with(encoder).items():
        if getattr(section, name) not in (None, value):
            yield clause(f"{key}.{name}", getattr(section, name), value)


def _trained_with(encoder: Encoder) -> dict[str, object]:
    """Return what an encoder takes where its section of the config is silent, as in the thesis."""
    own, run = encoder.published_model, encoder.run
    if own is not None:
        usual = registry.normalization(own)
        return {
            "image_size": own.image_size,
            "mean": usual.mean,
            "std": usual.std,
            "channel_order": own.channel_order,
            "weights": "checkpoint",
        }
    if run is None:
        return {}
    crops = run.numbers.augmentation
    return {"image_size": crops.global_size, "mean": crops.mean, "std": crops.std}


def is_recipe(run: Run) -> bool:
    """Say whether a run has the numbers of a recipe as it is shipped, at the thesis's scale."""
    return run.section.start is None and _text_of(run.numbers) in _recipes()


@functools.cache
def _recipes() -> frozenset[str]:
    found = (recipes.numbers("imagenet", name) for name in recipes.names("recipes"))
    return frozenset(map(_text_of, found))


def _text_of(numbers: Numbers) -> str:
    return canonical(numbers.model_dump(exclude=_COMPUTED))


def _of_classes(dataset: Dataset, published: str) -> Iterator[str]:
    """Yield how the classes of a data set differ from those of the thesis's."""
    classes, key = dataset.classes, f"{dataset.key}.classes"
    benchmark = dataset.plan.benchmarks.get(classes.benchmark or "")
    wanted = _LISTS.get(published)
    if published.startswith("cog_l"):
        level = int(published.removeprefix("cog_l"))
        if benchmark is None or classes.part != "level" or classes.level != level:
            yield f"{key} are not level {level} of a benchmark"
        else:
            yield from _of_benchmark(benchmark)
    elif wanted == "imagenet1k" and benchmark is not None and classes.part == "seen":
        yield from differing(f"concepts.{benchmark.name}", benchmark.section, _SEEN)
    elif wanted is not None and classes.file != wanted:
        yield clause(f"{key}.file", classes.file, wanted)
    elif (
        published in TRANSFER_NAMES and dataset.section.source.dataset != TRANSFER_NAMES[published]
    ):
        given = dataset.section.source.dataset
        yield clause(f"{dataset.key}.source.dataset", given, TRANSFER_NAMES[published])
    if classes.limit is not None:
        yield clause(f"{key}.limit", classes.limit, None)


def _of_shared_classes(dataset: Dataset, published: str, test_of: str) -> Iterator[str]:
    """Yield how a test set lacks classes that the thesis's shares with the data set tested on it.

    Other classes do no harm: their images never count.
    """
    classes, key = dataset.classes, f"{dataset.key}.classes"
    theirs = _PARTIAL[published]
    if classes.file not in (None, theirs):
        yield clause(f"{key}.file", classes.file, theirs)
    elif classes.wnids is not None and test_of in _LISTS:
        shared = set(_wnids(theirs)).intersection(_wnids(_LISTS[test_of]))
        lacking = len(shared.difference(classes.wnids))
        if lacking:
            yield f"{key}.wnids lack {lacking} of the {len(shared)} classes that the thesis has"
    if classes.limit is not None:
        yield clause(f"{key}.limit", classes.limit, None)


@functools.cache
def _wnids(name: str) -> list[str]:
    return read_wnids(name, key=name)


def _of_benchmark(benchmark: Benchmark) -> Iterator[str]:
    key, discard = f"concepts.{benchmark.name}", benchmark.section.discard
    levels = benchmark.section.levels.published
    if levels is not None:
        if Path(levels).name != _LEVELS_FILE:
            yield clause(f"{key}.levels.published", levels, _LEVELS_FILE)
        yield from differing(key, benchmark.section, _SEEN)
        return
    if discard is None or fingerprint(discard) != _DISCARDED:
        yield clause(f"{key}.discard", discard, "the 70 concepts of table 3.1")
    yield from differing(key, benchmark.section, _BENCHMARK)


def differing(key: str, section: Section, theirs: Mapping[str, object]) -> Iterator[str]:
    """Yield the keys of a section whose value is not the thesis's, each as a clause.

    Args:
        key: dotted key of the section.
        section: the section.
        theirs: the thesis's values by their dotted keys within the section.
    """
    for name, value in theirs.items():
        own = attrgetter(name)(section)
        if own != value:
            yield clause(f"{key}.{name}", own, value)


def clause(key: str, own: object, theirs: object) -> str:
    """Return a clause on a setting that differs from the thesis's."""
    return f"{key} is {_text(own)}; the thesis: {_text(theirs)}"


def _text(value: object) -> str:
    """Return a value as the config has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Interval):
        return f"{value.low:g} to {value.high:g}"
    return str(value)
