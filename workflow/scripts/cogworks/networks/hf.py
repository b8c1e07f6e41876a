"""Vision models of transformers as encoders."""

import inspect
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.networks.specs import Options

POOLS = ("pooler", "cls", "mean")
# What the parameter of a class token is called.
CLASS_TOKENS = ("cls_token", "class_token", "class_embedding")


class HFEncoder(nn.Module):
    """A transformers vision model whose output is one vector an image.

    `pool` says which: the model's own `pooler` output (a flattened map where it pools one), the
    first token (`cls`), or the `mean` over tokens or positions of the last hidden state. Models
    that mask patches (ViTMAE, in evaluation mode too) see all of them, in order.
    """

    model: Any

    def __init__(self, model: nn.Module, pool: str) -> None:
        super().__init__()
        self.model = model
        self.pool = pool
        self._class_token = any(
            name in key for key, _ in model.named_parameters() for name in CLASS_TOKENS
        )
        self._masks = self.model.config.model_type == "vit_mae"
        if self._masks:
            self.model.config.mask_ratio = 0.0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map normalised images (B, 3, H, W) to features (B, D).

        Raises:
            InputError: the model has no such vector; the message says which it has.
        """
        output = self.model(pixel_values=images, **self._order(images))
        if self.pool == "pooler":
            return self._pooled(output)
        hidden = self._hidden(output)
        if self.pool == "cls" and not self._has_class_token(hidden):
            raise InputError(
                f"{type(self.model).__name__} has no class token: set `options: {{pool: mean}}`"
            )
        if hidden.ndim == 4:
            hidden = hidden.flatten(2).transpose(1, 2)
        return hidden[:, 0] if self.pool == "cls" else hidden.mean(1)

    def _order(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return ViTMAE's argument by which its patches stay in their order."""
        if not self._masks:
            return {}
        count = self.model.embeddings.patch_embeddings.num_patches
        order = torch.arange(count, device=images.device, dtype=torch.float32)
        return {"noise": order.expand(len(images), -1)}

    def _pooled(self, output: Any) -> torch.Tensor:
        pooled = getattr(output, "pooler_output", None)
        if pooled is None:
            pools = ["mean"]
            if self._has_class_token(self._hidden(output)):
                pools.insert(0, "cls")
            options = " or ".join(f"`options: {{pool: {pool}}}`" for pool in pools)
            raise InputError(f"{type(self.model).__name__} has no pooler: set {options}")
        flat: torch.Tensor = pooled.flatten(1)
        return flat

    def _hidden(self, output: Any) -> torch.Tensor:
        hidden = getattr(output, "last_hidden_state", None)
        if hidden is None or hidden.ndim not in (3, 4):
            raise InputError(
                f"{type(self.model).__name__} gives neither tokens nor a map of an image "
                "(`last_hidden_state`); use an entry point"
            )
        result: torch.Tensor = hidden
        return result

    def _has_class_token(self, hidden: torch.Tensor) -> bool:
        """Whether the first token stands for the image: tokens that fill a square do not."""
        if hidden.ndim != 3:
            return False
        return self._class_token or math.isqrt(hidden.shape[1]) ** 2 != hidden.shape[1]


def build_hf(name: str, image_size: int, options: Options) -> HFEncoder:
    """Build a transformers vision model with random weights; nothing is downloaded.

    Args:
        name: a folder with `config.json`, or a model type of transformers such as `vit`.
        image_size: pixels; sets the config's `image_size` where the name is a model type.
        options: `pool` (see `HFEncoder`), the rest are entries of the model's config.

    Raises:
        InputError: no such folder or model type, or a pool that the model does not have.
    """
    from transformers import AutoModel

    pool, entries = split_pool(options)
    config = hf_config(name, image_size, entries)
    try:
        model = AutoModel.from_config(config, **pooling_argument(config, pool))
    except Exception as error:  # transformers raises anything on settings that do not fit
        raise InputError(f"hf:{name}: {type(error).__name__}: {error}") from error
    return HFEncoder(model, pool)


def split_pool(options: Options) -> tuple[str, Options]:
    """Return the checked `pool` option and the other options."""
    rest = dict(options)
    pool = rest.pop("pool", "pooler")
    if pool not in POOLS:
        raise InputError(f"options.pool is {pool!r}, expected one of {', '.join(POOLS)}")
    return pool, rest


def hf_config(name: str, image_size: int, entries: Options) -> Any:
    """Return the model config of a local folder or of a model type; of a CLIP, the image tower's.

    Raises:
        InputError: there is neither such a folder nor such a model type; the config has no such
            entry, or another type of it.
    """
    from transformers import CONFIG_MAPPING, AutoConfig

    is_folder = (Path(name) / "config.json").is_file()
    if is_folder:
        refuse_other_library("transformers", Path(name))
    elif name not in CONFIG_MAPPING:
        raise InputError(
            f"hf:{name}: neither a folder with config.json nor a model type of transformers"
        )
    if is_folder:
        _refuse_own_code(Path(name), known=CONFIG_MAPPING)
    try:
        config = (
            AutoConfig.from_pretrained(name, local_files_only=True, trust_remote_code=False)
            if is_folder
            else AutoConfig.for_model(name)
        )
        tower = getattr(config, "vision_config", config)
        changes = _checked(tower, entries)
        if not is_folder and hasattr(tower, "image_size"):
            one = isinstance(tower.image_size, int)
            changes = {"image_size": image_size if one else [image_size] * 2} | changes
        if is_folder:
            tower.update(changes)
            return tower
        # Built again, since some settings follow from others.
        return type(tower)(**changes)
    except InputError as error:
        raise InputError(f"hf:{name}: {error}") from error
    except Exception as error:  # as above
        raise InputError(f"hf:{name}: {type(error).__name__}: {error}") from error


def _refuse_own_code(folder: Path, known: Collection[str]) -> None:
    config = read_json(folder / "config.json")
    if "auto_map" in config and config.get("model_type") not in known:
        raise InputError(
            f"hf:{folder}: a network by code of its own ({config['auto_map']}), which is not run; "
            "build it by an entry point of yours"
        )


def _checked(config: Any, entries: Options) -> Options:
    unknown = [key for key in entries if not hasattr(config, key) and key != "attn_implementation"]
    if unknown:
        raise InputError(f"its config ({type(config).__name__}) has no entry {', '.join(unknown)}")
    if entries.get("mask_ratio"):
        raise InputError("options.mask_ratio: an encoder sees every patch; leave it out")
    return dict(entries)


def refuse_other_library(library: str, folder: Path) -> None:
    """Refuse a folder whose `config.json` is that of timm where transformers' was named, or so.

    Raises:
        InputError: saying which it is.
    """
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else {}
    of_timm = "architecture" in config and "model_type" not in config
    of_transformers = "model_type" in config and "architecture" not in config
    if library == "transformers" and of_timm:
        raise InputError(f"hf:{folder}: a model of timm; say `timm:{folder}`")
    if library == "timm" and of_transformers:
        raise InputError(f"timm:{folder}: a model of transformers; say `hf:{folder}`")


def pooling_argument(config: Any, pool: str) -> Options:
    """Return the argument that leaves out a pooling layer that is not used, where one exists.

    A checkpoint of a classifier has no weights for that layer, and strict loading would refuse it.
    """
    from transformers import MODEL_MAPPING

    if pool == "pooler" or type(config) not in MODEL_MAPPING:
        return {}
    known = "add_pooling_layer" in _arguments(MODEL_MAPPING[type(config)].__init__)
    return {"add_pooling_layer": False} if known else {}


def _arguments(function: Any) -> Collection[str]:
    return inspect.signature(function).parameters
