"""The digest of the code that a run is trained with: of its loss and its recipe, no others.

Imported while the DAG is planned: no torch, no data.
"""

from typing import Any

from cogworks.core.codehash import rule_code
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.losses import LOSSES


def run_code(spec: dict[str, Any]) -> str:
    """Return the digest of what trains a run of this spec, see `codehash.rule_code`."""
    loss, recipe = spec["loss"]["kind"], spec["augmentation"]["recipe"]
    return rule_code("train_encoder", LOSSES.module(loss), RECIPES.module(recipe))
