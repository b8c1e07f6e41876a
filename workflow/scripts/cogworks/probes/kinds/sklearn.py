"""Logistic regression by scikit-learn, as the authors of the thesis did it (section 4.4)."""

from typing import TYPE_CHECKING

from cogworks.probes.kinds import Kind
from cogworks.probes.kinds.lbfgs import ConvexFit, ConvexTune

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.table import FeatureTable


def _method(
    spec: ConvexTune | ConvexFit, table: "FeatureTable", device: "torch.device"
) -> "Method":
    from cogworks.probes.by_sklearn import Sklearn
    from cogworks.probes.convex import Convex

    return Convex(table, spec, Sklearn(table, spec.tolerance, spec.max_iterations), device)


KIND = Kind(ConvexFit, ConvexTune, method=_method)
