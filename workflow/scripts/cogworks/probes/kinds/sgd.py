"""Logistic regression by SGD (section 3.3.4.3)."""

from typing import TYPE_CHECKING, Literal

from cogworks.core.spec import Spec
from cogworks.probes.kinds import Kind
from cogworks.probes.specs import Interval, LinearFit, TuneSpec

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.table import FeatureTable


class Descent(Spec):
    """How a configuration is trained; see the keys of a protocol."""

    epochs: int
    batch_size: int
    momentum: float
    schedule: Literal["cosine", "cosine_lagged"]
    compile: bool

    @property
    def passes(self) -> int:
        """Return how often a configuration is shown each image."""
        return self.epochs


class Pruning(Spec):
    """After which epoch the best share of the configurations goes on alone."""

    epoch: int
    keep: float


class SgdTune(Descent, TuneSpec):
    """What a search by SGD depends on."""

    lr: Interval
    weight_decay: Interval
    search_precision: Literal["float32", "tf32", "bfloat16"]
    pruning: Pruning | None


class SgdFit(Descent, LinearFit):
    """What a fit by SGD depends on."""


def _method(spec: SgdTune | SgdFit, table: "FeatureTable", device: "torch.device") -> "Method":
    from cogworks.probes.sgd import Sgd

    return Sgd(table, spec, device)


KIND = Kind(SgdFit, SgdTune, normalizes=True, method=_method)
