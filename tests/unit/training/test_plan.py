import re
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.config.training import Run
from cogworks.core.errors import InputError
from cogworks.training import plan

EMPTY_GROUPS = ("backbone", "augmentation", "projector", "loss", "optimizer")
NUMBERS = (*EMPTY_GROUPS, "precision", "channels_last", "compile")


def section(**keys: Any) -> dict[str, Any]:
    """A run's section as the loader fills it in."""
    given = {"dataset": "seen"} | keys
    return parse({"training": {"a": given}}).model_dump()["training"]["a"]


def config(**training: dict[str, Any]) -> dict[str, Any]:
    classes = {"part": "seen", "benchmark": None}
    image = {"source": {"kind": "world"}, "classes": classes, "val_share": 0}
    return {
        "training": training,
        "images": {"seen": image},
        "synthesis": {"clones": {"clone": {}}},
        "concepts": {},
        "compute": {"gpus": 1},
    }


def test_table_c1() -> None:
    spec = plan.spec(config(trex=section(recipe="trex")), "trex")
    assert spec["backbone"] == {
        "library": "torchvision",
        "name": "resnet50",
        "options": {},
        "image_size": 224,
    }
    assert spec["projector"] == {
        "enabled": True,
        "layers": 3,
        "hidden": 2048,
        "bottleneck": 256,
        "normalize_input": True,
    }
    assert spec["loss"] == {
        "kind": "ocm",
        "temperature": 0.1,
        "memory": 8192,
        "ema_momentum": 0.999,
        # Where the thesis is silent, as in the authors' code.
        "init": "linear",
        "ema_mode": "train",
        "ema_warmup": False,
    }
    crops = spec["augmentation"]
    assert (crops["global_crops"], crops["local_crops"]) == (1, 8)
    assert (crops["global_size"], crops["local_size"]) == (224, 96)
    assert (crops["global_scale"], crops["local_scale"]) == ([0.25, 1.0], [0.05, 0.25])
    star = plan.spec(config(star=section(recipe="trex_star")), "star")
    assert star["projector"]["layers"] == 1
    assert star["augmentation"]["global_scale"] == [0.4, 1.0]
    assert star["augmentation"]["local_scale"] == [0.05, 0.4]
    assert star["loss"]["kind"] == "ocm"
    optimizer = star["optimizer"]
    assert (optimizer["epochs"], optimizer["batch"], optimizer["warmup_epochs"]) == (100, 256, 10)
    assert (optimizer["lr_per_256"], optimizer["momentum"]) == (0.1, 0.9)
    assert (optimizer["weight_decay"], optimizer["final_lr"]) == (1e-4, 1e-6)


def test_recipes_differ_as_named() -> None:
    base = plan.numbers("imagenet", "base")
    assert base["augmentation"]["local_crops"] == 0
    assert not base["projector"]["enabled"]
    assert base["loss"]["kind"] == "cosine"
    assert plan.numbers("imagenet", "base_9x_batch")["optimizer"]["batch"] == 9 * 256
    long = plan.numbers("imagenet", "base_800_epochs")
    assert long["optimizer"]["epochs"] == 800
    assert long["augmentation"]["global_scale"] == [0.05, 1.0]
    assert long["augmentation"]["local_crops"] == 0
    mlp = plan.numbers("imagenet", "sl_mlp")
    assert (mlp["loss"]["kind"], mlp["projector"]["normalize_input"]) == ("softmax", False)
    assert mlp["projector"]["layers"] == 1
    assert plan.numbers("imagenet", "trex_1") == plan.numbers("imagenet", "base_mc_pr")
    assert plan.numbers("imagenet", "trex_star") == plan.numbers("imagenet", "trex_1_ocm")
    for size in (2048, 4096, 8192, 16384, 32768, 65536, 131072):
        assert plan.numbers("imagenet", f"memory_{size}")["loss"]["memory"] == size
    assert plan.numbers("imagenet", "ema_0")["loss"]["ema_momentum"] == 0


def test_a_scale_keeps_the_recipe() -> None:
    base, trex = plan.numbers("px64", "base"), plan.numbers("px64", "trex")
    assert base["augmentation"]["local_crops"] == 0
    assert trex["projector"]["layers"] == 3
    assert base["backbone"]["name"] == "small_resnet"
    assert plan.numbers("px32", "trex")["augmentation"]["global_size"] == 32


@pytest.mark.parametrize("kind", ["scales", "recipes"])
def test_every_entry_stands_on_known_keys(kind: str) -> None:
    def keys(value: dict[str, Any], prefix: str = "") -> set[str]:
        return {
            key
            for name, sub in value.items()
            for key in (
                keys(sub, f"{prefix}{name}.")
                if isinstance(sub, dict) and name != "options"
                else {prefix + name}
            )
        }

    known = keys(plan.numbers("imagenet", "base"))
    for name in plan.names(kind):
        scale, recipe = ("imagenet", name) if kind == "recipes" else (name, "base")
        assert keys(plan.numbers(scale, recipe)) == known, name


def test_schema_has_a_key_for_every_number() -> None:
    run = Run(dataset="seen").model_dump()
    for group, value in plan.numbers("imagenet", "base").items():
        assert group in run
        if group in EMPTY_GROUPS:
            assert set(value) == set(run[group]), group


def test_own_keys_override() -> None:
    run = section(recipe="trex", projector={"layers": 2}, precision="bfloat16", seed=3)
    spec = plan.spec(config(a=run), "a")
    assert spec["projector"]["layers"] == 2
    assert spec["projector"]["hidden"] == 2048
    assert (spec["precision"], spec["seed"]) == ("bfloat16", 3)
    assert plan.spec(config(a=section(recipe="trex")), "a")["projector"]["layers"] == 3


def test_options_replace_those_of_the_recipe() -> None:
    run = section(scale="px64", backbone={"options": {"layers": [2, 2], "channels": [8, 8]}})
    options = plan.spec(config(a=run), "a")["backbone"]["options"]
    assert options == {"layers": [2, 2], "channels": [8, 8]}


def test_names_of_recipe_and_compute_are_no_part_of_the_spec() -> None:
    first = plan.spec(config(a=section(recipe="trex_1")), "a")
    other = section(recipe="base_mc_pr", compute={"workers": 7, "processes": 2, "nodes": 1})
    assert plan.spec(config(b=other), "b") == first


def test_sweep_expands_to_every_combination() -> None:
    axes = [
        {"key": "loss.memory", "values": [2048, 4096]},
        {"key": "loss.ema_momentum", "values": [0, 0.999]},
    ]
    both = config(ocm=section(recipe="ocm", sweep=axes), plain=section())
    names = ["ocm_2048_0", "ocm_2048_0.999", "ocm_4096_0", "ocm_4096_0.999"]
    assert plan.expand(both, "ocm") == names
    assert list(plan.runs(both)) == [*names, "plain"]
    assert plan.expand(both, "ocm_4096_0") == ["ocm_4096_0"]
    assert plan.spec(both, "ocm_4096_0")["loss"]["memory"] == 4096
    assert plan.spec(both, "ocm_2048_0.999")["loss"]["ema_momentum"] == 0.999
    with pytest.raises(InputError, match="'nope' is no training run; known: ocm_2048_0"):
        plan.expand(both, "nope")


@pytest.mark.parametrize("key", ["start.run", "seed.x", "start.run.x"])
def test_a_sweep_inside_of_no_section_is_an_error(key: str) -> None:
    problems = plan.check(config(r=section(sweep=[{"key": key, "values": ["a"]}])))
    assert problems == [
        f"training.r.sweep: {key} cannot be swept; {key.rpartition('.')[0]} is no section here"
    ]


def test_no_run_is_called_like_the_folder_of_anothers_state() -> None:
    (line,) = plan.check(config(**{"base": section(), "base.state": section()}))
    assert line.startswith("training.base.state: base.state ends in .state")


def test_a_run_starts_from_another_one_or_from_a_file() -> None:
    start = {"container": "state_dict", "prefix": "module.", "drop": []}
    runs = {
        "base": section(recipe="base"),
        "tuned": section(recipe="fine_tune", start={"run": "base", "checkpoint": None, **start}),
        "file": section(recipe="base", start={"run": None, "checkpoint": "w.pth", **start}),
    }
    whole = config(**runs)
    assert plan.check(whole) == []
    assert plan.start_file(whole, "base") == []
    assert plan.start_file(whole, "tuned") == ["results/training/base/encoder.safetensors"]
    assert plan.start_file(whole, "file") == ["w.pth"]
    assert "start" not in plan.spec(whole, "base")
    assert plan.spec(whole, "tuned")["start"] == start
    assert plan.missing_paths(whole) == ["training.file.start.checkpoint: w.pth does not exist"]


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ({"run": "bse"}, r"training.a.start.run: 'bse' is no training run; known: a, b"),
        ({"run": "b"}, r"training.a.start.run: a -> b -> a goes round in a circle"),
        ({"run": "b", "checkpoint": "w.pth"}, r"training.a.start: give exactly one of"),
        ({}, r"training.a.start: give exactly one of run and checkpoint"),
    ],
)
def test_errors_of_a_start(start: dict[str, Any], problem: str) -> None:
    empty = {"run": None, "checkpoint": None, "container": ".", "prefix": "", "drop": []}
    whole = config(a=section(start=empty | start), b=section(start=empty | {"run": "a"}))
    assert re.search(problem, "\n".join(plan.check(whole)))


def test_a_longer_sweep_keeps_the_runs_that_exist() -> None:
    def memories(values: list[int]) -> dict[str, Any]:
        return config(ocm=section(sweep=[{"key": "loss.memory", "values": values}]))

    short, long = memories([1, 2]), memories([4, 1, 2])
    for name in plan.runs(short):
        assert plan.spec(short, name) == plan.spec(long, name)


def test_recipes_can_be_swept() -> None:
    swept = config(a=section(sweep=[{"key": "recipe", "values": ["base", "base_mc"]}]))
    assert list(plan.runs(swept)) == ["a_base", "a_base_mc"]
    assert plan.spec(swept, "a_base")["augmentation"]["local_crops"] == 0


def test_paths() -> None:
    runs = config(
        own=section(),
        other=section(dataset="clone", validation={"dataset": "seen"}),
        none=section(validation={"split": "none"}),
    )
    assert plan.manifest(runs, "own") == "results/images/seen/train.parquet"
    assert plan.validation_manifest(runs, "own") == ["results/images/seen/test.parquet"]
    assert plan.manifest(runs, "other") == "results/synthesis/clone/manifest.parquet"
    assert plan.validation_manifest(runs, "other") == ["results/images/seen/test.parquet"]
    assert plan.validation_manifest(runs, "none") == []


def test_what_a_job_asks_for() -> None:
    runs = config(a=section(compute={"processes": 4, "threads": 3, "mem_mb": 1000}))
    assert (plan.cores(runs, "a"), plan.gpus(runs, "a"), plan.mem_mb(runs, "a")) == (12, 4, 4000)
    assert plan.compute(runs, "a")["workers"] == -1


def test_a_good_config_has_no_errors() -> None:
    assert plan.check(config(a=section(), b=section(recipe="trex", scale="px32"))) == []


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (section(recipe="trax"), r"training.a.recipe: 'trax' is no recipe; known: base,"),
        (section(scale="big"), r"training.a.scale: 'big' is no scale; known: imagenet, px64"),
        (section(dataset="sen"), r"training.a.dataset: 'sen' is no data set; known: seen, clone"),
        (section(dataset="clone"), r"training.a.validation.dataset: the clone clone has training"),
        (
            section(validation={"split": "val"}),
            r"training.a.validation.split: val, but images.seen.val_share sets no images apart",
        ),
        (
            section(augmentation={"local_scale": [0.4, 0.05]}),
            r"training.a.augmentation.local_scale: expected 0 < least <= greatest <= 1, got 0.4",
        ),
        (
            section(augmentation={"std": [0.2, 0.0, 0.2]}),
            r"training.a.augmentation.std: expected positive",
        ),
        (
            section(optimizer={"epochs": 5}),
            r"training.a.optimizer.warmup_epochs: 10 is not between 0 and the 5 epochs",
        ),
        (
            section(optimizer={"batch": 4, "accumulation": 4}),
            r"training.a.optimizer.batch: 4 images in 4 pieces leave batch norm one image",
        ),
        (
            section(compute={"processes": 3}),
            r"training.a.optimizer.batch: 256 images cannot be divided among 3 pieces",
        ),
        (
            section(sweep=[{"key": "compute.workers", "values": [1]}]),
            r"training.a.sweep: compute.workers cannot be swept",
        ),
        (
            section(sweep=[{"key": "seed", "values": [1]}, {"key": "seed", "values": [2]}]),
            r"training.a.sweep: seed is swept twice",
        ),
    ],
)
def test_errors_name_key_and_value(run: dict[str, Any], message: str) -> None:
    problems = plan.check(config(a=run))
    assert len(problems) == 1, problems
    assert re.match(message, problems[0]), problems[0]


def test_swept_values_are_checked_by_the_schema() -> None:
    axes = [{"key": "loss.memory", "values": [0]}, {"key": "projektor.layers", "values": [1]}]
    problems = "\n".join(plan.check(config(a=section(sweep=axes))))
    assert "training.a_0_1.loss.memory: expected whole number ≥ 1 or null, not 0" in problems
    assert "training.a_0_1.projektor: unknown key; did you mean projector?" in problems


def test_runs_of_two_sections_must_not_share_a_name() -> None:
    twice = config(a=section(sweep=[{"key": "seed", "values": [1]}]), a_1=section())
    assert any("its run a_1 exists twice" in problem for problem in plan.check(twice))
