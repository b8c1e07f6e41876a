"""Logistic regression by L-BFGS, all values of C at once (section 4.4, small data sets)."""

from typing import TYPE_CHECKING

from cogworks.probes.kinds import Kind
from cogworks.probes.specs import Interval, LinearFit, TuneSpec

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.table import FeatureTable


class ConvexTune(TuneSpec):
    """What a search by L-BFGS depends on."""

    C: Interval
    max_iterations: int
    tolerance: float


class ConvexFit(LinearFit):
    """What a fit by L-BFGS depends on."""

    max_iterations: int
    tolerance: float


def _method(
    spec: ConvexTune | ConvexFit, table: "FeatureTable", device: "torch.device"
) -> "Method":
    from cogworks.probes.convex import Convex, Stacked

    solver = Stacked(table, spec.tolerance, spec.max_iterations, device)
    return Convex(table, spec, solver, device)


KIND = Kind(ConvexFit, ConvexTune, method=_method)
