"""The digest of the code that a run is trained with: of its loss and its recipe, no others.

Imported while the DAG is planned: no torch, no data.
"""

from cogworks.core.codehash import rule_code
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.losses import LOSSES
from cogworks.training.specs import Numbers


def run_code(spec: Numbers) -> str:
    """Return the digest of what trains a run of this spec, see `codehash.rule_code`."""
    loss, recipe = LOSSES.module(spec.loss.kind), RECIPES.module(spec.augmentation.recipe)
    return rule_code("train_encoder", loss, recipe)
