"""Loading is strict: whatever is missing from a folder or does not fit is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.synthesis.components import load_modules
from cogworks.synthesis.draw import Artist, Order
from cogworks.synthesis.generator import read_marker, write_marker
from cogworks.synthesis.given import check_given, find_folder
from cogworks.synthesis.pipeline import load_pipeline, open_pipeline
from cogworks.synthesis.specs import DrawSpec, GivenSpec, TextEncoder
from cogworks.synthesis.tiny.parts import make_text_encoder

CPU = torch.device("cpu")
UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"


@pytest.fixture
def folder(pipeline_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(pipeline_folder, tmp_path / "model"))


def edit(path: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> None:
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def rename(path: Path, old: str, new: str) -> None:
    edit(path, lambda tensors: {key.replace(old, new): value for key, value in tensors.items()})


def test_a_whole_folder_draws(folder: Path, drawing: DrawSpec) -> None:
    (image,) = Artist(load_pipeline(folder, device=CPU), drawing).draw([Order("a cat", 1)])
    assert image.pixels.shape == (16, 16, 3)
    assert image.finite
    assert not image.flagged


@pytest.mark.parametrize("file", [UNET, TEXT])
def test_a_renamed_key_is_refused_and_named(folder: Path, file: str) -> None:
    name = next(key for key in load_file(folder / file) if key.endswith("bias"))
    rename(folder / file, name, name + "_old")
    with pytest.raises(InputError, match=rf"missing keys: .*{name}.*unexpected keys: .*{name}_old"):
        load_pipeline(folder, device=CPU)


def test_a_key_of_another_shape_is_refused(folder: Path) -> None:
    edit(folder / UNET, lambda tensors: tensors | {"conv_in.bias": torch.zeros(3)})
    with pytest.raises(InputError, match=r"unet: .*conv_in\.bias"):
        load_pipeline(folder, device=CPU)
    name = next(key for key in load_file(folder / TEXT) if "final_layer_norm.bias" in key)
    edit(folder / TEXT, lambda tensors: tensors | {name: torch.zeros(3)})
    with pytest.raises(InputError, match=r"text_encoder: .*final_layer_norm\.bias"):
        load_pipeline(folder, device=CPU)


def index_with(folder: Path, **change: Any) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        (UNET, POINTER, "a Git LFS pointer.*git lfs pull"),
        (TEXT, "<!DOCTYPE html>", "a web page"),
        ("tokenizer/tokenizer.json", POINTER, "a Git LFS pointer"),
        ("vae/diffusion_pytorch_model.safetensors", "", "an empty file"),
    ],
)
def test_a_file_that_stands_in_for_another(folder: Path, file: str, text: str, named: str) -> None:
    (folder / file).write_text(text)
    with pytest.raises(InputError, match=f"{file} is {named}"):
        load_pipeline(folder, device=CPU)


def test_a_folder_of_one_variant_says_so(folder: Path, drawing: DrawSpec) -> None:
    (folder / UNET).rename(folder / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    with pytest.raises(InputError, match=r"unet: .*variant fp16 only; set the generator's variant"):
        load_pipeline(folder, device=CPU)
    pipe = load_pipeline(folder, device=CPU, variant="fp16")
    assert Artist(pipe, drawing).draw([Order("a cat", 1)])[0].finite
    (folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").unlink()
    (folder / "unet" / "diffusion_pytorch_model.onnx").write_text("x")
    with pytest.raises(InputError, match="unet: no weights that can be read"):
        load_pipeline(folder, device=CPU, variant="fp16")


def test_a_checker_that_is_off_may_be_missing(folder: Path) -> None:
    checker = {"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
    index_with(folder, **checker, feature_extractor=["transformers", "CLIPImageProcessor"])
    assert load_pipeline(folder, device=CPU).safety_checker is None
    with pytest.raises(InputError, match=r"no folder (safety_checker|feature_extractor)"):
        load_pipeline(folder, device=CPU, safety_checker=True)


@pytest.mark.parametrize("value", [torch.nan, 1e30])
def test_weights_that_are_no_numbers(folder: Path, value: float) -> None:
    edit(folder / UNET, lambda tensors: tensors | {"conv_in.bias": torch.full((8,), value)})
    with pytest.raises(
        InputError, match=r"unet: NaN or infinities among the weights conv_in\.bias"
    ):
        load_pipeline(folder, device=CPU, precision="float16")


def test_parts_stay_in_float32_where_they_must(tmp_path: Path) -> None:
    from transformers import T5Config, T5EncoderModel

    shape = {"vocab_size": 9, "d_model": 8, "d_kv": 4, "d_ff": 8, "num_layers": 1, "num_heads": 2}
    T5EncoderModel(T5Config(**shape)).save_pretrained(tmp_path / "text_encoder_3")
    parts = {"text_encoder_3": T5EncoderModel}
    model = load_modules(tmp_path, parts, variant=None, precision="float16")["text_encoder_3"]
    kept = {name for name, value in model.named_parameters() if value.dtype == torch.float32}
    assert kept == {"encoder.block.0.layer.1.DenseReluDense.wo.weight"}
    assert model.get_parameter("shared.weight").dtype == torch.float16


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"_class_name": "StableDiffusionUpscalePipeline"}, "not a text-to-image pipeline"),
        ({"_class_name": "MyPipeline"}, "the pipeline is MyPipeline, which the installed"),
        ({"_class_name": ["pipeline", "MyPipeline"]}, "code from a model's folder is not run"),
        ({"scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"]}, "made for diffusion"),
    ],
)
def test_another_task_or_kind_is_refused(folder: Path, change: dict[str, Any], named: str) -> None:
    index_with(folder, **change)
    with pytest.raises(InputError, match=named):
        load_pipeline(folder, device=CPU)


def test_a_model_for_inpainting_is_refused(folder: Path) -> None:
    index_with(folder, _class_name="StableDiffusionInpaintPipeline")
    # The class alone does no harm: its model may still draw from text.
    assert type(load_pipeline(folder, device=CPU)).__name__ == "StableDiffusionPipeline"
    config = json.loads((folder / "unet" / "config.json").read_text())
    (folder / "unet" / "config.json").write_text(json.dumps(config | {"in_channels": 9}))
    edit(folder / UNET, lambda tensors: tensors | {"conv_in.weight": torch.zeros(8, 9, 3, 3)})
    with pytest.raises(InputError, match=r"takes 9 channels and gives 4.*a picture beside"):
        load_pipeline(folder, device=CPU)


def test_a_model_with_a_controlnet_is_refused(folder: Path) -> None:
    from diffusers import ControlNetModel, UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet")
    ControlNetModel.from_unet(unet, conditioning_channels=3).save_pretrained(folder / "controlnet")
    name = "StableDiffusionControlNetPipeline"
    index_with(folder, _class_name=name, controlnet=["diffusers", "ControlNetModel"])
    with pytest.raises(InputError, match=f"{name} wants a picture beside the text"):
        load_pipeline(folder, device=CPU)


def test_settings_that_a_generator_cannot_follow(marker: Path, drawing: DrawSpec) -> None:
    found = read_marker(marker)
    for change, named in (
        ({"scheduler": "flow_match_euler"}, r"flow_match_euler does not fit.*take pndm or ddim or"),
        ({"steps": 1001}, r"steps: 1001 are not possible with PNDMScheduler"),
    ):
        with pytest.raises(InputError, match=named):
            open_pipeline(found, drawing.model_copy(update=change), CPU)


def save_sd3(folder: Path) -> None:
    """Save a tiny Stable Diffusion 3 without its T5, as it is often kept."""
    import diffusers
    import transformers

    from cogworks.synthesis.tiny.vocabulary import make_tokenizer

    torch.manual_seed(0)
    tokenizer = make_tokenizer([], length=20)
    ids = {key: getattr(tokenizer, key) for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    text = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        num_attention_heads=2,
        max_position_embeddings=20,
        projection_dim=16,
        **shape,
        **ids,
    )
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=8,
        patch_size=1,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=32,
        caption_projection_dim=16,
        pooled_projection_dim=32,
    )
    vae = diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        latent_channels=4,
        shift_factor=0.06,
    )
    diffusers.StableDiffusion3Pipeline(
        transformer=transformer,
        vae=vae,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=transformers.CLIPTextModelWithProjection(text),
        text_encoder_2=transformers.CLIPTextModelWithProjection(text),
        text_encoder_3=None,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        tokenizer_3=None,
    ).save_pretrained(folder)


def test_a_model_of_flow_matching_keeps_to_it(tmp_path: Path, drawing: DrawSpec) -> None:
    save_sd3(tmp_path)
    images = []
    for name in (None, "flow_match_euler"):
        pipe = load_pipeline(tmp_path, device=CPU, scheduler=name)
        assert pipe.scheduler.config.shift == 3.0
        images.append(Artist(pipe, drawing).draw([Order("a cat", 1)])[0])
    assert images[0].finite
    assert (images[0].pixels == images[1].pixels).all()
    with pytest.raises(InputError, match=r"ddim does not fit.*take flow_match_euler or null"):
        load_pipeline(tmp_path, device=CPU, scheduler="ddim")
    # Its second text encoder is looked at as closely as the first.
    path = tmp_path / "text_encoder_2" / "model.safetensors"
    edit(path, lambda tensors: {key: value * 0 for key, value in tensors.items()})
    with pytest.raises(InputError, match=r"text_encoder_2: .* have the same or non-finite"):
        load_pipeline(tmp_path, device=CPU)


@pytest.mark.parametrize("part", ["tokenizer", "text_encoder", "vae", "scheduler"])
def test_a_missing_part_is_named(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    with pytest.raises(InputError, match=f"no folder {part}"):
        load_pipeline(folder, device=CPU)


def test_an_index_without_tokenizer_is_refused(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    del index["tokenizer"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="names no tokenizer"):
        load_pipeline(folder, device=CPU)


def test_a_damaged_file_is_named(folder: Path) -> None:
    (folder / UNET).write_bytes((folder / UNET).read_bytes()[:1000])
    with pytest.raises(InputError, match="unet: cannot be loaded"):
        load_pipeline(folder, device=CPU)


def test_a_tokenizer_without_its_vocabulary_is_refused(folder: Path) -> None:
    # It loads without complaint and makes every word the unknown token.
    path = folder / "tokenizer" / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    model = tokenizer["model"]
    model["merges"] = []
    model["vocab"] = {
        token: number
        for number, token in enumerate(key for key in model["vocab"] if key.startswith("<|"))
    }
    path.write_text(json.dumps(tokenizer))
    with pytest.raises(InputError, match="become the same tokens"):
        load_pipeline(folder, device=CPU)


def test_a_text_encoder_that_hears_nothing_is_refused(folder: Path) -> None:
    def deafen(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {
            key: torch.zeros_like(value) if "token_embedding" in key else value
            for key, value in tensors.items()
        }

    edit(folder / TEXT, deafen)
    with pytest.raises(InputError, match="same or non-finite embeddings"):
        load_pipeline(folder, device=CPU)


def test_foreign_code_is_not_run(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index["unet"] = ["my_module", "MyUNet"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match=r"my_module.MyUNet"):
        load_pipeline(folder, device=CPU)


def test_a_safety_checker_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="no safety checker"):
        load_pipeline(folder, device=CPU, safety_checker=True)


def test_the_published_layout_of_version_1_4_loads(folder: Path) -> None:
    """Keys as Stable Diffusion v1.4 was published: old names of attention, and a buffer of ids."""
    from diffusers import AutoencoderKL

    from cogworks.synthesis.tiny.vocabulary import make_tokenizer

    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 8, 8),
        norm_num_groups=4,
        latent_channels=4,
    )
    shutil.rmtree(folder / "vae")
    vae.save_pretrained(folder / "vae")
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    old = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    for new_name, old_name in old.items():
        rename(path, new_name, old_name)
    assert any("attentions.0.query" in key for key in load_file(path))

    def as_published(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        named = {f"text_model.{key.removeprefix('text_model.')}": tensors[key] for key in tensors}
        return named | {"text_model.embeddings.position_ids": torch.arange(20)[None]}

    edit(folder / TEXT, as_published)
    shutil.rmtree(folder / "tokenizer")
    plain = make_tokenizer([], length=20)
    save_slow_tokenizer(plain, folder / "tokenizer")
    text = TextEncoder(vocabulary=len(plain), length=20, width=8, layers=1)
    shutil.rmtree(folder / "text_encoder")
    make_text_encoder(plain, text).save_pretrained(folder / "text_encoder")
    edit(folder / TEXT, as_published)
    index = json.loads((folder / "model_index.json").read_text())
    index["vae"] = ["diffusers", "AutoencoderKL"]
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    save_checker(folder)
    pipe = load_pipeline(folder, device=CPU)
    assert pipe.safety_checker is None
    reference = AutoencoderKL.from_config(vae.config)
    reference.load_state_dict(vae.state_dict())
    for key, value in reference.state_dict().items():
        assert torch.equal(pipe.vae.state_dict()[key], value), key


def save_slow_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write vocabulary and merges as two files, as tokenizers used to be."""
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps(tokenizer.get_vocab()))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    names = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>"}
    names |= {"unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    facts = names | {"model_max_length": 20, "tokenizer_class": "CLIPTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(facts))
    (folder / "special_tokens_map.json").write_text(json.dumps(names))


def save_checker(folder: Path) -> None:
    """Add a safety checker with random weights and its image processor."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPVisionConfig

    vision = CLIPVisionConfig(
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
        projection_dim=8,
    )
    config = CLIPConfig(vision_config=vision.to_dict(), projection_dim=8)
    StableDiffusionSafetyChecker(config).save_pretrained(folder / "safety_checker")
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    CLIPImageProcessor(**size).save_pretrained(folder / "feature_extractor")


def test_what_the_safety_checker_flags_is_flagged(folder: Path, drawing: DrawSpec) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    index["requires_safety_checker"] = True
    (folder / "model_index.json").write_text(json.dumps(index))
    save_checker(folder)
    pipe = load_pipeline(folder, device=CPU, safety_checker=True)
    orders = [Order("a cat", 1), Order("a dog", 2)]
    # Its thresholds are weights: everything is above -2, nothing above 2.
    for threshold, flagged in ((-2.0, True), (2.0, False)):
        pipe.safety_checker.concept_embeds_weights.data.fill_(threshold)
        pipe.safety_checker.special_care_embeds_weights.data.fill_(2.0)
        images = Artist(pipe, drawing).draw(orders)
        assert [image.flagged for image in images] == [flagged] * 2
        assert all((image.pixels == 0).all() for image in images) == flagged


def test_other_schedulers_draw_other_images(folder: Path, drawing: DrawSpec) -> None:
    images = {
        name: Artist(load_pipeline(folder, device=CPU, scheduler=name), drawing)
        .draw([Order("a cat", 1)])[0]
        .pixels.tobytes()
        for name in (None, "pndm", "ddim", "euler", "euler_ancestral", "dpm_multistep")
    }
    assert images[None] == images["pndm"]
    assert len(set(images.values())) == len(images) - 1


def test_a_marker_vouches_for_the_files(folder: Path, tmp_path: Path) -> None:
    marker = tmp_path / "m.json"
    write_marker(marker, name="tiny", folder=folder)
    read_marker(marker)
    found = read_json(marker)
    assert found["pipeline"] == "StableDiffusionPipeline"
    assert UNET in found["files"]
    with open(folder / UNET, "ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match=r"safetensors: has \d+ bytes, not \d+"):
        read_marker(marker)
    (folder / UNET).unlink()
    with pytest.raises(InputError, match="safetensors: is missing"):
        read_marker(marker)


def test_a_given_folder_is_checked(folder: Path, tmp_path: Path) -> None:
    spec = GivenSpec(name="sd", path=str(folder), revision=None, variant=None)
    check_given(spec, online=False, output=tmp_path / "sd.json")
    assert read_marker(tmp_path / "sd.json").folder == folder
    with pytest.raises(InputError, match=r"compute.online"):
        find_folder(spec.model_copy(update={"path": str(tmp_path / "absent")}), online=False)
    # A folder that is there is meant, whether the hub may be asked or not.
    for online in (False, True):
        with pytest.raises(InputError, match=rf"no model_index\.json.*did you mean {folder}\?"):
            find_folder(spec.model_copy(update={"path": str(tmp_path)}), online=online)
        with pytest.raises(InputError, match="from_single_file"):
            find_folder(spec.model_copy(update={"path": str(folder / UNET)}), online=online)
