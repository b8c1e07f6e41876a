"""Vision models of transformers as encoders."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cogworks.core.errors import InputError

POOLS = ("pooler", "cls", "mean")


class HFEncoder(nn.Module):
    """A transformers vision model whose output is one vector an image.

    `pool` says which: the model's own `pooler` output (a flattened map where it pools one), the
    first token (`cls`), or the `mean` over tokens or positions of the last hidden state.
    """

    def __init__(self, model: nn.Module, pool: str) -> None:
        super().__init__()
        self.model = model
        self.pool = pool

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map normalised images (B, 3, H, W) to features (B, D)."""
        output = self.model(pixel_values=images)
        if self.pool == "pooler":
            return output.pooler_output.flatten(1)
        hidden = output.last_hidden_state
        if hidden.ndim == 4:
            hidden = hidden.flatten(2).transpose(1, 2)
        return hidden[:, 0] if self.pool == "cls" else hidden.mean(1)


def build_hf(name: str, image_size: int, options: dict[str, Any]) -> HFEncoder:
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
    except (TypeError, ValueError) as error:
        raise InputError(f"hf:{name}: {error}") from error
    return HFEncoder(model, pool)


def split_pool(options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the checked `pool` option and the other options."""
    rest = dict(options)
    pool = rest.pop("pool", "pooler")
    if pool not in POOLS:
        raise InputError(f"options.pool is {pool!r}, expected one of {', '.join(POOLS)}")
    return pool, rest


def hf_config(name: str, image_size: int, entries: dict[str, Any]) -> Any:
    """Return the model config of a local folder or of a model type; of a CLIP, the image tower's.

    Raises:
        InputError: there is neither such a folder nor such a model type.
    """
    from transformers import CONFIG_MAPPING, AutoConfig

    if (Path(name) / "config.json").is_file():
        try:
            config = AutoConfig.from_pretrained(name, local_files_only=True, **entries)
        except (OSError, ValueError, json.JSONDecodeError) as error:
            raise InputError(f"hf:{name}: {error}") from error
    elif name in CONFIG_MAPPING:
        config = AutoConfig.for_model(name, **{"image_size": image_size, **entries})
    else:
        raise InputError(
            f"hf:{name}: neither a folder with config.json nor a model type of transformers"
        )
    return getattr(config, "vision_config", config)


def pooling_argument(config: Any, pool: str) -> dict[str, Any]:
    """Return the argument that leaves out a pooling layer that is not used, where one exists.

    A checkpoint of a classifier has no weights for that layer, and strict loading would refuse it.
    """
    import inspect

    from transformers import MODEL_MAPPING

    if pool == "pooler":
        return {}
    model_class = MODEL_MAPPING[type(config)]
    known = "add_pooling_layer" in inspect.signature(model_class.__init__).parameters
    return {"add_pooling_layer": False} if known else {}
