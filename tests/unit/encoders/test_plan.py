"""The encoders section of a config: specs, inputs, errors, and what is missing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.config.yaml_file import load_yaml
from cogworks.core.errors import InputError
from cogworks.core.spec import canonical
from cogworks.encoders import plan
from cogworks.encoders.shards import note_path, note_text

Config = Callable[..., dict[str, Any]]
RANDOM = {"model": "torchvision:resnet18", "weights": "random"}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({}, "m: give exactly one of registry, run, model, entry_point; it has none"),
        ({"run": "base", "model": "timm:vit"}, "m: give exactly one of .* it has run, model"),
        ({"registry": "s-DINO", "entry_point": "a.py:f"}, "m: give exactly one"),
        ({"registry": "s-DIN"}, r"m\.registry: 's-DIN' is not in resources/encoders\.yaml"),
        ({"run": "bse"}, r"m\.run: 'bse' is no training run; known: base"),
        ({"model": "timm:resnet18"}, r"m\.weights: say `random` or `pretrained`"),
        ({**RANDOM, "checkpoint": "x"}, r"m\.checkpoint: has no meaning with `weights: random`"),
        ({**RANDOM, "prefix": "module."}, r"m\.prefix: has no meaning"),
        ({**RANDOM, "files": ["x"]}, r"m\.files: has no meaning with `model`"),
        ({"run": "base", "options": {"a": 1}}, r"m\.options: has no meaning with `run`"),
        ({"registry": "s-DINO", "weights": "random"}, r"m\.weights: a model of the registry"),
        ({"registry": "s-DINO", "prefix": "a."}, r"m\.prefix: has no meaning with `registry`"),
        ({"model": "cogworks:small_resnet", "weights": "pretrained"}, r"m\.weights: this project"),
        ({"model": "timm:hf-hub:a/b", "weights": "random"}, r"m\.weights: a model of the hub"),
        ({"model": "timm:x", "weights": "checkpoint"}, r"m\.checkpoint: needed"),
        (
            {"model": "timm:x", "checkpoint": "y", "rename": [["(", "a"]]},
            r"m\.rename\[0\]: '\(' is no regular expression",
        ),
        (
            {"model": "timm:x", "checkpoint": "y", "rename": [["(a)", "{1}{2+1}"]]},
            r"m\.rename\[0\]: '\{1\}\{2\+1\}' names group 2, and '\(a\)' has 1",
        ),
        ({**RANDOM, "image_size": 224, "resize": 200}, r"m\.resize: 200 is smaller"),
        ({**RANDOM, "mean": [0, 0, 0]}, r"m\.mean: give `mean` and `std` together"),
    ],
)
def test_errors_name_the_key(config_of: Config, section: dict[str, Any], problem: str) -> None:
    problems = plan.check(config_of(fine=RANDOM, m=section))
    assert len(problems) == 1
    assert re.match(f"encoders\\.{problem}", problems[0]), problems


@pytest.mark.parametrize(
    "section",
    [
        {"registry": "s-DINO"},
        {"registry": "s-DINO", "checkpoint": "elsewhere.pth", "decoder": "fast"},
        {"registry": "a-NAT-M4", "entry_point": "nat.py:load", "options": {"a": 1}},
        {"run": "base", "precision": "bfloat16"},
        {"model": "timm:resnet18", "checkpoint": "x.pth", "container": "a.b", "drop": ["fc"]},
        {"entry_point": "pkg.module:load", "files": ["w.pth"]},
        {**RANDOM, "seed": 3, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    ],
)
def test_good_sections_have_no_errors(config_of: Config, section: dict[str, Any]) -> None:
    assert plan.check(config_of(m=section)) == []


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({**RANDOM, "shards": 0}, r"encoders\.m\.shards"),
        ({**RANDOM, "std": [1, 0, 1]}, r"encoders\.m\.std"),
        # Of grey levels from 0 to 255, as many model cards give them.
        (
            {**RANDOM, "mean": [123.7, 0, 0], "std": [1, 1, 1]},
            r"m\.mean\[0\]: expected number ≤ 1, not 123\.7",
        ),
        (
            {**RANDOM, "mean": [0, 0, 0], "std": [255, 255, 255]},
            r"m\.std\[0\]: expected number .*not 255",
        ),
        ({**RANDOM, "modle": 1}, r"encoders\.m.*modle"),
        ({"model": "keras:vgg"}, r"encoders\.m\.model"),
        ({"entry_point": "no_colon"}, r"encoders\.m\.entry_point"),
        ({**RANDOM, "batch_size": "128"}, r"encoders\.m\.batch_size"),
    ],
)
def test_schema_refuses(config_of: Config, section: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        config_of(m=section)


def test_spec_of_a_registry_model_is_resolved(config_of: Config) -> None:
    spec = plan.spec(config_of(m={"registry": "s-MoCo-v2", "image_size": 112}), "m")
    assert spec["source"]["checkpoint"] == {
        "file": "weights/moco_v2_800ep_pretrain.pth.tar",
        "containers": ["state_dict"],
        "prefix": "module.encoder_q.",
        "drop": ["module.encoder_k.", "module.queue"],
        "rename": [],
    }
    assert spec["source"]["library"] == "torchvision"
    assert spec["image"]["image_size"] == 112
    assert spec["image"]["mean"] == [0.485, 0.456, 0.406]
    canonical(spec)


def test_spec_holds_only_what_the_features_depend_on(config_of: Config) -> None:
    plain = plan.spec(config_of(m=RANDOM), "m")
    assert plan.spec(config_of(m={**RANDOM, "shards": 4}, other=RANDOM), "m") == plain
    for change in ({"seed": 1}, {"decoder": "fast"}, {"batch_size": 64}, {"dtype": "float16"}):
        assert plan.spec(config_of(m=RANDOM | change), "m") != plain


def test_inputs(config_of: Config, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "notes.txt"):
        (folder / name).touch()
    config = config_of(
        run={"run": "base"},
        published={"registry": "s-DINO"},
        file={"model": "timm:resnet18", "checkpoint": "a/b.pth"},
        code={"entry_point": "mine/net.py:load", "files": ["mine/w.pth"]},
        module={"entry_point": "cogworks.networks.backbones:build_backbone"},
        folder={"model": f"hf:{folder}"},
        random=RANDOM,
    )
    assert plan.inputs(config, "run") == [
        "results/training/base/encoder.safetensors",
        "results/training/base/spec.json",
    ]
    assert plan.inputs(config, "published") == ["weights/dino_resnet50_pretrain.pth"]
    assert plan.inputs(config, "file") == ["a/b.pth"]
    assert plan.inputs(config, "code") == ["mine/net.py", "mine/w.pth"]
    assert plan.inputs(config, "module")[0].endswith("cogworks/networks/backbones.py")
    assert [Path(path).name for path in plan.inputs(config, "folder")] == [
        "config.json",
        "model.safetensors",
    ]
    assert plan.inputs(config, "random") == []


def test_missing_files_are_named_with_their_place(
    config_of: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = config_of(
        published={"registry": "s-DINO"},
        run={"run": "base"},
        random=RANDOM,
        code={"entry_point": "net.py:load"},
        module={"entry_point": "no_such_package_here.x:load"},
    )
    lines = {line.split(":")[0]: line for line in plan.missing(config)}
    assert set(lines) == {
        "encoders.published",
        "encoders.code.entry_point",
        "encoders.module.entry_point",
    }
    for part in ("weights/dino_resnet50_pretrain.pth", "facebookresearch", "published.checkpoint"):
        assert part in lines["encoders.published"]
    assert "net.py" in lines["encoders.code.entry_point"]
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/dino_resnet50_pretrain.pth").touch()
    (tmp_path / "net.py").touch()
    left = [line.split(":")[0] for line in plan.missing(config)]
    assert left == ["encoders.module.entry_point"]
    assert plan.missing(config, ["random"]) == []


def test_encoders_from_a_librarys_cache(config_of: Config, tmp_path: Path) -> None:
    config = config_of(
        cached={"model": "torchvision:resnet18", "weights": "pretrained"},
        hub={"model": "timm:hf-hub:a/b", "weights": "pretrained"},
        folder={"model": f"hf:{tmp_path}"},
        random=RANDOM,
    )
    assert plan.from_libraries(config) == {
        "cached": ("torchvision", "resnet18"),
        "hub": ("timm", "hf-hub:a/b"),
    }


def test_sharding(config_of: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that are finished keep the shards they had, for as long as they are not stale."""
    monkeypatch.chdir(tmp_path)
    job = ("a.b", "in1k", "train")
    features = Path("results/features/a.b/in1k/train.npy")

    def files(shards: int, code: str = "code", **changes: Any) -> list[str]:
        config = config_of(**{"a.b": RANDOM | changes | {"shards": shards}})
        return plan.shard_files(config, *job, code)

    two = [
        f"{features.with_suffix('')}.shards/{n}-of-2.{s}"
        for n in (0, 1)
        for s in ("npy", "parquet")
    ]
    assert files(1) == []
    assert files(2) == two
    features.parent.mkdir(parents=True)
    spec = plan.spec(config_of(**{"a.b": RANDOM}), "a.b")
    note_path(features).write_text(note_text(1, spec, "code"))
    assert files(2) == two, "there are no features"
    features.touch()
    assert files(2) == []
    assert files(2, seed=1) == two
    assert files(2, code="other") == two
    note_path(features).write_text(note_text(2, spec, "code"))
    assert files(1) == files(3) == two
    note_path(features).write_text("damaged")
    assert files(1) == []


def test_an_encoder_of_a_sweep_stands_for_its_runs() -> None:
    memory = {"key": "loss.memory", "values": [512, 1024]}
    given = {
        "training": {"ocm": {"dataset": "seen", "recipe": "ocm", "sweep": [memory]}},
        "encoders": {"mine": {"run": "ocm"}, "one": {"run": "ocm_512"}, "other": RANDOM},
        "evaluations": {
            "e0": {"encoders": ["other", "mine"], "datasets": ["seen"], "protocols": ["linear"]},
            "e1": {"encoders": "all", "datasets": ["seen"], "protocols": ["linear"]},
        },
        "analysis": {"encoders": ["mine", "mine_512"]},
    }
    twice = given | {"encoders": {"mine": {"run": "ocm"}, "mine_512": RANDOM}}
    with pytest.raises(InputError, match=r"encoders.mine_512: the sweep of encoders.mine makes"):
        plan.expand_sweeps(parse(twice).model_dump())
    config = plan.expand_sweeps(parse(given).model_dump())
    assert {name: section["run"] for name, section in config["encoders"].items()} == {
        "mine_512": "ocm_512",
        "mine_1024": "ocm_1024",
        "one": "ocm_512",
        "other": None,
    }
    assert [entry["encoders"] for entry in config["evaluations"].values()] == [
        ["other", "mine_512", "mine_1024"],
        "all",
    ]
    assert config["analysis"]["encoders"] == ["mine_512", "mine_1024"]
    assert plan.check(config) == []
    assert plan.inputs(config, "mine_1024")[0] == "results/training/ocm_1024/encoder.safetensors"


def test_config_of_the_31_models_is_complete(config_of: Config) -> None:
    root = plan.REGISTRY.parents[1]
    encoders = load_yaml(root / "config" / "cog-31.yaml")["encoders"]
    assert {name: section["registry"] for name, section in encoders.items()} == {
        name: name for name in plan.registry()
    }
    config = config_of(**encoders)
    assert plan.check(config) == []
    for name in encoders:
        canonical(plan.spec(config, name))
        assert plan.inputs(config, name)
