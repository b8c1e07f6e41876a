"""The encoders section of a config: specs, inputs, errors, and what is missing."""

import re
from pathlib import Path
from typing import Any

import pytest

from cogworks.config import published
from cogworks.config.parse import parse
from cogworks.core.errors import InputError
from cogworks.encoders.shards import Note, made_of, note_path, note_text
from cogworks.encoders.specs import Checkpoint, EncoderSpec, ModelSource
from cogworks.plan import encoder_checks
from cogworks.plan.load import load
from cogworks.plan.plan import Plan

RANDOM = {"model": "torchvision:resnet18", "weights": "random"}


def plan_of(**encoders: dict[str, Any]) -> Plan:
    """Return the plan of encoders by name, with one training run, `base`."""
    plan: Plan = Plan(parse({"encoders": encoders, "training": {"base": {"dataset": "x"}}}))
    return plan


def spec_of(**section: Any) -> EncoderSpec:
    return plan_of(m=section).encoders["m"].spec


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({}, "m: give exactly one of registry, run, model, entry_point; it has none"),
        ({"run": "base", "model": "timm:vit"}, "m: give exactly one of .* it has run, model"),
        ({"registry": "s-DINO", "entry_point": "a.py:f"}, "m: give exactly one"),
        ({"registry": "s-DIN"}, r"m\.registry: 's-DIN' is not in resources/encoders\.yaml"),
        ({"run": "bse"}, r"m\.run: 'bse' is not a training run; known: base"),
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
            r"m\.rename\[0\]: '\(' is not a regular expression",
        ),
        (
            {"model": "timm:x", "checkpoint": "y", "rename": [["(a)", "{1}{2+1}"]]},
            r"m\.rename\[0\]: '\{1\}\{2\+1\}' names group 2, and '\(a\)' has 1",
        ),
        ({**RANDOM, "image_size": 224, "resize": 200}, r"m\.resize: 200 is smaller"),
        ({**RANDOM, "mean": [0, 0, 0]}, r"m\.mean: give `mean` and `std` together"),
    ],
)
def test_errors_name_the_key(section: dict[str, Any], problem: str) -> None:
    problems = plan_of(fine=RANDOM, m=section).encoder_problems
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
def test_good_sections_have_no_errors(section: dict[str, Any]) -> None:
    assert plan_of(m=section).encoder_problems == []


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
def test_schema_refuses(section: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        plan_of(m=section)


def test_spec_of_a_registry_model_is_resolved() -> None:
    spec = spec_of(registry="s-MoCo-v2", image_size=112)
    assert isinstance(spec.source, ModelSource)
    assert spec.source.weights == Checkpoint(
        file="weights/moco_v2_800ep_pretrain.pth.tar",
        containers=["state_dict"],
        prefix="module.encoder_q.",
        drop=["module.encoder_k.", "module.queue"],
        rename=[],
    )
    assert spec.source.library == "torchvision"
    assert spec.image.image_size == 112
    assert spec.image.mean == [0.485, 0.456, 0.406]
    assert EncoderSpec.read(spec.text) == spec


def test_spec_holds_only_what_the_features_depend_on() -> None:
    plain = spec_of(**RANDOM)
    assert plan_of(m={**RANDOM, "shards": 4}, other=RANDOM).encoders["m"].spec == plain
    for change in ({"seed": 1}, {"decoder": "fast"}, {"batch_size": 64}, {"dtype": "float16"}):
        assert spec_of(**RANDOM | change) != plain


def test_inputs(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "notes.txt"):
        (folder / name).touch()
    plan = plan_of(
        run={"run": "base"},
        published={"registry": "s-DINO"},
        file={"model": "timm:resnet18", "checkpoint": "a/b.pth"},
        code={"entry_point": "mine/net.py:load", "files": ["mine/w.pth"]},
        module={"entry_point": "cogworks.networks.backbones:build_backbone"},
        folder={"model": f"hf:{folder}"},
        random=RANDOM,
    )
    assert plan.encoders["run"].files == [
        "results/training/base/encoder.safetensors",
        "results/training/base/spec.json",
    ]
    assert plan.encoders["published"].files == ["weights/dino_resnet50_pretrain.pth"]
    assert plan.encoders["file"].files == ["a/b.pth"]
    assert plan.encoders["code"].files == ["mine/net.py", "mine/w.pth"]
    assert plan.encoders["module"].files[0].endswith("cogworks/networks/backbones.py")
    assert [Path(path).name for path in plan.encoders["folder"].files] == [
        "config.json",
        "model.safetensors",
    ]
    assert plan.encoders["random"].files == []


def test_missing_files_are_named_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given: dict[str, Any] = {
        "published": {"registry": "s-DINO"},
        "run": {"run": "base"},
        "random": RANDOM,
        "code": {"entry_point": "net.py:load", "files": ["net.pth"]},
        "module": {"entry_point": "no_such_package_here.x:load"},
    }

    def missing() -> list[str]:
        return [line for encoder in plan_of(**given).encoders.values() for line in encoder.missing]

    lines = {line.split(":")[0]: line for line in missing()}
    assert set(lines) == {
        "encoders.published",
        "encoders.code.entry_point",
        "encoders.code.files",
        "encoders.module.entry_point",
    }
    for part in ("weights/dino_resnet50_pretrain.pth", "facebookresearch", "published.checkpoint"):
        assert part in lines["encoders.published"]
    assert "net.py" in lines["encoders.code.entry_point"]
    assert "net.pth" in lines["encoders.code.files"]
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/dino_resnet50_pretrain.pth").touch()
    (tmp_path / "net.py").touch()
    (tmp_path / "net.pth").touch()
    left = [line.split(":")[0] for line in missing()]
    assert left == ["encoders.module.entry_point"]
    assert plan_of(**given).encoders["random"].missing == []


def test_encoders_from_a_librarys_cache(tmp_path: Path) -> None:
    plan = plan_of(
        cached={"model": "torchvision:resnet18", "weights": "pretrained"},
        hub={"model": "timm:hf-hub:a/b", "weights": "pretrained"},
        folder={"model": f"hf:{tmp_path}"},
        random=RANDOM,
    )
    assert {name: encoder.cached_model for name, encoder in plan.encoders.items()} == {
        "cached": ("torchvision", "resnet18"),
        "hub": ("timm", "hf-hub:a/b"),
        "folder": None,
        "random": None,
    }


def test_sharding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that are finished keep the shards they had, for as long as they are not stale."""
    monkeypatch.chdir(tmp_path)
    features = Path("results/features/a.b/in1k/train.npy")

    def files(shards: int, code: str = "code", **changes: Any) -> list[str]:
        monkeypatch.setattr("cogworks.plan.encoders.rule_code", lambda script: code)
        plan = plan_of(**{"a.b": RANDOM | changes | {"shards": shards}})
        return plan.encoders["a.b"].shards("in1k", "train")

    two = [
        f"{features.with_suffix('')}.shards/{n}-of-2.{s}"
        for n in (0, 1)
        for s in ("npy", "parquet")
    ]
    assert files(1) == []
    assert files(2) == two
    features.parent.mkdir(parents=True)
    of = made_of(plan_of(**{"a.b": RANDOM}).encoders["a.b"].spec, "code")
    note_path(features).write_text(note_text(Note(1, None), of))
    assert files(2) == two, "there are no features"
    features.touch()
    assert files(2) == []
    assert files(2, seed=1) == two
    assert files(2, code="other") == two
    note_path(features).write_text(note_text(Note(2, None), of))
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
        "analysis": {"a": {"encoders": ["mine", "mine_512"], "datasets": ["seen"]}},
    }
    twice = given | {"encoders": {"mine": {"run": "ocm"}, "mine_512": RANDOM}}
    assert Plan(parse(twice)).encoder_problems == [
        "encoders.mine_512: the sweep of encoders.mine makes an encoder of this name; rename one"
    ]
    plan = Plan(parse(given))
    assert {name: encoder.run and encoder.run.name for name, encoder in plan.encoders.items()} == {
        "mine_512": "ocm_512",
        "mine_1024": "ocm_1024",
        "one": "ocm_512",
        "other": None,
    }
    lists = [entry.encoders for entry in plan.config.evaluations.values()]
    assert [plan.encoder_names(names) for names in lists] == [
        ["other", "mine_512", "mine_1024"],
        ["mine_512", "mine_1024", "one", "other"],
    ]
    assert plan.encoder_names(plan.config.analysis["a"].encoders) == ["mine_512", "mine_1024"]
    assert plan.encoder_names(["unknown"]) == ["unknown"]
    assert plan.encoder_problems == []
    assert plan.encoders["mine_1024"].files[0] == "results/training/ocm_1024/encoder.safetensors"


def test_an_encoder_of_a_broken_sweep_is_told_beside_it() -> None:
    memory = {"key": "loss.memory", "values": ["a", 3]}
    given = {
        "training": {"ocm": {"dataset": "seen", "sweep": [memory]}},
        "encoders": {"mine": {"run": "ocm"}, "one": {"run": "ocm_3"}, "other": {"run": "ocn"}},
    }
    with pytest.raises(InputError) as error:
        load(given)
    assert [line.partition(": ")[0] for line in str(error.value).splitlines()[1:]] == [
        "training.ocm_a.loss.memory",
        "encoders.other.run",
    ]


def test_one_entry_stands_for_all_published_models() -> None:
    own = {"registry": "s-DINO", "checkpoint": "dino.pth"}
    plan = plan_of(published={"registry": "all", "dtype": "float16"}, **{"s-DINO": own})
    assert plan.encoder_problems == []
    assert sorted(plan.encoders) == sorted(published.benchmark())
    assert plan.encoder_names(["published"]) == published.benchmark()
    assert plan.encoders["s-DINO"].files == ["dino.pth"]
    assert {name for name, e in plan.encoders.items() if e.section.dtype == "float32"} == {"s-DINO"}
    (line,) = encoder_checks.missing(plan.encoders["r-MixUp"])
    assert line.startswith("encoders.published: no file weights/")
    assert line.endswith("`encoders.r-MixUp: {registry: r-MixUp, checkpoint: FILE}`")
    assert plan_of(published={"registry": "all", "checkpoint": "x.pth"}).encoder_problems == [
        "encoders.published.checkpoint: has no meaning with `registry: all`; give the model an "
        "entry of its own"
    ]
    for encoder in plan.encoders.values():
        assert EncoderSpec.read(encoder.spec.text) == encoder.spec
        assert encoder.files


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("feature_dim: 2048", "feature_dim: '2048'", r"models\.ResNet50\.feature_dim: .*integer"),
        ("    file:", "    fiel:", r"models\.ResNet50\.fiel: Extra inputs"),
        ("normalization: clip", "normalization: clop", "'clop' is not a normalization; known: ima"),
    ],
)
def test_the_registry_is_read_strictly(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "encoders.yaml"
    path.write_text(published.REGISTRY.read_text().replace(old, new))
    with pytest.raises(InputError, match=rf"encoders\.yaml: .*{message}"):
        published.read(path)
