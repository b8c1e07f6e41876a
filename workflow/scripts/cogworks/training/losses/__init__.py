"""The losses: one file each, named after the `kind` of a run's `loss`.

Imported while the DAG is planned: a loss imports torch, so only a training loads one.
"""

from typing import TYPE_CHECKING

from cogworks.core.registry import Registry

if TYPE_CHECKING:
    from cogworks.training.head import Head

LOSSES: "Registry[type[Head]]" = Registry(
    "cogworks.training.losses",
    "HEAD",
    (
        "cosine",
        "look",
        "ocm",
        "softmax",
    ),
)
