"""Weighted nearest neighbours: a probe that needs no tuning."""

from typing import TYPE_CHECKING

from cogworks.probes.kinds import Kind
from cogworks.probes.specs import TrainedFit

if TYPE_CHECKING:
    import torch

    from cogworks.probes.models import Models
    from cogworks.probes.table import TableSource


class NearestFit(TrainedFit):
    """What the scores of nearest neighbours depend on."""

    k: int
    temperature: float

    @property
    def neighbours(self) -> int | None:
        """Return how many neighbours vote."""
        return self.k


def _models(spec: NearestFit, source: "TableSource", device: "torch.device") -> "Models":
    from cogworks.probes.knn import Nearest

    return Nearest(spec, source, device)


KIND = Kind(
    NearestFit,
    normalizes=True,
    # Nearest neighbours among all images leave nothing to chance.
    repeats_full=False,
    models=_models,
)
