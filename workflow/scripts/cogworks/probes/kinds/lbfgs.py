"""Logistic regression by L-BFGS, all values of C at once (section 4.4, small data sets)."""

from typing import TYPE_CHECKING, Any

from cogworks.probes.kinds import SAMPLING, SEARCH, Kind

if TYPE_CHECKING:
    import torch

    from cogworks.probes.methods import Method
    from cogworks.probes.table import FeatureTable

LIMITS = ("max_iterations", "tolerance")
SPACE = ("C",)
FIT_KEYS = (*SAMPLING, *LIMITS, "restrict_classes", "classifiers")
TUNE_KEYS = (*SAMPLING, *SEARCH, *SPACE, *LIMITS)


def _method(spec: dict[str, Any], table: "FeatureTable", device: "torch.device") -> "Method":
    from cogworks.probes.convex import Convex, Stacked

    return Convex(table, spec, Stacked(table, spec["tolerance"], spec["max_iterations"]))


KIND = Kind(fit_keys=FIT_KEYS, tune_keys=TUNE_KEYS, space=SPACE, method=_method)
