"""What the encoders of the libraries are fed, against the libraries' own transforms."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config
from torchvision import models, transforms
from transformers import AutoImageProcessor

from cogworks.core.errors import InputError
from cogworks.encoders.preparation import Preparation, prepare
from cogworks.encoders.specs import EncoderSpec
from cogworks.networks.pixels import make_decoder, normalise

Spec = Callable[..., EncoderSpec]
# Odd numbers of pixels are left beside the square, so that the rounding of its corner shows.
SHAPES = ((301, 402), (150, 109))
VIT = {"model_type": "vit", "image_size": 64, "patch_size": 16}


def photograph(height: int, width: int) -> Image.Image:
    """Return a smooth image with all three channels different, and a little noise."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [np.sin(9 * x + 5 * y), np.cos(14 * x * y), np.sin(30 * (x - y) ** 2)]
    noise = np.random.default_rng(1).normal(0, 6, (height, width, 3))
    pixels = 127 + 120 * np.stack(planes, -1) + noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


IMAGES = [photograph(*shape) for shape in SHAPES]


def fed(preparation: Preparation, image: Image.Image) -> torch.Tensor:
    """Return what the network gets (3, S, S), by the path that an extraction takes."""
    data = io.BytesIO()
    image.save(data, "PNG")
    decode = make_decoder(
        decoder=preparation.decoder,
        size=preparation.image_size,
        resize=preparation.resize,
        interpolation=preparation.interpolation,
        squash=preparation.squash,
        floor=preparation.floor,
    )
    pixels = torch.from_numpy(decode(data.getvalue(), "image").copy())[None]
    mean, std = torch.tensor(preparation.mean), torch.tensor(preparation.std)
    return normalise(pixels, mean, std, bgr=preparation.channel_order == "bgr")[0]


def prepared(spec: EncoderSpec) -> Preparation:
    return prepare(spec.name, spec.image, spec.source, False)


def thesis(size: int, normalisation: Any) -> transforms.Compose:
    """Return section 3.4.1's transform with a library's own size and normalisation."""
    resize = transforms.Resize(size, interpolation=transforms.InterpolationMode.BICUBIC)
    crop = transforms.CenterCrop(size)
    return transforms.Compose([resize, crop, transforms.ToTensor(), normalisation])


def assert_equal(preparation: Preparation, transform: Callable[..., torch.Tensor]) -> None:
    assert torch.equal(fed(preparation, IMAGES[0]), transform(IMAGES[0]))


def distinct(configs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return one name for each way in which timm prepares images, its smaller squares only."""
    ways: dict[str, tuple[str, dict[str, Any]]] = {}
    for name, config in configs.items():
        data = resolve_data_config(pretrained_cfg=config)
        channels, height, width = data["input_size"]
        if channels == 3 and height == width <= 300 and data["crop_mode"] != "border":
            way = {key: value for key, value in data.items() if key != "input_size"}
            ways.setdefault(json.dumps(way), (name, data))
    return dict(ways.values())


def test_every_way_in_which_timm_prepares_images(spec_of: Spec) -> None:
    names = timm.list_pretrained()
    ways = distinct({name: timm.get_pretrained_cfg(name).to_dict() for name in names})
    assert len(ways) > 30, len(ways)
    for name, data in ways.items():
        model = {"model": f"timm:{name}", "weights": "random"}
        own = prepared(spec_of(**model, geometry="library"))
        assert_equal(own, create_transform(**data))
        normalisation = transforms.Normalize(data["mean"], data["std"])
        assert_equal(prepared(spec_of(**model)), thesis(data["input_size"][-1], normalisation))


def timm_folder(folder: Path, config: dict[str, Any]) -> str:
    folder.mkdir(exist_ok=True)
    content = {"architecture": "resnet18", "pretrained_cfg": config}
    (folder / "config.json").write_text(json.dumps(content))
    return f"timm:{folder}"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"input_size": [3, 64, 64], "crop_pct": 0.9, "interpolation": "bilinear"},
        {"input_size": [3, 65, 65], "crop_pct": 1.0, "crop_mode": "squash"},
        {"input_size": [3, 64, 64], "crop_pct": 0.87, "crop_mode": "squash", "mean": [0.5] * 3},
        {"input_size": [3, 64, 64], "test_input_size": [3, 96, 96], "std": [1.0, 0.5, 0.25]},
    ],
)
def test_settings_of_a_timm_folder(tmp_path: Path, spec_of: Spec, config: dict[str, Any]) -> None:
    model = timm_folder(tmp_path, config)
    data = resolve_data_config(pretrained_cfg=config | {"source": "local-dir"})
    assert_equal(prepared(spec_of(model=model, geometry="library")), create_transform(**data))


@pytest.mark.parametrize(
    ("config", "section", "message"),
    [
        (
            {"input_size": [3, 256, 128]},
            {},
            r"takes images of 256 x 128 .*squares only; set encoders\.mine\.image_size",
        ),
        ({"input_size": [1, 64, 64]}, {}, r"takes 1 channel, .*in_chans: 3"),
        ({"crop_mode": "border"}, {"geometry": "library"}, "crop_mode border adds borders"),
        ({"interpolation": "lanczos"}, {"geometry": "library"}, "interpolates by lanczos"),
    ],
)
def test_what_timm_folders_want_and_do_not_get(
    tmp_path: Path, spec_of: Spec, config: dict[str, Any], section: dict[str, Any], message: str
) -> None:
    model = timm_folder(tmp_path, config)
    with pytest.raises(InputError, match=message):
        prepared(spec_of(model=model, **section))


def test_a_square_may_be_asked_of_a_model_of_other_images(tmp_path: Path, spec_of: Spec) -> None:
    model = timm_folder(tmp_path, {"input_size": [3, 256, 128], "mean": [0.5] * 3})
    own = prepared(spec_of(model=model, image_size=160))
    assert (own.image_size, own.resize, own.mean) == (160, 160, (0.5,) * 3)


def test_channels_that_timm_adapts(tmp_path: Path, spec_of: Spec) -> None:
    model = timm_folder(tmp_path, {"input_size": [1, 64, 64], "mean": [0.1], "std": [0.3]})
    own = prepared(spec_of(model=model, options={"in_chans": 3}))
    assert (own.image_size, own.mean) == (64, (0.485, 0.456, 0.406))


def test_every_way_in_which_torchvision_prepares_images(spec_of: Spec) -> None:
    ways: dict[str, tuple[str, Any]] = {}
    for name in models.list_models(module=models):
        for weights in models.get_model_weights(name):
            preset = weights.transforms()
            if preset.crop_size[0] <= 300:
                ways.setdefault(repr(preset), (f"{name}.{weights.name}", preset))
    assert len(ways) > 10, len(ways)
    for name, preset in ways.values():
        model = {"model": f"torchvision:{name}", "weights": "pretrained"}
        assert_equal(prepared(spec_of(**model, geometry="library")), preset)
        normalisation = transforms.Normalize(preset.mean, preset.std)
        assert_equal(prepared(spec_of(**model)), thesis(preset.crop_size[0], normalisation))


@pytest.mark.parametrize(
    ("name", "size"), [("inception_v3", 299), ("efficientnet_b1", 240), ("vit_h_14", 518)]
)
def test_size_of_a_torchvision_model(spec_of: Spec, name: str, size: int) -> None:
    for weights in ("pretrained", "random"):
        spec = spec_of(model=f"torchvision:{name}", weights=weights)
        assert prepared(spec).image_size == size


def hf_folder(
    folder: Path,
    config: dict[str, Any],
    processor: dict[str, Any] | None,
    name: str = "preprocessor_config.json",
) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_text("weights")
    if processor is not None:
        (folder / name).write_text(json.dumps(processor))
    return f"hf:{folder}"


def edge(side: int) -> dict[str, int]:
    return {"shortest_edge": side}


def square(side: int) -> dict[str, int]:
    return {"height": side, "width": side}


# Model type and processor of transformers, by what is particular about them.
PROCESSORS: dict[str, tuple[str, dict[str, Any]]] = {
    "squash": ("vit", {"size": square(64), "resample": 2}),
    "old size": ("vit", {"size": 65, "resample": 3, "image_mean": [0.1, 0.2, 0.3]}),
    "crop": ("clip", {"size": edge(75), "crop_size": square(64), "do_center_crop": True}),
    "crop of one number": ("bit", {"size": edge(71), "crop_size": 64, "resample": 3}),
    "only an edge": ("clip", {"size": edge(64), "crop_size": 64}),
    "squash and crop": (
        "beit",
        {"size": square(79), "crop_size": square(64), "do_center_crop": True},
    ),
    "crop_pct": ("convnext", {"size": edge(224), "crop_pct": 0.875, "resample": 3}),
    "crop_pct at 384": ("convnext", {"size": edge(384), "crop_pct": 0.875, "resample": 3}),
    "poolformer": ("poolformer", {"size": edge(224), "crop_size": 224, "crop_pct": 0.9}),
    "levit": ("levit", {"size": edge(224), "crop_size": square(224), "resample": 3}),
    "no normalisation": ("vit", {"size": square(64), "do_normalize": False}),
    "grey levels": ("vit", {"size": square(64), "do_rescale": False, "do_normalize": False}),
    "grey levels, normalised": (
        "vit",
        {"size": square(64), "do_rescale": False, "image_mean": [120, 110, 100], "image_std": 60},
    ),
    "factor": ("vit", {"size": square(64), "rescale_factor": 1 / 127.5, "image_mean": [1.0] * 3}),
    "offset": (
        "efficientnet",
        {
            "size": square(71),
            "crop_size": square(64),
            "do_center_crop": True,
            "rescale_factor": 1 / 127.5,
            "rescale_offset": True,
            "do_normalize": False,
            "include_top": False,
            "resample": 2,
        },
    ),
    "divided twice": (
        "efficientnet",
        {"size": square(64), "image_std": [0.47853944, 0.4732864, 0.47434163], "resample": 3},
    ),
    "bgr": (
        "mobilevit",
        {"size": edge(72), "crop_size": square(64), "do_flip_channel_order": True, "resample": 2},
    ),
    "rgb": (
        "mobilevit",
        {"size": edge(72), "crop_size": square(64), "do_flip_channel_order": False, "resample": 2},
    ),
    "mobilenet": ("mobilenet_v2", {"size": edge(73), "crop_size": square(64)}),
    "segformer": ("segformer", {"size": square(64)}),
    "siglip": ("siglip", {"size": square(64), "resample": 3}),
    "deit": ("deit", {"size": square(73), "crop_size": square(64), "do_center_crop": True}),
}


@pytest.mark.parametrize("case", PROCESSORS)
def test_transformers_processors(tmp_path: Path, spec_of: Spec, case: str) -> None:
    kind, settings = PROCESSORS[case]
    model = hf_folder(tmp_path, {"model_type": kind}, settings)
    processor = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")

    def transform(image: Image.Image) -> torch.Tensor:
        return processor(images=image, return_tensors="pt")["pixel_values"][0].float()

    library = prepared(spec_of(model=model, geometry="library"))
    for image in IMAGES:
        # transformers rescales and normalises in another order of operations.
        scale = 1 / min(library.std)
        assert torch.allclose(fed(library, image), transform(image), rtol=1e-5, atol=1e-6 * scale)
    plain = prepared(spec_of(model=model))
    assert (plain.image_size, plain.mean, plain.std) == (
        library.image_size,
        library.mean,
        library.std,
    )
    assert (plain.resize, plain.interpolation) == (plain.image_size, "bicubic")
    processor.do_resize = processor.do_center_crop = False
    # On an image that already is such a square the geometries agree.
    side = plain.image_size
    image = photograph(side, side)
    wanted = transform(image)
    assert torch.allclose(fed(plain, image), wanted, rtol=1e-5, atol=1e-6 / min(plain.std))


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("imagegpt", {"size": square(64), "clusters": [[0.0] * 3] * 4}, "image processor fails"),
        ("vit", {"size": {"height": 64, "width": 32}}, r"takes images of 64 x 32"),
        ("donut-swin", {"size": square(64), "image_processor_type": "NoSuch"}, "cannot be made"),
        ("siglip2", {"patch_size": 16}, r"gives \(1, 256, 768\) for an image"),
        (
            "vit",
            {"size": square(64), "image_mean": [0.5]},
            r"image_mean .* is .*0\.5.*, expected 3",
        ),
        (
            "vit",
            {"size": square(64), "image_std": None},
            "image_std .* is None, expected 3",
        ),
    ],
)
def test_processors_that_encoders_cannot_follow(
    tmp_path: Path, spec_of: Spec, kind: str, settings: dict[str, Any], message: str
) -> None:
    model = hf_folder(tmp_path, {"model_type": kind}, settings)
    with pytest.raises(InputError, match=message):
        prepared(spec_of(model=model))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": square(64), "resample": 0}, "neither bilinear nor bicubic"),
        ({"size": square(64), "resample": 1}, "neither bilinear nor bicubic"),
        ({"size": {"height": 64, "width": 64}, "do_resize": False}, "neither cuts out"),
    ],
)
def test_geometry_of_transformers_that_cannot_be_had(
    tmp_path: Path, spec_of: Spec, settings: dict[str, Any], message: str
) -> None:
    model = hf_folder(tmp_path, VIT, settings)
    assert prepared(spec_of(model=model)).image_size == 64
    with pytest.raises(InputError, match=message):
        prepared(spec_of(model=model, geometry="library"))


def test_a_transformers_folder_without_its_processor(tmp_path: Path, spec_of: Spec) -> None:
    model = hf_folder(tmp_path, VIT, None)
    with pytest.raises(InputError, match=r"no preprocessor_config\.json .*set `mean`, `std`"):
        prepared(spec_of(model=model))
    given = prepared(spec_of(model=model, mean=[0.5] * 3, std=[0.5] * 3))
    assert (given.image_size, given.mean) == (64, (0.5,) * 3)
    assert prepared(spec_of(model=model, weights="random")).image_size == 64


def test_a_processor_inside_a_processor(tmp_path: Path, spec_of: Spec) -> None:
    inner = {
        "image_processor_type": "ViTImageProcessor",
        "size": square(48),
        "image_mean": [0.3] * 3,
    }
    model = hf_folder(tmp_path, VIT, {"image_processor": inner}, "processor_config.json")
    own = prepared(spec_of(model=model))
    assert (own.image_size, own.mean) == (48, (0.3,) * 3)


def test_a_folder_of_the_other_library_is_named(tmp_path: Path, spec_of: Spec) -> None:
    timm_folder(tmp_path / "a", {})
    with pytest.raises(InputError, match=r"a model of timm; say `timm:.*/a`"):
        prepared(spec_of(model=f"hf:{tmp_path}/a"))
    hf_folder(tmp_path / "b", VIT, {"size": 64})
    with pytest.raises(InputError, match=r"a model of transformers; say `hf:.*/b`"):
        prepared(spec_of(model=f"timm:{tmp_path}/b"))


def test_what_the_config_says_goes_before_what_the_library_says(
    tmp_path: Path, spec_of: Spec
) -> None:
    settings = {"size": edge(72), "crop_size": square(64), "do_flip_channel_order": True}
    model = hf_folder(tmp_path, {"model_type": "mobilevit"}, settings)
    chosen = {"image_size": 48, "mean": [0.5] * 3, "std": [0.25] * 3, "channel_order": "rgb"}
    own = prepared(spec_of(model=model, **chosen))
    assert (own.image_size, own.mean, own.std, own.channel_order) == (
        48,
        (0.5,) * 3,
        (0.25,) * 3,
        "rgb",
    )
