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
    from cogworks.probes.table import FeatureTable, TableSource

# Keys of a protocol that say on which images a cell trains, and how a search goes about it.
SAMPLING = ("shots", "seeds", "per_class", "normalize", "validation")
SEARCH = ("trials", "first_batch", "batch")


@dataclass(frozen=True)
class Kind:
    """What the workflow asks of a kind of probe.

    A tuned kind trains linear classifiers and gives a `method`; another one that trains on
    features gives its `models`. The one that gives neither scores the classifier that the
    encoder's own training run learned.

    Attributes:
        fit_keys: the keys of a protocol that the fit and the scores depend on: no other key may
            make them stale.
        tune_keys: those that the search depends on, for a tuned kind.
        space: the hyper-parameters that the search chooses: keys with a `low` and a `high`.
        normalizes: whether `normalize: auto` scales features to length 1.
        repeats_full: whether another seed gives another result on all training images.
        method: returns what searches and fits, given the spec, the training features and the
            device.
        models: returns what is scored, given the spec, the source of the training features and
            the device.
    """

    fit_keys: tuple[str, ...]
    tune_keys: tuple[str, ...] = ()
    space: tuple[str, ...] = ()
    normalizes: bool = False
    repeats_full: bool = True
    method: "Callable[[dict[str, Any], FeatureTable, torch.device], Method] | None" = None
    models: "Callable[[dict[str, Any], TableSource, torch.device], Models] | None" = None

    @property
    def tuned(self) -> bool:
        """Whether hyper-parameters are searched for a linear classifier that is then fitted."""
        return self.method is not None

    @property
    def own(self) -> bool:
        """Whether it scores the classifier of the encoder's own training run."""
        return self.method is None and self.models is None


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
