"""From the resolved spec of an encoder to the encoder itself: network, weights, version."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.files import sha256_file
from cogworks.core.fingerprint import Fingerprints, fingerprint
from cogworks.core.randomness import seeded
from cogworks.core.records import read_record
from cogworks.core.spec import digest
from cogworks.encoders.checkpoint import read_weights
from cogworks.encoders.entry_points import call_entry_point, entry_file
from cogworks.encoders.identity import cache_name
from cogworks.encoders.preparation import Preparation, prepare
from cogworks.encoders.pretrained import load_pretrained, weight_files
from cogworks.encoders.specs import (
    EncoderSpec,
    EntryPointSource,
    ModelSource,
    Pretrained,
    Random,
    RunSource,
    Source,
)
from cogworks.networks.backbones import Backbone, build_backbone, describe_backbone, output_width
from cogworks.networks.checkpoints import load_strictly, read_safetensors_into
from cogworks.networks.specs import BackboneSpec
from cogworks.networks.trial import check_encoder


class Built(NamedTuple):
    """A module with its weights, its dimension, and what identifies its code."""

    module: nn.Module
    feature_dim: int
    identity: dict[str, Any]


@dataclass(frozen=True)
class WeightFile:
    """A file that weights come from.

    Attributes:
        file: its path, or its name in a library's cache.
        revision: of a hub's repository, else None.
        bytes: its size.
        sha256: of its content (hex).
        fingerprint: as in the spec (see `fingerprint`).
    """

    file: str
    revision: str | None
    bytes: int
    sha256: str
    fingerprint: str


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
        weights: the files that the weights come from.
    """

    name: str
    module: nn.Module
    feature_dim: int
    image: Preparation
    version: str
    weights: list[WeightFile]


def load_encoder(spec: EncoderSpec, *, device: torch.device | str, online: bool = False) -> Encoder:
    """Build an encoder with its weights.

    Args:
        spec: the encoder; its `weights` identified the files when the work was planned.
        device: where the module goes.
        online: whether pretrained weights may be fetched.

    Raises:
        InputError: missing or unfit weights, weights that were replaced since the work was
            planned, an unknown architecture, a feature dimension other than the one expected,
            features that are random or depend on the batch.
    """
    name, source = spec.name, spec.source
    image = prepare(name, spec.image, source, online)
    module, dim, identity = _build(name, source, image.image_size, online)
    weights_sha = weights_digest(module)
    if isinstance(source, EntryPointSource):
        _require_same(weights_sha, name, source, image.image_size)
    if not isinstance(source, RunSource) and source.feature_dim not in (None, dim):
        raise InputError(
            f"encoder {name}: gives {dim} features, expected {source.feature_dim}; "
            "is it the right architecture?"
        )
    version = digest(
        {
            "architecture": identity,
            "weights": weights_sha,
            "image": vars(image),
            "arithmetic": [spec.compute.precision, spec.compute.dtype],
        }
    )
    weights = _weight_files(name, source, spec.weights or {})
    return Encoder(name, module.to(device), dim, image, version, weights)


def _build(name: str, source: Source, size: int, online: bool) -> Built:
    """Return what `_load` does, ready to use and tried on two images."""
    # The user's code may draw anywhere, as late as in the first forward pass.
    with seeded(_seed(source)):
        module, dim, identity = _load(name, source, size, online)
        module = module.eval().requires_grad_(False)
        check_encoder(module, size, f"encoder {name}")
    return Built(module, dim, identity)


def _seed(source: Source) -> int:
    """Return the seed of what a source draws while it is built; most draw nothing."""
    drawn = source.weights if isinstance(source, ModelSource) else source
    return drawn.seed if isinstance(drawn, Random | EntryPointSource) else 0


def _require_same(weights: str, name: str, source: EntryPointSource, size: int) -> None:
    """Refuse an entry point that builds another network in each job, in spite of the seed."""
    again, _, _ = _build(name, source, size, online=False)
    if weights_digest(again) != weights:
        raise InputError(
            f"encoder {name}: entry point {source.target} builds another network a second "
            "time, under the same seed; does it draw from a generator of its own "
            "(numpy.random.default_rng() without a seed, os.urandom), or from the order of a set? "
            "Give that generator a number"
        )


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


def _weight_files(name: str, source: Source, planned: Fingerprints) -> list[WeightFile]:
    """Describe the files that the weights come from; refuse those that were replaced meanwhile."""
    paths, cached = [Path(path) for path in planned], False
    if isinstance(source, RunSource):
        paths = [Path(source.folder) / "encoder.safetensors"]
    elif isinstance(source, ModelSource) and source.is_cached:
        paths, cached = weight_files(source.library, source.name), True
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
            WeightFile(
                file=file,
                revision=path.parent.name if snapshot else None,
                bytes=path.stat().st_size,
                sha256=sha256_file(path),
                fingerprint=mark,
            )
        )
    return files


def _load(name: str, source: Source, size: int, online: bool) -> Built:
    """Return a module with its weights, as its library or its author left it."""
    if isinstance(source, RunSource):
        return _load_run(name, Path(source.folder))
    if isinstance(source, EntryPointSource):
        return _load_entry_point(name, source, size)
    backbone = _load_model(name, source, size, online)
    identity = source.model_dump(include={"library", "name", "options"})
    return Built(backbone.module, backbone.feature_dim, identity)


def _load_run(name: str, folder: Path) -> Built:
    spec = BackboneSpec.model_validate(read_record(folder / "spec.json")["backbone"])
    module, dim = build_backbone(spec)
    path = folder / "encoder.safetensors"
    read_safetensors_into(module, path, name=f"encoder {name} ({path})")
    return Built(module, dim, spec.model_dump(exclude={"image_size"}))


def _load_entry_point(name: str, source: EntryPointSource, size: int) -> Built:
    module, dim = call_entry_point(source.target, source.options)
    module.register_forward_hook(_keep_batch)
    given = output_width(module.eval(), size, f"encoder {name}, {source.target}")
    if given != dim:
        raise InputError(
            f"encoder {name}: entry point {source.target} promises {dim} features and its "
            f"module gives {given}"
        )
    code = sha256_file(entry_file(source.target))
    return Built(module, dim, {"target": source.target, "options": source.options, "code": code})


def _keep_batch(_: nn.Module, images: tuple[torch.Tensor, ...], features: Any) -> Any:
    """Give back the dimension of the batch that a network squeezes away from a single image."""
    if isinstance(features, torch.Tensor) and features.ndim == 1:
        return features.reshape(len(images[0]), -1)
    return features


def _load_model(name: str, source: ModelSource, size: int, online: bool) -> Backbone:
    spec = BackboneSpec(
        library=source.library, name=source.name, image_size=size, options=source.options
    )
    weights = source.weights
    if isinstance(weights, Pretrained):
        return load_pretrained(spec, online=online)
    if isinstance(weights, Random):
        return describe_backbone(spec)
    state = read_weights(weights)
    backbone = describe_backbone(spec)
    title = f"encoder {name} ({weights.file} into {spec.library}:{spec.name})"
    load_strictly(backbone.module, state, heads=backbone.heads, name=title)
    return backbone
