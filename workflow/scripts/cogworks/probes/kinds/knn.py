"""Weighted nearest neighbours: a probe that needs no tuning."""

from typing import TYPE_CHECKING, Any

from cogworks.probes.kinds import SAMPLING, Kind

if TYPE_CHECKING:
    import torch

    from cogworks.probes.models import Models
    from cogworks.probes.table import TableSource


def _models(spec: dict[str, Any], source: "TableSource", device: "torch.device") -> "Models":
    from cogworks.probes.knn import Nearest

    return Nearest(spec, source, device)


KIND = Kind(
    fit_keys=(*SAMPLING, "k", "temperature", "restrict_classes"),
    normalizes=True,
    # Nearest neighbours among all images leave nothing to chance.
    repeats_full=False,
    models=_models,
)
