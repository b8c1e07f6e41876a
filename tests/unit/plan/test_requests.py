"""What jobs ask for, by the sizes of their work."""

import copy
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cogworks.core.place import ROOT
from cogworks.encoders import shares
from cogworks.plan import memory, seconds
from cogworks.plan.load import load
from cogworks.plan.plan import Plan
from cogworks.plan.requests import JOINING, LEAST_MB, LEAST_MINUTES, RULES, Request, Requests

GB = 1000
CONFIG: dict[str, Any] = {
    "concepts": {"cog": {}, "words": {}},
    "images": {
        "in1k": {
            "source": {"kind": "imagenet", "train_path": "train", "test_path": "val"},
            "classes": {"file": "imagenet1k"},
        },
        "cog": {
            "source": {"kind": "tar", "path": "tars", "layout": "wnid"},
            "classes": {"benchmark": "cog", "part": "levels"},
            "max_images": 1350,
            "test_images": 50,
        },
    },
    "synthesis": {
        "generators": {"sd": {"path": "sd"}},
        "clones": {"clone": {"generator": "sd", "like": "in1k", "n_shards": 100}},
    },
    "training": {"run": {"dataset": "in1k", "validation": {"split": "test"}}},
    "encoders": {
        "large": {"model": "timm:efficientnet_b4", "weights": "random", "image_size": 380},
        "half": {"model": "timm:resnet50", "weights": "random", "dtype": "float16", "shards": 4},
    },
    "probes": {"linear": {"kind": "sgd"}, "convex": {"kind": "lbfgs"}, "near": {"kind": "knn"}},
    "evaluations": {
        "all": {
            "encoders": ["half"],
            "datasets": ["in1k", "cog"],
            "protocols": ["linear", "near"],
        },
        "pool": {
            "encoders": ["half"],
            "datasets": ["cog"],
            "protocols": ["linear"],
            "pool": {"name": "words", "benchmark": "words"},
        },
        "convex": {"encoders": ["half"], "datasets": ["cog_l1"], "protocols": ["convex"]},
    },
    "analysis": {"all": {"encoders": ["half"], "datasets": ["in1k"], "split": "train"}},
}
FEATURES = {"encoder": "large", "dataset": "in1k", "split": "train"}
PROBE = {"encoder": "half", "dataset": "in1k", "protocol": "linear"}
# A job of each kind, the key that makes it larger, and two values of it.
GROWING = [
    ("extract_features", FEATURES, "encoders.large.batch_size", (128, 512)),
    ("extract_features", FEATURES, "encoders.large.image_size", (224, 528)),
    ("tune_probes", PROBE, "images.in1k.classes.limit", (100, 500)),
    ("fit_probes", PROBE | {"protocol": "near"}, "images.in1k.classes.limit", (100, 500)),
    ("build_manifest", {"dataset": "cog_l1"}, "images.cog.max_images", (5000, 50000)),
    ("measure_features", FEATURES | {"encoder": "half"}, "images.in1k.classes.limit", (100, 1000)),
    (
        "generate_shard",
        {"drawing": "clone", "number": "0"},
        "synthesis.clones.clone.padded_batch",
        (2, 8),
    ),
    ("train_encoder", {"run": "run"}, "training.run.optimizer.batch", (64, 256)),
    ("train_encoder", {"run": "run"}, "training.run.augmentation.global_size", (112, 224)),
]
# What takes longer the more there is of it, in the same way.
LASTING = [
    ("extract_features", FEATURES, "images.in1k.classes.limit", (100, 1000)),
    ("tune_probes", PROBE, "probes.linear.trials", (10, 100)),
    ("build_manifest", {"dataset": "cog_l1"}, "images.cog.max_images", (1350, 13500)),
    (
        "generate_shard",
        {"drawing": "clone", "number": "0"},
        "synthesis.clones.clone.steps",
        (5, 50),
    ),
    ("train_encoder", {"run": "run"}, "training.run.optimizer.epochs", (10, 100)),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan_with(**values: Any) -> Plan:
    """Return the plan of `CONFIG` with other values of some dotted keys."""
    config = copy.deepcopy(CONFIG)
    for key, value in values.items():
        *groups, name = key.split(".")
        section = config
        for group in groups:
            section = section.setdefault(group, {})
        section[name] = value
    return load(config, warn=lambda _: None)


def request(plan: Plan, rule: str, joins: tuple[str, ...] = (), **wildcards: Any) -> Request:
    files = SimpleNamespace(shards=joins)
    return Requests(plan).of(rule, SimpleNamespace(**wildcards), files)


@pytest.mark.parametrize(("rule", "wildcards", "key", "values"), GROWING)
def test_a_larger_job_asks_for_more_memory(
    rule: str, wildcards: dict[str, str], key: str, values: tuple[int, int]
) -> None:
    small, large = (request(plan_with(**{key: v}), rule, **wildcards) for v in values)
    assert small.mem_mb >= LEAST_MB
    assert 1.1 * small.mem_mb < large.mem_mb


@pytest.mark.parametrize(("rule", "wildcards", "key", "values"), LASTING)
def test_a_longer_job_asks_for_more_time(
    rule: str, wildcards: dict[str, str], key: str, values: tuple[int, int]
) -> None:
    short, long = (request(plan_with(**{key: v}), rule, **wildcards) for v in values)
    assert short.runtime >= LEAST_MINUTES
    assert 2 * short.runtime < long.runtime


def test_a_batch_of_large_images_is_asked_for_and_half_of_it_in_half_precision() -> None:
    """EfficientNet-B4 at 380 pixels held 6.8 GB in batches of 128 (benchmarks/resources.py)."""
    limit = {"images.in1k.classes.limit": 10}
    full = request(plan_with(**limit), "extract_features", **FEATURES)
    assert 7.1 * GB < full.mem_mb < 3 * 6.8 * GB
    half = plan_with(**limit | {"encoders.large.precision": "bfloat16"})
    assert request(half, "extract_features", **FEATURES).mem_mb < 0.7 * full.mem_mb
    # On a GPU the batch is on the card.
    card = plan_with(**limit | {"compute.gpus": 1, "encoders.large.batch_size": 256})
    assert request(card, "extract_features", **FEATURES).mem_mb < full.mem_mb


def test_features_are_float32_in_memory_whatever_their_file_holds() -> None:
    """Those of IN-1K by a ResNet50 take 10.5 GB, and 12 with what is looked at besides."""
    planned = request(plan_with(), "tune_probes", **PROBE).mem_mb
    assert 12 * GB < planned < 24 * GB
    # What is made counts as it is.
    path = Path(plan_with().encoders["half"].features("in1k", "train").array)
    path.parent.mkdir(parents=True)
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(10, 2048))
    assert request(plan_with(), "tune_probes", **PROBE).mem_mb < 2 * GB


def test_a_group_of_a_pool_asks_for_its_own_images_alone() -> None:
    plan = plan_with()
    one = request(plan, "tune_probes", **PROBE | {"dataset": "cog_l1"}).mem_mb
    [name] = {
        dataset for _, dataset, _ in plan.jobs if dataset.startswith("words_") and "1" in dataset
    }
    assert request(plan, "tune_probes", **PROBE | {"dataset": name}).mem_mb == pytest.approx(
        one, rel=0.1
    )


def test_l_bfgs_asks_for_the_logits_of_all_images() -> None:
    plan = plan_with()
    job = PROBE | {"dataset": "cog_l1"}
    convex = request(plan, "tune_probes", **job | {"protocol": "convex"}).mem_mb
    assert convex > 3 * request(plan, "tune_probes", **job).mem_mb


def test_processes_that_decode_ask_for_memory_of_their_own() -> None:
    """From five threads on, for many images."""
    plan = plan_with()
    encoder, images = plan.encoders["large"], plan.images("in1k")
    one, four, eight, sixteen = (
        memory.extraction(encoder, images, "train", threads=threads) for threads in (1, 4, 8, 16)
    )
    batch = 3 * 380**2 * encoder.spec.compute.batch_size / memory.MB
    decoded = memory.DECODED * 500 * 375 / memory.MB
    # Up to four threads have one batch ahead of those that are under way.
    assert four - one == pytest.approx(3 * decoded, rel=0.01)
    assert eight - four == pytest.approx(2 * memory.DECODER + 3 * batch + 4 * decoded, rel=0.01)
    assert sixteen - eight == pytest.approx(2 * memory.DECODER + 4 * batch + 8 * decoded, rel=0.01)
    few = plan_with(**{"images.in1k.classes.limit": 10})
    asked = [
        memory.extraction(few.encoders["large"], few.images("in1k"), "train", threads=threads)
        for threads in (4, 8)
    ]
    assert asked[1] - asked[0] < batch + 5 * decoded


def test_threads_of_one_process_decode_no_faster_than_four(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where many images are decoded in processes, all of the threads count."""
    monkeypatch.setattr(seconds, "GPU", math.inf)
    plan = plan_with(**{"compute.gpus": 1})

    def each(number: int, threads: int) -> float:
        found = plan.encoders["half"], plan.images("in1k")
        return seconds.encoding(*found, number, threads) / number

    many, few = shares.WORTH, shares.WORTH - 1
    assert each(many, 16) == pytest.approx(each(many, 4) / 4)
    assert each(few, 16) == pytest.approx(each(few, 4)) == pytest.approx(each(many, 4))


def test_joining_shards_asks_for_rows_and_not_for_features() -> None:
    plan, wildcards = plan_with(), FEATURES | {"encoder": "half"}
    joined = request(plan, "extract_features", ("shard",), **wildcards)
    assert joined.mem_mb < 4 * GB
    # A shard takes a part of the time, and no less memory.
    whole = request(plan, "extract_features", **wildcards)
    shard = request(plan, "extract_shard", **wildcards, shards="4", shard="0")
    assert shard.mem_mb == whole.mem_mb
    assert shard.runtime == pytest.approx(whole.runtime / 4, rel=0.1)


def test_what_the_user_asks_for_a_training_counts() -> None:
    compute = {"training.run.compute": {"processes": 2, "mem_mb": 3000, "runtime": 77}}
    assert request(plan_with(**compute), "train_encoder", run="run") == (6000, 77)


def test_requests_grow_with_each_attempt() -> None:
    requests = Requests(plan_with())
    w, files = SimpleNamespace(**FEATURES), SimpleNamespace(shards=())
    first = requests.of("extract_features", w, files)
    for resource, one in zip((requests.mem_mb, requests.runtime), first, strict=True):
        found = [resource("extract_features")(w, files, attempt) for attempt in (1, 2, 3)]
        assert found == [one, 2 * one, 3 * one]


def test_measured_time_comes_first() -> None:
    plan = plan_with()
    w, files = SimpleNamespace(**FEATURES), SimpleNamespace(shards=("shard",))
    requests = Requests(
        plan, measured=lambda rule, _: 3540.0 if rule == "extract_features" else None
    )
    assert requests.of("extract_features", w, SimpleNamespace(shards=())).runtime == 120
    # Another job of the same rule, which nothing was measured for.
    assert requests.of("extract_features", w, files).runtime < 120


def test_every_rule_takes_its_requests_from_here() -> None:
    """No rule asks for a number of its own."""
    found = []
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for part in re.split(r"\nrule ", f"\n{path.read_text(encoding='utf-8')}")[1:]:
            name = part.partition(":")[0]
            asked = re.findall(r"^ +(mem_mb|runtime)=(.*),$", part, flags=re.M)
            if "    resources:" in part:
                assert asked == [(key, f'requests.{key}("{name}")') for key, _ in asked]
                assert [key for key, _ in asked] == ["mem_mb", "runtime"], name
                found.append(name)
    assert sorted([*found, JOINING]) == sorted(RULES)


def test_a_kind_of_probe_that_nobody_has_measured_asks_for_the_most() -> None:
    for stack in memory.STACKS.values():
        assert all(own <= most for own, most in zip(stack, memory.OTHER, strict=True))
