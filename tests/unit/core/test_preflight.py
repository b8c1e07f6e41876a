"""The preflight looks at the very files that jobs will load, and into them."""

import json
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch

from cogworks.config.yaml_file import load_yaml
from cogworks.core.place import ROOT
from cogworks.encoders.cache import missing_from_cache
from cogworks.plan.load import load as load_config
from cogworks.preflight.quick import Finding, Needed, to_load
from cogworks.preflight.thorough import inspect

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
PAGE = "\n<!DOCTYPE html><html><body>Sign in</body></html>"


def unfit(given: dict[str, Any]) -> list[str]:
    found = inspect(load_config(given))
    rooms = {"concepts", "images", "synthesis", "training", "encoders"}
    wrong = [finding for finding in found if not finding.fine and finding.what in rooms]
    assert all(finding.words.startswith(f"{finding.what}.") for finding in wrong)
    return [finding.words for finding in wrong]


@pytest.mark.parametrize(
    ("content", "words"),
    [(POINTER, "a Git LFS pointer"), (PAGE, "a web page"), ("", "an empty file")],
)
def test_files_that_are_something_else_are_named(tmp_path: Path, content: str, words: str) -> None:
    """Weights, lists, packs, and the files inside a model's folder."""
    file, model, generator = tmp_path / "w.pth", tmp_path / "model", tmp_path / "generator"
    file.write_text(content)
    (model / "sub").mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_text(content)
    (generator / "unet").mkdir(parents=True)
    index = {"_class_name": "P", "unet": ["diffusers", "UNet2DConditionModel"]}
    (generator / "model_index.json").write_text(json.dumps(index))
    (generator / "unet" / "diffusion_pytorch_model.safetensors").write_text(content)
    (generator / "unet" / ".gitkeep").touch()
    given = {
        "concepts": {"c": {"pool": str(file)}},
        "encoders": {
            "file": {"model": "torchvision:resnet18", "checkpoint": str(tmp_path / "v.pth")},
            "folder": {"model": f"hf:{model}"},
            "fine": {"model": "cogworks:small_resnet", "weights": "random"},
        },
        "synthesis": {"generators": {"sd": {"path": str(generator)}}},
    }
    (tmp_path / "v.pth").write_text(content)
    lines = unfit(given)
    assert [line.split(":")[0] for line in lines] == [
        "concepts.c.pool",
        "synthesis.generators.sd",
        "encoders.file.checkpoint",
        "encoders.folder",
    ]
    assert all(words in line for line in lines), lines


def test_empty_folders_are_named_and_hidden_files_fill_none(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / ".DS_Store").write_text("x")
    source = {"kind": "folder", "path": str(tmp_path / "images")}
    classes = {"names": ["a"]}
    assert unfit({"images": {"x": {"source": source, "classes": classes, "test_images": 1}}}) == [
        f"images.x.source.path: {tmp_path}/images is an empty folder"
    ]


@pytest.mark.parametrize(
    ("compute", "language", "keys"),
    [
        ({"device": "cpu"}, "C++", ["synthesis.clones.c", "training.r", "encoders.e"]),
        ({"gpus": 1}, "C", ["synthesis.clones.c", "training.r", "encoders.e", "probes.p"]),
    ],
)
def test_a_missing_compiler_is_told_with_each_key_that_needs_it(
    compute: dict[str, Any], language: str, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = load_yaml(ROOT / "config" / "test.yaml")
    given["compute"] = compute
    clone = given["synthesis"]["clones"].pop("clone")
    given["synthesis"]["clones"] = {"clone": clone, "c": {**clone, "compile": True}}
    given["training"]["r"] = {**given["training"]["base"], "compile": True}
    given["encoders"]["e"] = {"run": "r", "compile": True}
    given["probes"] |= {"p": {**given["probes"]["linear"], "compile": True}}
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)

    def found() -> list[Finding]:
        plan = load_config(given)
        return [finding for finding in inspect(plan) if finding.what == "compiler"]

    monkeypatch.setattr("shutil.which", lambda name: None)
    assert [(one.fine, one.words.partition(" (")[0]) for one in found()] == [
        (False, f"{key}.compile: true needs a {language} compiler") for key in keys
    ]
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert found() == [Finding("compiler", True, f"{key}.compile: there is one") for key in keys]
    for section in ("training", "encoders", "probes"):
        del given[section][{"training": "r", "encoders": "e", "probes": "p"}[section]]
    del given["synthesis"]["clones"]["c"]
    assert found() == []


def test_a_model_folder_without_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    found = inspect(load_config({"encoders": {"m": {"model": f"hf:{tmp_path}"}}}))
    assert [f.words for f in found if f.what == "encoders"] == [
        f"encoders.m.model: {tmp_path} holds no weights (*.safetensors or *.bin)"
    ]


def test_the_very_weights_of_the_name_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others of the same architecture will not do."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "resnet50-0676ba61.pth").write_text("weights V1")
    assert list(missing_from_cache("torchvision", "resnet50.IMAGENET1K_V1")) == []
    (line,) = missing_from_cache("torchvision", "resnet50")
    assert "resnet50-11ad3fa6.pth" in line
    (line,) = missing_from_cache("torchvision", "resnet50.V3")
    assert "IMAGENET1K_V2" in line
    (tmp_path / "checkpoints" / "resnet50-11ad3fa6.pth").write_text(PAGE)
    (line,) = missing_from_cache("torchvision", "resnet50")
    assert "web page" in line


def test_a_hub_model_needs_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    def put(repository: str, *files: str) -> None:
        folder = tmp_path / f"models--{repository.replace('/', '--')}"
        snapshot = folder / "snapshots" / "1"
        snapshot.mkdir(parents=True, exist_ok=True)
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text("1")
        for file in files:
            (snapshot / file).write_text("x")

    put("timm/resnet18.a1_in1k", "config.json")
    (line,) = missing_from_cache("timm", "resnet18.a1_in1k")
    assert "model.safetensors" in line
    put("timm/resnet18.a1_in1k", "model.safetensors")
    assert list(missing_from_cache("timm", "resnet18.a1_in1k")) == []
    assert list(missing_from_cache("timm", "resnet18")) == []
    assert len(list(missing_from_cache("timm", "resnet18.fb_swsl_ig1b_ft_in1k"))) == 1
    put("o/n", "model.safetensors")
    (line,) = missing_from_cache("transformers", "o/n")
    assert "config.json" in line
    put("o/n", "config.json")
    assert list(missing_from_cache("transformers", "o/n")) == []


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("timm:resnet81", "timm:resnet81: timm has no such model; it has resnet18"),
        ("torchvision:resnet81", "torchvision has no such classification model; it has resnet18"),
        ("hf:vti", "hf:vti: neither a folder with config.json nor a model type"),
        ("cogworks:resnet50_same", "unexpected keyword argument 'width'"),
    ],
)
def test_a_network_that_cannot_be_built_is_told_though_no_weights_are_named(
    model: str, words: str
) -> None:
    """By preflight, beside what else is wrong, and at the start of a run."""
    library = model.partition(":")[0]
    options = {"width": 2} if library == "cogworks" else {}
    encoder = {"model": model, "weights": "random", "options": options}
    given = load_yaml(ROOT / "config" / "test.yaml")
    given["encoders"]["other"] = encoder | {"mean": [0.5] * 3, "std": [0.5] * 3}
    folder = {"kind": "folder", "path": "nowhere"}
    given["images"]["photos"] = {"source": folder, "classes": {"names": ["a"]}, "test_images": 1}
    plan = load_config(given)
    found = [finding for finding in inspect(plan) if not finding.fine]
    assert [finding.what for finding in found] == ["images", "network"]
    assert words in found[1].words
    assert to_load(plan, Needed(encoders=["other"], generators=[], runs=[]))
    assert not to_load(plan, Needed(encoders=["random"], generators=[], runs=[]))


def test_the_network_of_a_run_is_built_once_and_one_that_is_missing_told() -> None:
    given = load_yaml(ROOT / "config" / "test.yaml")
    backbone = {"library": "timm", "name": "resnet81", "options": {}}
    run = given["training"]["base"] | {"backbone": backbone}
    given["training"] |= {"mine": run, "more": run | {"seed": 1}}
    plan = load_config(given)
    (line,) = (finding.words for finding in inspect(plan) if not finding.fine)
    assert line.startswith("training.mine.backbone: timm:resnet81: timm has no such model")
    needed = Needed.by([({"run": "more"}, ["results/training/more/encoder.safetensors"])])
    assert to_load(plan, needed)
    assert not to_load(plan, needed.model_copy(update={"runs": ["base"]}))


def test_a_misspelt_function_is_told_beside_what_else_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def build():\n    raise ValueError\n")
    entry = f"{tmp_path / 'mine.py'}:biuld"
    lost = {"model": "torchvision:resnet18", "checkpoint": "nowhere.pth"}
    given = {"encoders": {"mine": {"entry_point": entry}, "lost": lost}}
    found = [finding for finding in inspect(load_config(given)) if not finding.fine]
    assert [finding.what for finding in found] == ["encoders", "weights"]
    assert "has no function biuld" in found[1].words
