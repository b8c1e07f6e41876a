"""From the resolved spec of an encoder to the encoder itself: network, weights, version."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, sha256_file
from cogworks.core.spec import digest
from cogworks.encoders.backbones import Backbone, build_backbone, describe_backbone, output_width
from cogworks.encoders.checkpoints import (
    load_strictly,
    map_keys,
    read_checkpoint,
    read_safetensors_into,
)
from cogworks.encoders.entry_points import call_entry_point, entry_file
from cogworks.encoders.identity import cache_name, fingerprint
from cogworks.encoders.pretrained import load_pretrained, model_folder, weight_files

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
DEFAULT_SIZE = 224


@dataclass(frozen=True)
class Preparation:
    """How an image becomes an input: section 3.4.1 of the thesis.

    Attributes:
        image_size: side of the central square, in pixels.
        resize: the shortest side before the square is cut out.
        interpolation: `bicubic` or `bilinear`.
        mean: of the channels, on [0, 1].
        std: of the channels, likewise.
        channel_order: `rgb` or `bgr`; mean and std are in the order of RGB in any case.
        decoder: `pil` or `fast`.
    """

    image_size: int
    resize: int
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    channel_order: str
    decoder: str


@dataclass(frozen=True)
class Encoder:
    """A network in evaluation mode and all that its features depend on.

    Attributes:
        name: as in the config.
        module: normalised images (B, 3, S, S) float32 to features (B, feature_dim), on its device.
        feature_dim: D.
        image: how images are prepared.
        version: SHA-256 (hex) over weights, architecture, preparation and arithmetic: features
            of two versions are not comparable.
        weights: the files that the weights come from: `file` (path, or name in a cache),
            `revision` (of a hub, else None), `bytes`, `sha256` and `fingerprint`.
    """

    name: str
    module: nn.Module
    feature_dim: int
    image: Preparation
    version: str
    weights: list[dict[str, Any]]


def load_encoder(
    spec: dict[str, Any], *, device: torch.device | str, online: bool = False
) -> Encoder:
    """Build the encoder of a resolved spec (see `plan.spec`) with its weights.

    Args:
        spec: `name`, `source`, `image`, `compute` and `weights`, what identified the weights when
            the work was planned. The kinds of `source`: `run` (`folder`), `model` (`library`,
            `name`, `options`, `weights`, and `seed` or `checkpoint`), `entry_point` (`target`,
            `options`).
        device: where the module goes.
        online: whether pretrained weights may be fetched.

    Raises:
        InputError: missing or unfit weights, weights that were replaced since the work was
            planned, an unknown architecture, a feature dimension other than the one expected.
    """
    name, source = spec["name"], spec["source"]
    own = _own_preparation(source, online)
    image = _preparation(spec["image"], own)
    module, dim, identity = _load(name, source, image.image_size, online)
    if source.get("feature_dim") not in (None, dim):
        raise InputError(
            f"encoder {name}: gives {dim} features, expected {source['feature_dim']}; "
            "is it the right architecture?"
        )
    module = module.eval().requires_grad_(False)
    version = digest(
        {
            "architecture": identity,
            "weights": weights_digest(module),
            "image": vars(image),
            "arithmetic": [spec["compute"]["precision"], spec["compute"]["dtype"]],
        }
    )
    weights = _weight_files(name, source, spec["weights"] or {})
    return Encoder(name, module.to(device), dim, image, version, weights)


def weights_digest(module: nn.Module) -> str:
    """Return the SHA-256 (hex) of a module's parameters and buffers, with names and types.

    Counters of batch norm do not count: inference does not use them.
    """
    state = hashlib.sha256()
    for key, value in sorted(module.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            continue
        state.update(f"{key} {value.dtype} {tuple(value.shape)}\0".encode())
        state.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return state.hexdigest()


def _weight_files(
    name: str, source: dict[str, Any], planned: dict[str, str]
) -> list[dict[str, Any]]:
    """Describe the files that the weights come from; refuse those that were replaced meanwhile."""
    cached = source.get("weights") == "pretrained" and not Path(source["name"]).is_dir()
    paths = [Path(path) for path in planned]
    if cached:
        paths = weight_files(source["library"], source["name"])
    elif source["kind"] == "run":
        paths = [Path(source["folder"]) / "encoder.safetensors"]
    files = []
    for path in paths:
        file = cache_name(path) if cached else str(path)
        mark = fingerprint(path)
        if planned.get(file, mark) != mark:
            raise InputError(
                f"encoder {name}: {path} was replaced after this run had been planned; run again"
            )
        snapshot = path.parent.parent.name == "snapshots"
        files.append(
            {
                "file": file,
                "revision": path.parent.name if snapshot else None,
                "bytes": path.stat().st_size,
                "sha256": sha256_file(path),
                "fingerprint": mark,
            }
        )
    return files


def _load(
    name: str, source: dict[str, Any], size: int, online: bool
) -> tuple[nn.Module, int, dict[str, Any]]:
    """Return the module with its weights, its dimension, and what identifies its code."""
    if source["kind"] == "run":
        return _load_run(name, Path(source["folder"]))
    if source["kind"] == "entry_point":
        return _load_entry_point(name, source, size)
    backbone = _load_model(name, source, size, online)
    identity = {key: source[key] for key in ("library", "name", "options")}
    return backbone.module, backbone.feature_dim, identity


def _load_run(name: str, folder: Path) -> tuple[nn.Module, int, dict[str, Any]]:
    spec = read_json(folder / "spec.json")["backbone"]
    module, dim = build_backbone(spec)
    path = folder / "encoder.safetensors"
    read_safetensors_into(module, path, name=f"encoder {name} ({path})")
    return module, dim, {key: spec[key] for key in ("library", "name", "options")}


def _load_entry_point(
    name: str, source: dict[str, Any], size: int
) -> tuple[nn.Module, int, dict[str, Any]]:
    module, dim = call_entry_point(source["target"], source["options"])
    module.register_forward_hook(_keep_batch)
    given = output_width(module.eval(), size, f"encoder {name}, {source['target']}")
    if given != dim:
        raise InputError(
            f"encoder {name}: entry point {source['target']} promises {dim} features and its "
            f"module gives {given}"
        )
    code = sha256_file(entry_file(source["target"]))
    return module, dim, {"target": source["target"], "options": source["options"], "code": code}


def _keep_batch(_: nn.Module, images: tuple[torch.Tensor, ...], features: Any) -> Any:
    """Give back the dimension of the batch that a network squeezes away from a single image."""
    if isinstance(features, torch.Tensor) and features.ndim == 1:
        return features.reshape(len(images[0]), -1)
    return features


def _load_model(name: str, source: dict[str, Any], size: int, online: bool) -> Backbone:
    library, architecture, options = source["library"], source["name"], source["options"]
    if source["weights"] == "pretrained":
        return load_pretrained(
            library, architecture, image_size=size, options=options, online=online
        )
    spec = {"library": library, "name": architecture, "image_size": size, "options": options}
    if source["weights"] == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(source["seed"])
            return describe_backbone(spec)
    checkpoint = source["checkpoint"]
    state = read_checkpoint(checkpoint["file"], checkpoint["containers"])
    backbone = describe_backbone(spec)
    mapping = {key: checkpoint[key] for key in ("prefix", "drop", "rename")}
    title = f"encoder {name} ({checkpoint['file']} into {library}:{architecture})"
    load_strictly(backbone.module, map_keys(state, **mapping), heads=backbone.heads, name=title)
    return backbone


def _preparation(image: dict[str, Any], own: dict[str, Any]) -> Preparation:
    """Return the settings of the config, where null the encoder's own, else the defaults."""

    def pick(key: str, default: Any) -> Any:
        return next((v for v in (image[key], own.get(key)) if v is not None), default)

    size = int(pick("image_size", DEFAULT_SIZE))
    resize = int(image["resize"] if image["resize"] is not None else size)
    if resize < size:
        raise InputError(f"resize {resize} is smaller than image_size {size}; the crop cannot fit")
    return Preparation(
        image_size=size,
        resize=resize,
        interpolation=image["interpolation"],
        mean=tuple(pick("mean", IMAGENET_MEAN)),
        std=tuple(pick("std", IMAGENET_STD)),
        channel_order=pick("channel_order", "rgb"),
        decoder=image["decoder"],
    )


def _own_preparation(source: dict[str, Any], online: bool) -> dict[str, Any]:
    """Return the input size and normalisation that come with the encoder's source."""
    if source["kind"] == "run":
        spec = read_json(Path(source["folder"]) / "spec.json")
        return {key: spec.get(key) for key in ("image_size", "mean", "std")}
    if source["kind"] == "entry_point" or source["library"] not in ("timm", "transformers"):
        return {}
    folder = None
    if source["weights"] == "pretrained":
        folder = model_folder(source["library"], source["name"], online)
    if source["library"] == "timm":
        return _timm_preparation(source["name"], folder)
    return _hf_preparation(folder or Path(source["name"]))


def _timm_preparation(name: str, folder: Path | None) -> dict[str, Any]:
    import timm

    if folder is not None:
        content = read_json(folder / "config.json")
        config = content.get("pretrained_cfg", content)
    else:
        known = timm.get_pretrained_cfg(name) if timm.is_model(name) else None
        config = known.to_dict() if known is not None else {}
    size = (config.get("input_size") or [None])[-1]
    return {"image_size": size, "mean": config.get("mean"), "std": config.get("std")}


def _hf_preparation(folder: Path) -> dict[str, Any]:
    model, processor = folder / "config.json", folder / "preprocessor_config.json"
    config = read_json(model) if model.is_file() else {}
    images = read_json(processor) if processor.is_file() else {}
    size = (config | config.get("vision_config", {})).get("image_size")
    for key in ("size", "crop_size"):
        given = images.get(key)
        size = (given.get("height") if isinstance(given, dict) else given) or size
    return {"image_size": size, "mean": images.get("image_mean"), "std": images.get("image_std")}
