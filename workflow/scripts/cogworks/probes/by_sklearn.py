"""Logistic regression by scikit-learn, as the authors of the thesis did it (section 4.4)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from cogworks.probes.classifier import Classifier
from cogworks.probes.splits import Rows
from cogworks.probes.table import FeatureTable


@dataclass(frozen=True)
class Sklearn:
    """One C after the other by scikit-learn."""

    table: FeatureTable
    tolerance: float
    max_iterations: int

    def __call__(self, rows: Rows, Cs: Sequence[float]) -> list[Classifier]:
        """Return the classifier at each C."""
        index = torch.from_numpy(rows)
        x = self.table.x.cpu()[index].numpy()
        y = self.table.y[index].numpy()
        return [self._fit(x, y, C) for C in Cs]

    def _fit(self, x: Any, y: Any, C: float) -> Classifier:
        model = LogisticRegression(C=C, tol=self.tolerance, max_iter=self.max_iterations)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(x, y)
        converged = not any(entry.category is ConvergenceWarning for entry in caught)
        weight, bias = (torch.from_numpy(part).double() for part in (model.coef_, model.intercept_))
        if len(weight) == 1:
            # Two classes share one vector, the difference of theirs.
            weight, bias = torch.cat([-weight, weight]) / 2, torch.cat([-bias, bias]) / 2
        return Classifier(weight, bias, converged)
