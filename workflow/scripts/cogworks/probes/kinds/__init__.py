"""The kinds of probes: one file each, named after the `kind` of a protocol.

Imported while the DAG is planned: a kind imports what computes only where it is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cogworks.core.registry import Registry

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.models import Models
    from cogworks.probes.specs import FitSpec, TuneSpec
    from cogworks.probes.table import FeatureTable, TableSource


@dataclass(frozen=True)
class Kind:
    """What the workflow asks of a kind of probe.

    A tuned kind trains linear classifiers and gives `tune` and a `method`; another one that trains
    on features gives its `models`. The one that gives neither scores the classifier that the
    encoder was trained with.

    Attributes:
        fit: what the fit and the scores depend on.
        tune: what the search depends on, for a tuned kind.
        normalizes: whether `normalize: auto` scales features to length 1.
        repeats_full: whether another seed gives another result on all training images.
        method: returns what searches and fits, given a `tune` or `fit`, the training features and
            the device.
        models: returns what is scored, given a `fit`, the source of the training features and the
            device.
    """

    fit: "type[FitSpec]"
    tune: "type[TuneSpec] | None" = None
    normalizes: bool = False
    repeats_full: bool = True
    method: "Callable[[Any, FeatureTable, torch.device], Method] | None" = None
    models: "Callable[[Any, TableSource, torch.device], Models] | None" = None

    @property
    def tuned(self) -> bool:
        """Whether hyper-parameters are searched for a linear classifier that is then fitted."""
        return self.tune is not None

    @property
    def own(self) -> bool:
        """Whether it scores the classifier that the encoder was trained with."""
        return self.tune is None and self.models is None


KINDS: Registry[Kind] = Registry(
    "cogworks.probes.kinds",
    "KIND",
    (
        "sgd",
        "lbfgs",
        "sklearn",
        "knn",
        "classifier",
    ),
)
