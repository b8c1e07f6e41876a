"""In every section, a key without effect is refused, and one with an effect is accepted."""

import re
from typing import Any

import pytest

from cogworks.config.base import PathMark
from cogworks.config.schema import described, dotted, options, whole
from cogworks.core.errors import InputError
from cogworks.plan.load import load as load_config

FOLDER = {"source": {"kind": "folder", "path": "x"}, "classes": {"names": ["a"]}, "test_images": 1}
PACK = {"source": {"kind": "parquet", "path": "x.parquet"}, "classes": {"part": "source"}}
WORLD = {
    "source": {"kind": "world"},
    "classes": {"benchmark": "c", "part": "seen"},
    "max_images": 9,
    "test_images": 2,
}
RANDOM = {"model": "cogworks:small_resnet", "weights": "random"}
RUN = {"dataset": "world", "scale": "px32"}
CLONE = {"generator": "g", "like": "world"}


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def idle(changes: dict[str, Any]) -> list[str]:
    """Return the keys that are reported to have no effect in a small config with these changes."""
    base = {
        "concepts": {"c": {}},
        "images": {"folder": FOLDER, "pack": PACK | {"test_images": 1}, "world": WORLD},
        "encoders": {"random": RANDOM, "base": {"run": "run"}},
        "training": {"run": RUN},
        "probes": {"sgd": {"kind": "sgd"}},
        "synthesis": {"generators": {"g": {"path": "sd"}}, "clones": {"clone": CLONE}},
    }
    try:
        load_config(merged(base, changes))
    except InputError as error:
        lines = str(error).splitlines()[1:]
        assert all(re.search("does nothing here; |has no meaning with", line) for line in lines), (
            lines
        )
        return [line.partition(":")[0] for line in lines]
    return []


def source(name: str, **keys: Any) -> dict[str, Any]:
    return {"images": {name: {"source": keys}}}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        *(
            (source("folder", **{key: value}), f"images.folder.source.{key}")
            for key, value in {
                "image_column": "image",
                "class_column": "label",
                "id_column": "id",
                "train_splits": ["a"],
                "test_splits": ["a"],
                "size": 64,
                "format": "jpeg",
                "world_seed": 0,
                "distinctness": 0.5,
                "nuisance": 1,
            }.items()
        ),
        (source("pack", layout="wnid"), "images.pack.source.layout"),
        (source("pack", train_splits=["a"]), "images.pack.source.train_splits"),
        (source("pack", nuisance=0), "images.pack.source.nuisance"),
        (source("world", image_column="i"), "images.world.source.image_column"),
        (source("world", mapping="m"), "images.world.source.mapping"),
        (
            {"images": {"folder": {"classes": {"benchmark": "c"}}}},
            "images.folder.classes.benchmark",
        ),
        ({"images": {"folder": {"classes": {"seed": 0}}}}, "images.folder.classes.seed"),
        (
            {"images": {"p": PACK | {"source": PACK["source"] | {"split_column": "s"}, "seed": 1}}},
            "images.p.seed",
        ),
        ({"concepts": {"c": {"similarity": "path", "lcs": "max_ic"}}}, "concepts.c.lcs"),
        ({"concepts": {"c": {"similarity": "path", "ic_count": "nodes"}}}, "concepts.c.ic_count"),
        ({"concepts": {"c": {"word_vectors": {"file": "v"}}}}, "concepts.c.word_vectors"),
        ({"concepts": {"c": {"seed": 3}}}, "concepts.c.seed"),
        ({"encoders": {"random": {"container": "."}}}, "encoders.random.container"),
        ({"encoders": {"base": {"seed": 0}}}, "encoders.base.seed"),
        ({"encoders": {"e": {"model": "timm:x", "checkpoint": "c", "seed": 1}}}, "encoders.e.seed"),
        ({"encoders": {"e": {"registry": "s-DINO", "prefix": "a."}}}, "encoders.e.prefix"),
        ({"training": {"run": {"loss": {"memory": 9}}}}, "training.run.loss.memory"),
        (
            {"training": {"run": {"recipe": "fine_tune", "loss": {"temperature": 0.2}}}},
            "training.run.loss.temperature",
        ),
        (
            {"training": {"run": {"recipe": "base", "augmentation": {"local_size": 16}}}},
            "training.run.augmentation.local_size",
        ),
        (
            {"training": {"run": {"recipe": "base", "projector": {"layers": 2}}}},
            "training.run.projector.layers",
        ),
        (
            {"training": {"run": {"validation": {"split": "none", "every_epochs": 2}}}},
            "training.run.validation.every_epochs",
        ),
        (
            {"training": {"two": RUN | {"start": {"run": "run", "prefix": "a."}}}},
            "training.two.start.prefix",
        ),
        (
            {"training": {"s": RUN | {"seed": 1, "sweep": [{"key": "seed", "values": [1, 2]}]}}},
            "training.s.seed",
        ),
        (
            {"training": {"s": RUN | {"sweep": [{"key": "loss.memory", "values": [8, 9]}]}}},
            "training.s.loss.memory",
        ),
        ({"probes": {"p": {"kind": "knn", "lr": {"low": 1, "high": 2}}}}, "probes.p.lr"),
        ({"probes": {"p": {"kind": "sgd", "C": {"low": 1, "high": 2}}}}, "probes.p.C"),
        ({"probes": {"p": {"kind": "knn", "trials": 30}}}, "probes.p.trials"),
        ({"probes": {"p": {"kind": "classifier", "seeds": 5}}}, "probes.p.seeds"),
        ({"probes": {"p": {"kind": "lbfgs", "k": 20}}}, "probes.p.k"),
        (
            {
                "analysis": {
                    "a": {
                        "encoders": "all",
                        "datasets": ["world"],
                        "metrics": ["redundancy"],
                        "coding_eps2": 0.5,
                    }
                }
            },
            "analysis.a.coding_eps2",
        ),
        ({"synthesis": {"clones": {"clone": {"scenes": "s"}}}}, "synthesis.clones.clone.scenes"),
        (
            {"synthesis": {"clones": {"clone": {"format": "png", "quality": 9}}}},
            "synthesis.clones.clone.quality",
        ),
        (
            {"synthesis": {"clones": {"clone": {"clip_images": 9}}}},
            "synthesis.clones.clone.clip_images",
        ),
        (
            {"synthesis": {"clones": {"clone": {"guidance": 1, "negative_prompt": "x"}}}},
            "synthesis.clones.clone.negative_prompt",
        ),
    ],
)
def test_a_key_that_does_nothing_is_named(changes: dict[str, Any], key: str) -> None:
    assert key in idle(changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        source("folder", mapping=None, id_column=None),
        source("pack", mapping="names.txt", image_column="i", class_column="c", id_column="id"),
        source("world", size=32, nuisance=0),
        {"images": {"folder": {"classes": {"limit": 1, "seed": 4}, "seed": 2}}},
        {"concepts": {"c": {"ties": "random", "seed": 3, "levels": {"gaps": "floor_last"}}}},
        {"concepts": {"c": {"seen_limit": 3, "seed": 3}}},
        {"concepts": {"c": {"levels": {"count": 1, "size": 1, "gaps": "none"}}}},
        {"encoders": {"random": {"seed": 5, "options": {"stem": "conv3_stride2"}}}},
        {"encoders": {"e": {"entry_point": "a.py:f", "files": ["w"], "options": {"a": 1}}}},
        # What a recipe switches on may be set, and what one run of a sweep reads.
        {"training": {"run": {"recipe": "ocm", "loss": {"memory": 9, "ema_momentum": 0}}}},
        {
            "training": {
                "s": RUN
                | {
                    "loss": {"memory": 64},
                    "sweep": [{"key": "loss.kind", "values": ["cosine", "ocm"]}],
                }
            }
        },
        {"probes": {"p": {"kind": "knn", "k": 5, "shots": [1], "validation": 0.1}}},
        {"synthesis": {"clones": {"clone": {"prompt": "c inside b", "scenes": "s"}}}},
        # The default templates of a trained generator have the letter b.
        {"synthesis": {"generators": {"t": {"train": {"dataset": "world", "scenes": "s"}}}}},
        {"compute": {"device": "cpu", "gpus": 0}},
    ],
)
def test_a_key_that_works_is_taken(changes: dict[str, Any]) -> None:
    assert idle(changes) == []


def test_gpus_that_nobody_would_use_are_refused() -> None:
    with pytest.raises(InputError, match=r"compute\.gpus: each job would ask for 2"):
        load_config({"compute": {"device": "cpu", "gpus": 2}})


def test_what_a_condition_names_is_a_key() -> None:
    """A typo in `Applies` would make a key useless everywhere."""
    sections = [sub for sub in whole()["$defs"].values() if "properties" in sub]
    conditions = 0
    for section in sections:
        for key, sub in section["properties"].items():
            for condition in sub.get("applies", []):
                for other, wanted in condition.items():
                    conditions += 1
                    first = other.split(".")[0]
                    assert first in section["properties"], f"{section['title']}: {key} by {other}"
                    enum = [
                        v for o in options(section["properties"][first]) for v in o.get("enum", [])
                    ]
                    if isinstance(wanted, list) and enum and "." not in other:
                        assert set(wanted) <= {*enum, None}, f"{section['title']}: {key} by {other}"
    assert conditions > 50


def test_the_marks_of_a_value_are_found_behind_references() -> None:
    given = {"images": {"a": {"source": {"kind": "folder", "path": ["p", "q"]}}}}
    found = {dotted(place): marks for place, _, marks in described(given)}
    assert found["images.a.source.path[1]"] == (PathMark(),)
    assert found["images.a.source.kind"] == ()
