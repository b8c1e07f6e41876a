"""Architectures with the weights that their library publishes, from its cache or a local folder."""

import contextlib
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.core.inputs import check_genuine, is_hidden
from cogworks.networks.backbones import (
    AUXILIARY,
    Backbone,
    describe_backbone,
    output_width,
    timm_config,
    torchvision_weights,
)
from cogworks.networks.checkpoints import load_strictly, read_checkpoint, refuse_unsound
from cogworks.networks.hf import HFEncoder, hf_config, pooling_argument, split_pool
from cogworks.networks.specs import BackboneSpec, Options

WEIGHT_SUFFIXES = (".json", ".safetensors", ".bin")
UNREACHED = "is there a network? Or fetch it elsewhere and copy it to the library's cache here"
OFFLINE = "set compute.online to true once, or fetch it where there is a network and copy it there"


def load_pretrained(spec: BackboneSpec, *, online: bool) -> Backbone:
    """Return a pretrained backbone without its classifier.

    Args:
        spec: of torchvision, timm or transformers. Its name has a tag of the weights where the
            library knows several (`resnet50.IMAGENET1K_V1`, `resnet50.a1_in1k`); otherwise it is
            `hf-hub:OWNER/NAME` or a folder (timm), `OWNER/NAME` or a folder (transformers).
        online: whether a file that is not in the cache may be fetched.

    Raises:
        InputError: unknown name, weights neither cached nor to be fetched, or keys that do not fit.
    """
    load = {"torchvision": _torchvision, "timm": _timm, "transformers": _hf}[spec.library]
    module, heads = load(spec.name, spec.image_size, spec.options, online)
    parameters = {key for key, _ in module.named_parameters()}
    name = f"{spec.library}:{spec.name}"
    refuse_unsound(dict(module.state_dict()), parameters, name=name)
    return Backbone(module, output_width(module, spec.image_size, name), heads)


def model_folder(library: str, name: str, online: bool) -> Path | None:
    """Return the folder of a model that comes as one, local or of a hub; None of any other.

    Raises:
        InputError: a hub's model that is neither cached nor to be fetched; a file of a local
            folder that is empty, a Git LFS pointer or a web page.
    """
    if Path(name).is_dir():
        for path in _read_files(Path(name)):
            check_genuine(path)
        return Path(name)
    if library == "timm" and not name.startswith("hf-hub:"):
        return None
    repository = name.removeprefix("hf-hub:")
    folder = Path(_fetch(repository, "config.json", online, f"{library}:{name}")).parent
    if library == "transformers":
        for file in ("preprocessor_config.json", "processor_config.json"):
            with contextlib.suppress(InputError):  # not every model has one
                _fetch(repository, file, online, name)
    return folder


def weight_files(library: str, name: str) -> list[Path]:
    """Return the files that a pretrained model was loaded from; they are in the cache by now.

    Args:
        library: torchvision, timm or transformers.
        name: as for `load_pretrained`.
    """
    if library == "torchvision":
        return [torchvision_file(name)[1]]
    folder = model_folder(library, name, online=False)
    if folder is None:
        repository, file = timm_file(name)
        return [Path(_fetch(repository, file, False, f"timm:{name}"))]
    return _read_files(folder)


def _read_files(folder: Path) -> list[Path]:
    """Return the files of a model's folder that its library may read."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in WEIGHT_SUFFIXES and not is_hidden(path.name)
    )


def torchvision_file(name: str) -> tuple[str, Path]:
    """Return the address of a model's weights and their place in the cache.

    Raises:
        InputError: torchvision has no such model or weights.
    """
    url: str = torchvision_weights(name).url
    return url, Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]


def timm_file(name: str) -> tuple[str, str]:
    """Return the hub's repository and file of a model of timm by its own name.

    Raises:
        InputError: timm has no such model, or no weights of it.
    """
    config = timm_config(name)
    if config is None or not config.hf_hub_id:
        raise InputError(f"timm:{name}: timm has no pretrained weights of that name")
    return config.hf_hub_id, str(config.hf_hub_filename or "model.safetensors")


def _torchvision(
    name: str, size: int, options: Options, online: bool
) -> tuple[nn.Module, tuple[str, ...]]:
    if name.partition(".")[0] in AUXILIARY:
        # Their weights were trained on another range than the images' normalisation gives.
        options = {"transform_input": True, **options}
    backbone = describe_backbone(
        BackboneSpec(library="torchvision", name=name, image_size=size, options=options)
    )
    url, path = torchvision_file(name)
    if not path.is_file():
        if not online:
            raise InputError(f"torchvision:{name}: no file {path}; {OFFLINE}")
        _download(url, f"torchvision:{name}")
    state = read_checkpoint(path, ["."])
    load_strictly(backbone.module, state, heads=backbone.heads, name=f"torchvision:{name}")
    return backbone.module, backbone.heads


def _timm(
    name: str, size: int, options: Options, online: bool
) -> tuple[nn.Module, tuple[str, ...]]:
    import timm

    target, overlay = name, None
    folder = model_folder("timm", name, online)
    if folder is not None and not name.startswith("hf-hub:"):
        target = f"local-dir:{name}"
    if folder is None:
        repository, file = timm_file(name)
        overlay = {"file": _fetch(repository, file, online, f"timm:{name}")}
    try:
        # The classifier comes off only afterwards: timm loads strictly only what is whole.
        model = timm.create_model(
            target,
            pretrained=True,
            pretrained_cfg_overlay=overlay,
            **_size(name, folder, size),
            **options,
        )
    except Exception as error:  # timm and its readers of files raise anything
        raise InputError(f"timm:{name}: {type(error).__name__}: {error}") from error
    if hasattr(model, "reset_classifier"):  # some are published without one
        model.reset_classifier(0)
    return model, ()


def _size(name: str, folder: Path | None, size: int) -> dict[str, int]:
    """Return timm's argument for the side of the input, of models that are built for one."""
    if folder is None:
        fixed = timm_config(name).fixed_input_size
    else:
        content = read_json(folder / "config.json")
        fixed = content.get("pretrained_cfg", content).get("fixed_input_size")
    return {"img_size": size} if fixed else {}


def _hf(name: str, size: int, options: Options, online: bool) -> tuple[nn.Module, tuple[str, ...]]:
    from transformers import AutoModel
    from transformers.utils import logging

    # Its report on the keys is checked below instead of being read by somebody.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    pool, entries = split_pool(options)
    config = hf_config(str(model_folder("transformers", name, online)), size, entries)
    try:
        model, info = AutoModel.from_pretrained(
            name,
            config=config,
            local_files_only=not online,
            trust_remote_code=False,
            output_loading_info=True,
            dtype=torch.float32,
            **pooling_argument(config, pool),
        )
    except Exception as error:  # as in _timm
        raise InputError(f"hf:{name}: {type(error).__name__}: {error}") from error
    _check_loading(model, info, pool, f"hf:{name}")
    return HFEncoder(model, pool), ()


def _check_loading(model: nn.Module, info: dict[str, Any], pool: str, name: str) -> None:
    """Refuse weights that leave a part of the encoder random, or that belong to another one.

    A classifier, a text tower or an unused pooling layer beside the encoder is not an error, nor is
    the token in place of masked patches: an encoder sees every patch.
    """
    children = tuple(f"{child}." for child, _ in model.named_children())
    base = f"{model.base_model_prefix}."
    found = {
        "missing": map(str, info["missing_keys"]),
        "unexpected": (
            key
            for key in map(str, info["unexpected_keys"])
            if not key.endswith(".mask_token")
            and (
                key.removeprefix(base).startswith(children)
                or (key.startswith(base) and not key.removeprefix(base).startswith("pooler."))
            )
        ),
        "shapes": (str(item[0]) for item in info["mismatched_keys"]),
    }
    problems = {title: keys for title, values in found.items() if (keys := sorted(values))}
    if problems:
        lines = [f"{title} ({len(keys)}): {', '.join(keys)}" for title, keys in problems.items()]
        hint = ""
        if pool == "pooler" and all("pooler" in key for key in problems.get("missing", [""])):
            hint = ". The checkpoint has no trained pooling layer: set `options: {pool: cls}`"
        raise InputError(f"{name}: the weights do not fit the config; {'; '.join(lines)}{hint}")


def _fetch(repository: str, file: str, online: bool, name: str) -> str:
    """Return the path of a hub repository's file, from the cache or fetched."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return str(hf_hub_download(repository, file, local_files_only=not online))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as error:
        what = f"{name}: {file} of {repository}"
        reason = (
            f"could not be fetched; {UNREACHED}" if online else f"is not in the cache; {OFFLINE}"
        )
        raise InputError(f"{what} {reason}") from error


def _download(url: str, name: str) -> None:
    try:
        # The name of the file holds the first digits of its SHA-256.
        torch.hub.load_state_dict_from_url(
            url, map_location="cpu", weights_only=True, check_hash=True
        )
    except (OSError, RuntimeError) as error:
        raise InputError(f"{name}: {url} could not be fetched ({error}); {UNREACHED}") from error
