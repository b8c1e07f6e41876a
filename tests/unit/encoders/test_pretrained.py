"""Weights that a library publishes: from local folders and caches, never from the network."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
import transformers
from timm.models import save_for_hf

from cogworks.core.errors import InputError
from cogworks.encoders.cache import missing_from_cache
from cogworks.encoders.pretrained import load_pretrained, weight_files
from cogworks.networks.backbones import describe_backbone
from cogworks.networks.specs import BackboneSpec, Library
from cogworks.plan.plan import Plan

TOWER = {
    "image_size": 32,
    "patch_size": 16,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


def spec_of(library: Library, name: str, size: int = 32, **options: Any) -> BackboneSpec:
    return BackboneSpec(library=library, name=name, image_size=size, options=options)


def load(library: Library, name: str, size: int = 32, **options: Any) -> Any:
    return load_pretrained(spec_of(library, name, size, **options), online=False)


def test_timm_folder(tmp_path: Path) -> None:
    model = timm.create_model("resnet10t", num_classes=5).eval()
    save_for_hf(model, tmp_path / "model", safe_serialization=True)
    backbone = load("timm", str(tmp_path / "model"))
    image = torch.randn(2, 3, 32, 32)
    expected = model.forward_head(model.forward_features(image), pre_logits=True)
    assert torch.equal(backbone.module.eval()(image), expected)


def test_torchvision_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(InputError, match=r"no file .*resnet18-f37072fd\.pth; set compute\.online"):
        load("torchvision", "resnet18.IMAGENET1K_V1")
    model = torchvision.models.resnet18()
    (tmp_path / "checkpoints").mkdir()
    torch.save(model.state_dict(), tmp_path / "checkpoints" / "resnet18-f37072fd.pth")
    backbone = load("torchvision", "resnet18.IMAGENET1K_V1")
    assert torch.equal(backbone.module.conv1.weight, model.conv1.weight)
    with pytest.raises(InputError, match="no weights V3; it has IMAGENET1K_V1"):
        load("torchvision", "resnet18.V3")


@pytest.mark.parametrize(
    ("name", "side_heads"), [("inception_v3", ("AuxLogits.",)), ("googlenet", ("aux1.", "aux2."))]
)
def test_torchvisions_inceptions_change_the_range_of_their_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, side_heads: tuple[str, ...]
) -> None:
    """As torchvision does for its own weights, whose file holds auxiliary classifiers."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    model = torchvision.models.get_model(
        name, weights=None, init_weights=False, transform_input=True, aux_logits=True
    )
    assert all(any(key.startswith(head) for key in model.state_dict()) for head in side_heads)
    url = torchvision.models.get_model_weights(name).DEFAULT.url
    (tmp_path / "checkpoints").mkdir()
    torch.save(model.state_dict(), tmp_path / "checkpoints" / url.rpartition("/")[2])
    backbone = load("torchvision", f"{name}.IMAGENET1K_V1", 96)
    image = torch.randn(2, 3, 96, 96)
    model.fc = torch.nn.Identity()
    assert torch.equal(backbone.module.eval()(image), model.eval()(image))


def test_a_timm_folder_of_one_size_takes_the_size_that_is_asked_for(tmp_path: Path) -> None:
    model = timm.create_model("vit_tiny_patch16_224", img_size=(64, 32), depth=1)
    save_for_hf(model, tmp_path / "model", safe_serialization=True)
    backbone = load("timm", str(tmp_path / "model"), depth=1)
    assert backbone.module.eval()(torch.randn(2, 3, 32, 32)).shape == (2, 192)


def test_transformers_folder(tmp_path: Path) -> None:
    model = transformers.ViTForImageClassification(transformers.ViTConfig(**TOWER)).eval()
    model.save_pretrained(tmp_path)
    image = torch.randn(2, 3, 32, 32)
    backbone = load("transformers", str(tmp_path), pool="cls")
    expected = model.vit(pixel_values=image).last_hidden_state[:, 0]
    assert torch.equal(backbone.module.eval()(image), expected)
    with pytest.raises(InputError, match=r"missing \(2\): pooler.*pool: cls"):
        load("transformers", str(tmp_path))


def test_image_tower_of_a_transformers_clip(tmp_path: Path) -> None:
    text = {key: TOWER[key] for key in TOWER if key.startswith(("hidden", "num", "inter"))}
    text |= {"vocab_size": 10, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    config = transformers.CLIPConfig(text_config=text, vision_config=TOWER)
    model = transformers.CLIPModel(config).eval()
    model.save_pretrained(tmp_path)
    image = torch.randn(2, 3, 32, 32)
    backbone = load("transformers", str(tmp_path))
    expected = model.vision_model(pixel_values=image).pooler_output
    assert torch.allclose(backbone.module.eval()(image), expected, atol=1e-6)


def test_renamed_key_of_a_transformers_folder_is_refused(tmp_path: Path) -> None:
    import safetensors.torch

    model = transformers.ViTModel(transformers.ViTConfig(**TOWER))
    model.save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    state = safetensors.torch.load_file(path)
    state["layernorm.wieght"] = state.pop("layernorm.weight")
    safetensors.torch.save_file(state, path, metadata={"format": "pt"})
    with pytest.raises(InputError) as caught:
        load("transformers", str(tmp_path))
    assert "missing (1): layernorm.weight" in str(caught.value)
    assert "unexpected (1): layernorm.wieght" in str(caught.value)


@pytest.mark.parametrize(
    ("library", "name"),
    [
        ("timm", "resnet10t.c3_in1k"),
        ("timm", "hf-hub:nobody/nothing"),
        ("transformers", "nobody/nothing"),
    ],
)
def test_what_is_not_cached_is_an_error_offline(library: str, name: str) -> None:
    with pytest.raises(InputError, match=r"is not in the cache; set compute\.online"):
        load(library, name)


@pytest.mark.parametrize(
    ("library", "name", "loader"),
    [
        ("timm", "resnet10t.c3_in1k", "huggingface_hub.hf_hub_download"),
        ("torchvision", "resnet18", "torch.hub.load_state_dict_from_url"),
    ],
)
def test_what_cannot_be_fetched_is_told(
    library: Library, name: str, loader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any, **named: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(loader, fail)
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    with pytest.raises(InputError, match=r"could not be fetched.*; is there a network\? Or fetch"):
        load_pretrained(spec_of(library, name, 64), online=True)


def test_a_masked_image_model_is_an_encoder(tmp_path: Path) -> None:
    """Its token of masks stands for patches that an encoder never leaves out."""
    config = transformers.ViTConfig(**TOWER, encoder_stride=16)
    model = transformers.ViTForMaskedImageModeling(config).eval()
    model.save_pretrained(tmp_path)
    image = torch.randn(2, 3, 32, 32)
    expected = model.vit(pixel_values=image).last_hidden_state.mean(1)
    backbone = load("transformers", str(tmp_path), pool="mean")
    assert torch.equal(backbone.module.eval()(image), expected)


def test_code_of_its_own_in_a_folder_is_neither_run_nor_asked_about(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = {"model_type": "mine", "auto_map": {"AutoConfig": "code.C", "AutoModel": "code.M"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "code.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\n")
    with pytest.raises(InputError, match=r"a network by code of its own .*an entry point"):
        load("transformers", str(tmp_path))
    assert not (tmp_path / "run").exists()
    assert "[y/N]" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            r"model\.safetensors is a Git LFS pointer",
        ),
        (b"", r"model\.safetensors is an empty file"),
        (b"\x80\0\0\0\0\0\0\0{", "SafetensorError"),
    ],
)
@pytest.mark.parametrize("library", ["timm", "transformers"])
def test_damaged_weights_in_a_folder(
    tmp_path: Path, library: Library, content: bytes, message: str
) -> None:
    if library == "timm":
        save_for_hf(timm.create_model("resnet10t"), tmp_path, safe_serialization=True)
    else:
        transformers.ViTModel(transformers.ViTConfig(**TOWER)).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load(library, str(tmp_path))


def test_hidden_files_are_no_weights(tmp_path: Path, plan_of: Callable[..., Plan]) -> None:
    for name in ("config.json", "model.safetensors", "._model.safetensors", ".x.json"):
        (tmp_path / name).write_text("content")
    found = weight_files("timm", str(tmp_path))
    assert [path.name for path in found] == ["config.json", "model.safetensors"]
    encoder = plan_of(mine={"model": f"timm:{tmp_path}"}).encoders["mine"]
    assert encoder.files == [str(path) for path in found]


@pytest.mark.parametrize(
    ("library", "name", "message"),
    [
        ("timm", "resnet50.NOSUCH", r"no weights NOSUCH; it has a1_in1k, "),
        ("torchvision", "resnet18.NOSUCH", "no weights NOSUCH; it has IMAGENET1K_V1"),
    ],
)
def test_unknown_tags_are_named_with_the_known_ones(
    library: Library, name: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load(library, name)
    with pytest.raises(InputError, match=message):
        describe_backbone(spec_of(library, name))
    assert any(re.search(message, line) for line in missing_from_cache(library, name))
