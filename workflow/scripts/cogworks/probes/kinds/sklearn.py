"""Logistic regression by scikit-learn, as the authors of the thesis did it (section 4.4)."""

from typing import TYPE_CHECKING, Any

from cogworks.probes.kinds import Kind
from cogworks.probes.kinds.lbfgs import FIT_KEYS, SPACE, TUNE_KEYS

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.table import FeatureTable


def _method(spec: dict[str, Any], table: "FeatureTable", device: "torch.device") -> "Method":
    from cogworks.probes.by_sklearn import Sklearn
    from cogworks.probes.convex import Convex

    return Convex(table, spec, Sklearn(table, spec["tolerance"], spec["max_iterations"]))


KIND = Kind(fit_keys=FIT_KEYS, tune_keys=TUNE_KEYS, space=SPACE, method=_method)
