"""Logistic regression by SGD (section 3.3.4.3)."""

from typing import TYPE_CHECKING, Any

from cogworks.probes.kinds import SAMPLING, SEARCH, Kind

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.table import FeatureTable

FIT = ("epochs", "batch_size", "momentum", "schedule", "compile")
SPACE = ("lr", "weight_decay")


def _method(spec: dict[str, Any], table: "FeatureTable", device: "torch.device") -> "Method":
    from cogworks.probes.sgd import Sgd

    return Sgd(table, spec, device)


KIND = Kind(
    fit_keys=(*SAMPLING, *FIT, "restrict_classes", "classifiers"),
    tune_keys=(*SAMPLING, *SEARCH, *FIT, *SPACE, "search_precision", "pruning"),
    space=SPACE,
    normalizes=True,
    method=_method,
)
