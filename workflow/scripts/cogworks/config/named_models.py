"""Encoders named on the command line: a model's name stands for an entry of the section.

Imported while the DAG is planned: standard library only.
"""

import re
from typing import Any

from cogworks.core.errors import InputError
from cogworks.core.inputs import list_of

KEY = "model"


def expanded(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config in which each of the models of `model` has an entry in `encoders`.

    The key itself is left out, so that nothing depends on how an encoder was named.

    Args:
        config: the merged config.

    Raises:
        InputError: an encoder has the name already that a model gets.
    """
    given, encoders = config.get(KEY), config.get("encoders") or {}
    models = list_of(given) if isinstance(given, str | list) else []
    texts = all(isinstance(model, str) for model in models)
    if not models or not texts or not isinstance(encoders, dict):
        return config  # What is wrong with it, the typed config says.
    named = {name_of(model): {"model": model, "weights": "pretrained"} for model in models}
    for name, section in named.items():
        if name in encoders:
            raise InputError(
                f"{KEY}: {section['model']} would be called {name}, as another encoder is; give it "
                "an entry of its own in `encoders`"
            )
    own = {key: value for key, value in config.items() if key != KEY}
    return own | {"encoders": {**encoders, **named}}


def name_of(model: str) -> str:
    """Return `resnet50.a1_in1k` for `timm:resnet50.a1_in1k`, `x` for `timm:hf-hub:owner/x`."""
    last = re.split(r"[:/]", model.rstrip("/"))[-1]
    return re.sub(r"[^A-Za-z0-9_.-]", "-", last).lstrip("_.-") or "model"
