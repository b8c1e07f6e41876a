"""What the section `training` of a config stands for: runs, their numbers, and its errors."""

import re
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run
from cogworks.training.specs import KeyMapping

SEEN = {"source": {"kind": "world"}, "classes": {"part": "seen"}}


def section(**keys: Any) -> dict[str, Any]:
    return {"dataset": "seen"} | keys


def plan_of(**training: dict[str, Any]) -> Plan:
    config = {
        "training": training,
        "images": {"seen": SEEN},
        "synthesis": {"clones": {"clone": {"generator": "none"}}},
        "compute": {"gpus": 1},
    }
    return Plan(parse(config))


def run_of(**keys: Any) -> Run:
    return plan_of(a=section(**keys)).runs["a"]


def test_table_c1() -> None:
    spec = run_of(recipe="trex").spec
    assert spec.backbone.model_dump() == {
        "library": "torchvision",
        "name": "resnet50",
        "options": {},
        "image_size": 224,
    }
    assert spec.projector.model_dump() == {
        "enabled": True,
        "layers": 3,
        "hidden": 2048,
        "bottleneck": 256,
        "normalize_input": True,
    }
    assert spec.loss.model_dump() == {
        "kind": "ocm",
        "temperature": 0.1,
        "memory": 8192,
        "k": 200,
        "ema_momentum": 0.999,
        # Where the thesis is silent, as in the authors' code.
        "init": "linear",
        "ema_mode": "train",
        "ema_warmup": False,
    }
    crops = spec.augmentation
    assert (crops.global_crops, crops.local_crops) == (1, 8)
    assert (crops.global_size, crops.local_size) == (224, 96)
    assert (crops.global_scale, crops.local_scale) == ([0.25, 1.0], [0.05, 0.25])
    star = run_of(recipe="trex_star").spec
    assert star.projector.layers == 1
    assert star.augmentation.global_scale == [0.4, 1.0]
    assert star.augmentation.local_scale == [0.05, 0.4]
    assert star.loss.kind == "ocm"
    optimizer = star.optimizer
    assert (optimizer.epochs, optimizer.batch, optimizer.warmup_epochs) == (100, 256, 10)
    assert (optimizer.lr_per_256, optimizer.momentum) == (0.1, 0.9)
    assert (optimizer.weight_decay, optimizer.final_lr) == (1e-4, 1e-6)


def test_own_keys_override() -> None:
    spec = run_of(recipe="trex", projector={"layers": 2}, precision="bfloat16", seed=3).spec
    assert spec.projector.layers == 2
    assert spec.projector.hidden == 2048
    assert (spec.precision, spec.seed) == ("bfloat16", 3)
    assert run_of(recipe="trex").spec.projector.layers == 3


def test_options_replace_those_of_the_recipe() -> None:
    run = run_of(scale="px64", backbone={"options": {"layers": [2, 2], "channels": [8, 8]}})
    assert run.spec.backbone.options == {"layers": [2, 2], "channels": [8, 8]}


def test_names_of_recipe_and_compute_are_no_part_of_the_spec() -> None:
    other = run_of(recipe="base_mc_pr", compute={"workers": 7, "processes": 2, "nodes": 1})
    assert other.spec.text == run_of(recipe="trex_1").spec.text
    assert other.code == run_of(recipe="trex_1").code


def test_a_spec_is_read_as_it_was_written() -> None:
    spec = run_of(start={"checkpoint": "w.pth", "prefix": "module."}).spec
    assert type(spec).read(spec.text) == spec


def test_sweep_expands_to_every_combination() -> None:
    axes = [
        {"key": "loss.memory", "values": [2048, 4096]},
        {"key": "loss.ema_momentum", "values": [0, 0.999]},
    ]
    both = plan_of(ocm=section(recipe="ocm", sweep=axes), plain=section())
    names = ["ocm_2048_0", "ocm_2048_0.999", "ocm_4096_0", "ocm_4096_0.999"]
    assert [run.name for run in both.sweeps["ocm"]] == names
    assert [run.name for run in both.sweeps["plain"]] == ["plain"]
    assert list(both.runs) == [*names, "plain"]
    assert both.runs["ocm_4096_0"].spec.loss.memory == 4096
    assert both.runs["ocm_2048_0.999"].spec.loss.ema_momentum == 0.999


@pytest.mark.parametrize("key", ["start.run", "seed.x", "start.run.x"])
def test_a_sweep_inside_of_no_section_is_an_error(key: str) -> None:
    plan = plan_of(r=section(sweep=[{"key": key, "values": ["a"]}]))
    assert plan.run_problems == [
        f"training.r.sweep: {key} cannot be swept; {key.rpartition('.')[0]} is not a section here"
    ]


def test_no_run_is_called_like_the_folder_of_anothers_state() -> None:
    (line,) = plan_of(**{"base": section(), "base.state": section()}).run_problems
    assert line.startswith("training.base.state: base.state ends in .state")


def test_a_run_starts_from_another_one_or_from_a_file() -> None:
    start = {"container": "state_dict", "prefix": "module.", "drop": []}
    plan = plan_of(
        base=section(recipe="base"),
        tuned=section(recipe="fine_tune", start={"run": "base", "checkpoint": None, **start}),
        file=section(recipe="base", start={"run": None, "checkpoint": "w.pth", **start}),
    )
    assert plan.run_problems == []
    assert plan.runs["base"].start_file == []
    assert plan.runs["tuned"].start_file == ["results/training/base/encoder.safetensors"]
    assert plan.runs["file"].start_file == ["w.pth"]
    assert plan.runs["file"].missing == ["training.file.start.checkpoint: w.pth does not exist"]
    assert plan.runs["tuned"].missing == []
    assert plan.runs["base"].spec.start is None
    assert plan.runs["tuned"].spec.start == KeyMapping(**start)


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ({"run": "bse"}, r"training.a.start.run: 'bse' is not a training run; known: a, b"),
        ({"run": "b"}, r"training.a.start.run: a -> b -> a goes round in a circle"),
        ({"run": "b", "checkpoint": "w.pth"}, r"training.a.start: give exactly one of"),
        ({}, r"training.a.start: give exactly one of run and checkpoint"),
    ],
)
def test_errors_of_a_start(start: dict[str, Any], problem: str) -> None:
    empty = {"run": None, "checkpoint": None, "container": ".", "prefix": "", "drop": []}
    plan = plan_of(a=section(start=empty | start), b=section(start=empty | {"run": "a"}))
    assert re.search(problem, "\n".join(plan.run_problems))


def test_a_longer_sweep_keeps_the_runs_that_exist() -> None:
    def memories(values: list[int]) -> dict[str, Run]:
        return plan_of(ocm=section(sweep=[{"key": "loss.memory", "values": values}])).runs

    short, long = memories([1, 2]), memories([4, 1, 2])
    assert len(short) == 2
    for name, run in short.items():
        assert run.spec == long[name].spec


def test_recipes_can_be_swept() -> None:
    runs = plan_of(a=section(sweep=[{"key": "recipe", "values": ["base", "base_mc"]}])).runs
    assert list(runs) == ["a_base", "a_base_mc"]
    assert runs["a_base"].spec.augmentation.local_crops == 0


def test_paths() -> None:
    runs = plan_of(
        own=section(),
        other=section(dataset="clone", validation={"dataset": "seen"}),
        none=section(validation={"split": "none"}),
    ).runs
    validation = ["results/images/seen/test.parquet"]
    own = {"manifest": "results/images/seen/train.parquet", "validation": validation}
    assert runs["own"].inputs == own
    assert runs["other"].inputs == own | {"manifest": "results/synthesis/clone/manifest.parquet"}
    assert runs["none"].inputs == own | {"validation": []}
    assert runs["own"].file("metrics.parquet") == "results/training/own/metrics.parquet"
    assert runs["own"].state == "results/training/own.state"


def test_what_a_job_asks_for() -> None:
    run = run_of(compute={"processes": 4, "threads": 3, "mem_mb": 1000})
    assert (run.cores, run.gpus, run.own_mem_mb) == (12, 4, 4000)
    assert (run.tasks, run.gpus_of_one_node, run.gpus_of_each_node) == (None, 4, None)
    assert run.workers == -1
    assert run_of(compute={"workers": 0}).workers == 0
    several = run_of(compute={"processes": 4, "nodes": 2})
    assert several.tasks == 2
    assert (several.gpus_of_one_node, several.gpus_of_each_node) == (None, "gpu:4")


def test_a_good_config_has_no_errors() -> None:
    assert plan_of(a=section(), b=section(recipe="trex", scale="px32")).run_problems == []


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (section(recipe="trax"), r"training.a.recipe: 'trax' is not a recipe; known: base,"),
        (section(scale="big"), r"training.a.scale: 'big' is not a scale; known: imagenet, px64"),
        (
            section(dataset="sen"),
            r"training.a.dataset: 'sen' is not a data set; known: seen, clone",
        ),
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
            section(recipe="look", loss={"memory": 100}),
            r"training.a.loss.k: 200 neighbours are more than the memory holds \(100\)",
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
    problems = plan_of(a=run).run_problems
    assert len(problems) == 1, problems
    assert re.match(message, problems[0]), problems[0]


def test_swept_values_are_checked_by_the_schema() -> None:
    axes = [{"key": "loss.memory", "values": [0]}, {"key": "projektor.layers", "values": [1]}]
    problems = "\n".join(plan_of(a=section(sweep=axes)).run_problems)
    assert "training.a_0_1.loss.memory: expected whole number ≥ 1 or null, not 0" in problems
    assert "training.a_0_1.projektor: unknown key; did you mean projector?" in problems


def test_runs_of_two_sections_must_not_share_a_name() -> None:
    twice = plan_of(a=section(sweep=[{"key": "seed", "values": [1]}]), a_1=section())
    assert any("its run a_1 exists twice" in problem for problem in twice.run_problems)
    long = plan_of(a=section(sweep=[{"key": "dataset", "values": ["x" * 160]}])).run_problems
    assert any("a name of 162 characters, too long for a file" in problem for problem in long)
