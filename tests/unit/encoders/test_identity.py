"""Weights are known by their bytes: when work is planned, when they load, in what is written."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata
from cogworks.encoders import identity
from cogworks.encoders.extract import extract
from cogworks.encoders.registry import load_encoder
from cogworks.encoders.specs import EncoderSpec
from cogworks.networks.backbones import build_backbone
from cogworks.networks.specs import BackboneSpec
from cogworks.plan.plan import Plan

Plans = Callable[..., Plan]
NET = {
    "model": "cogworks:small_resnet",
    "options": {"channels": [4, 4, 4, 6]},
    "image_size": 16,
    "batch_size": 2,
}
RESNET18 = "resnet18-f37072fd.pth"
CACHED = {"model": "torchvision:resnet18.IMAGENET1K_V1", "weights": "pretrained"}


def write_weights(path: Path, seed: int) -> None:
    torch.manual_seed(seed)
    options: Any = NET["options"]
    module, _ = build_backbone(
        BackboneSpec(library="cogworks", name="small_resnet", image_size=16, options=options)
    )
    torch.save(module.state_dict(), path)


def spec_of(plans: Plans, **section: Any) -> EncoderSpec:
    return plans(m=section).encoders["m"].spec


def weights_of(plans: Plans, **section: Any) -> Any:
    spec = spec_of(plans, **section)
    assert EncoderSpec.read(spec.text) == spec
    return spec.weights


def test_an_older_copy_of_a_checkpoint_is_another_spec(plan_of: Plans, tmp_path: Path) -> None:
    """`cp -p` leaves a time behind that Snakemake takes for an unchanged file."""
    path, other = tmp_path / "mine.pth", tmp_path / "other.pth"
    write_weights(path, 1)
    write_weights(other, 2)
    os.utime(other, (1, 1))
    section = NET | {"checkpoint": str(path)}
    planned = weights_of(plan_of, **section)
    os.utime(path)
    assert weights_of(plan_of, **section) == planned
    shutil.copy2(other, path)
    assert weights_of(plan_of, **section) != planned
    path.unlink()
    assert weights_of(plan_of, **section) is None


def test_what_the_workflow_makes_is_left_to_its_rules(
    plan_of: Plans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("results/training/base")
    folder.mkdir(parents=True)
    for name in ("encoder.safetensors", "spec.json"):
        (folder / name).touch()
    assert weights_of(plan_of, run="base") is None


def test_weights_replaced_between_planning_and_the_job(plan_of: Plans, tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    write_weights(path, 1)
    spec = spec_of(plan_of, **NET, checkpoint=str(path))
    (entry,) = load_encoder(spec, device="cpu").weights
    assert entry.file == str(path)
    assert entry.bytes == path.stat().st_size
    assert entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    write_weights(path, 2)
    with pytest.raises(InputError, match=r"encoder m: .*mine\.pth was replaced after this run"):
        load_encoder(spec, device="cpu")


def test_a_librarys_cache(
    plan_of: Plans,
    manifest_of: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fetched during the first run, the weights make nothing stale; replaced, they do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    cache = tmp_path / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    section = CACHED | {"image_size": 32, "batch_size": 2}
    spec = spec_of(plan_of, **section)
    assert spec.weights is None

    def fetch(seed: int) -> None:
        torch.manual_seed(seed)
        torch.save(torchvision.models.resnet18().state_dict(), cache / RESNET18)

    def run(spec: EncoderSpec) -> list[dict[str, Any]]:
        npy, index = tmp_path / "x.npy", tmp_path / "x.parquet"
        cpu = torch.device("cpu")
        assert extract(manifest_of(2), spec, npy=npy, index=index, device=cpu)
        return list(read_metadata(index)["weights"])

    fetch(1)
    (entry,) = run(spec)
    assert entry["file"] == RESNET18
    assert entry["sha256"] == hashlib.sha256((cache / RESNET18).read_bytes()).hexdigest()
    assert weights_of(plan_of, **section) is None
    (cache / "resnet18_of_another-00000000.pth").touch()
    assert weights_of(plan_of, **section) is None
    fetch(2)
    replaced = spec_of(plan_of, **section)
    assert replaced.weights is not None
    assert run(replaced)[0]["sha256"] != entry["sha256"]
    assert spec_of(plan_of, **section) == replaced
    fetch(1)
    assert spec_of(plan_of, **section) != replaced


def test_a_hubs_revision_counts_by_its_content(
    plan_of: Plans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--lab--vit"
    (repository / "refs").mkdir(parents=True)

    def publish(revision: str, content: bytes) -> None:
        folder = repository / "snapshots" / revision
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(content)
        (repository / "refs" / "main").write_text(revision)

    section = {"model": "hf:lab/vit", "weights": "pretrained"}
    assert weights_of(plan_of, **section) is None
    publish("aaa", b"first")
    first = weights_of(plan_of, **section)
    assert list(first) == ["models--lab--vit/model.safetensors"]
    note = Path("results/features/m/weights.json")
    note.parent.mkdir(parents=True)
    note.write_text(identity.write_note(first, None))
    assert weights_of(plan_of, **section) is None
    publish("bbb", b"first")
    assert weights_of(plan_of, **section) is None
    publish("ccc", b"other")
    assert weights_of(plan_of, **section) not in (None, first)
    note.write_text("damaged")
    assert weights_of(plan_of, **section) is not None
    assert json.dumps(weights_of(plan_of, **section))
