"""What a generator's folder holds for us: the files that are read, and no others."""

import json
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.synthesis import content
from cogworks.synthesis.generator import read_marker, write_marker

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "requires_safety_checker": True,
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "image_encoder": [None, None],
}
READ = [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
]
# As cloned from a hub, used on a Mac, and exported to other libraries.
NOT_READ = [
    ".DS_Store",
    "._model_index.json",
    ".cache/huggingface/download/model_index.json.metadata",
    ".git/FETCH_HEAD",
    ".git/config.json",
    ".gitattributes",
    "README.md",
    "assets/example.png",
    "config.json",
    "v1-5-pruned.safetensors",
    "image_encoder/config.json",
    "text_encoder/._model.safetensors",
    "text_encoder/.cache/model.safetensors",
    "text_encoder/flax_model.msgpack",
    "text_encoder/model.fp16.safetensors",
    "text_encoder/model.onnx",
    "text_encoder/openvino_model.bin",
    "text_encoder/pytorch_model.bin",
    "text_encoder/pytorch_model.fp16.bin",
    "tokenizer/.DS_Store",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "unet/diffusion_pytorch_model.non_ema.safetensors",
    "unet/model.onnx",
    "unet/model.onnx_data",
    "unet/weights.pb",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in [*READ, *NOT_READ]:
        path = tmp_path / "sd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(INDEX) if name == "model_index.json" else name)
    return tmp_path / "sd"


def listed(folder: Path, variant: str | None = None) -> list[str]:
    return [str(path.relative_to(folder)) for path in content.content(folder, variant)]


def test_only_what_is_read_counts(folder: Path) -> None:
    assert listed(folder) == READ


def test_a_variant_is_taken_where_a_part_has_it(folder: Path) -> None:
    (folder / "text_encoder" / "model.fp16.safetensors").unlink()
    (folder / "text_encoder" / "pytorch_model.fp16.bin").unlink()
    half = [name for name in listed(folder, "fp16") if name not in READ]
    assert half == ["unet/diffusion_pytorch_model.fp16.safetensors"]
    assert "text_encoder/model.safetensors" in listed(folder, "fp16")


def test_pickled_weights_count_where_there_are_no_others(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    # The safetensors of another variant do not stand in for them.
    assert "unet/diffusion_pytorch_model.bin" in listed(folder)


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("model.safetensors", None),
        ("model.fp16.safetensors", "fp16"),
        ("model-00001-of-00002.safetensors", None),
        ("model.fp16-00001-of-00002.safetensors", "fp16"),
        ("model-00001-of-00002.fp16.safetensors", "fp16"),
        ("model.safetensors.index.json", None),
        ("model.safetensors.index.fp16.json", "fp16"),
        ("diffusion_pytorch_model.safetensors.fp16.index.json", "fp16"),
        ("diffusion_pytorch_model.non_ema.bin", "non_ema"),
    ],
)
def test_variants_are_told_by_name(folder: Path, name: str, variant: str | None) -> None:
    assert content.variant_of(name) == variant
    (folder / "unet" / name).touch()
    assert (f"unet/{name}" in listed(folder, variant)) or name.endswith(".bin")
    assert f"unet/{name}" not in listed(folder, "other" if variant else "fp16")


def test_a_repository_may_be_fetched_and_cleaned(folder: Path, tmp_path: Path) -> None:
    marker = tmp_path / "m.json"
    write_marker(marker, name="sd", folder=folder)
    assert sorted(read_json(marker)["files"]) == READ
    before = content.content(folder)
    for name in NOT_READ[::2]:
        (folder / name).unlink()
    for name in NOT_READ[1::2]:
        (folder / name).write_text("changed")
    (folder / ".git" / "ORIG_HEAD").write_text("new")
    (folder / "unet" / "notes.md").write_text("new")
    assert content.content(folder) == before
    read_marker(marker)


def test_a_file_that_would_be_read_instead_is_noticed(folder: Path, tmp_path: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    marker = tmp_path / "m.json"
    write_marker(marker, name="sd", folder=folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_text("preferred to .bin")
    with pytest.raises(InputError, match=r"diffusion_pytorch_model\.safetensors: is new"):
        read_marker(marker)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<!DOCTYPE html><html>", "a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        ("{", "not JSON"),
        ("[]", "names no pipeline"),
        ("{}", "names no pipeline"),
        (None, "cannot be read"),
    ],
)
def test_an_index_that_is_none(folder: Path, text: str | None, named: str) -> None:
    path = folder / "model_index.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(InputError, match=rf"model_index\.json.*{named}"):
        content.content(folder)


def test_an_index_with_a_mark_at_its_start(folder: Path) -> None:
    (folder / "model_index.json").write_text(json.dumps(INDEX), encoding="utf-8-sig")
    assert listed(folder) == READ


def test_what_is_no_folder_is_said(folder: Path, tmp_path: Path) -> None:
    assert content.problem(folder) is None
    single = folder / "v1-5-pruned.safetensors"
    assert "from_single_file" in str(content.problem(single))
    assert "no such folder" in str(content.problem(tmp_path / "absent"))
    assert "no model_index.json" in str(content.problem(folder / "unet"))
    # The hub's cache: the model is in a folder for its revision.
    cache = tmp_path / "models--x--sd"
    (cache / "snapshots").mkdir(parents=True)
    folder.rename(cache / "snapshots" / "0123abc")
    assert f"did you mean {cache}/snapshots/0123abc?" in str(content.problem(cache))
