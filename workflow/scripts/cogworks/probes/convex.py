"""Search and fit of logistic regression by L-BFGS (section 4.4, small data sets).

Both methods solve the same problem to its minimum, so that there is neither a start nor an order:
a seed decides only which images validate, which shots are drawn, and what the search proposes.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from cogworks.probes.classifier import Classifier
from cogworks.probes.kinds.lbfgs import ConvexFit, ConvexTune
from cogworks.probes.lbfgs import Problem, solve
from cogworks.probes.outcomes import DIVERGED, DONE, Outcome, Params
from cogworks.probes.scores import ranks
from cogworks.probes.splits import Rows, Split
from cogworks.probes.table import FeatureTable

# What the solver of many C may take in memory: this share of the features, or this many bytes.
STACK_SHARE, STACK_BYTES = 0.15, 2**29
# Copies of the weights that a solve holds: history, point, gradient and temporaries.
WEIGHT_COPIES, LOGIT_COPIES = 24, 6


class Solver(Protocol):
    """Solves the problem on some rows for some values of C."""

    def __call__(self, rows: Rows, Cs: Sequence[float]) -> list[Classifier]:
        """Return the classifier at each C."""


@dataclass(frozen=True)
class Convex:
    """Logistic regression on one table of training features.

    Attributes:
        table: the features.
        spec: what the search or the fit depends on.
        solver: which implementation solves it.
        device: where to compute.
    """

    table: FeatureTable
    spec: ConvexTune | ConvexFit
    solver: Solver
    device: torch.device

    def __post_init__(self) -> None:
        """Warn where the penalty leaves the features no say: such a probe is near to chance."""
        if not isinstance(self.spec, ConvexTune):
            return
        x, highest = self.table.x, self.spec.C.high
        spread = float(x.var(0, correction=0).sum())
        # How far the logit of an image's own class may move, to first order in C.
        if highest * len(x) * spread / len(self.table.classes) < 1:
            print(
                f"warning: {self.spec.kind}: the features of {self.table.name} are {spread:.1e} "
                f"from their mean (mean square), so little that even at C {highest:.3g} the "
                "penalty holds every score near that of guessing; set normalize: l2, or raise "
                "C.high, and check that the encoder is trained",
                file=sys.stderr,
            )

    def companions(self, n_rows: int) -> int:
        """Return 1: seeds share nothing that would be worth sharing."""
        return 1

    def search(
        self, seeds: Sequence[int], splits: Sequence[Split], asked: Sequence[Sequence[Params]]
    ) -> list[list[Outcome]]:
        """Fit at each C and return the accuracies on the validation rows; see `Sgd.search`."""
        return [
            [
                self._outcome(classifier, split.val)
                for classifier in self._solve(split.train, params)
            ]
            for split, params in zip(splits, asked, strict=True)
        ]

    def fit(
        self, seeds: Sequence[int], rows: Sequence[Rows], params: Sequence[Params]
    ) -> list[Classifier | None]:
        """Fit at one C for each seed; None where the result is not finite."""
        fitted = [self._solve(own, [values])[0] for own, values in zip(rows, params, strict=True)]
        return [classifier if classifier.finite else None for classifier in fitted]

    def _solve(self, rows: Rows, params: Sequence[Params]) -> list[Classifier]:
        """Return the classifier at each C, and say which are not at the minimum."""
        Cs = [values["C"] for values in params]
        fitted = self.solver(rows, Cs)
        late = [C for C, found in zip(Cs, fitted, strict=True) if not found.converged]
        if late:
            print(
                f"warning: {self.spec.kind}: {len(late)} of {len(Cs)} fits on {len(rows)} "
                f"images of {self.table.name} did not reach the tolerance {self.spec.tolerance} "
                f"in {self.spec.max_iterations} iterations (C "
                f"{', '.join(f'{C:.3g}' for C in late)}); raise max_iterations, or normalise the "
                "features",
                file=sys.stderr,
            )
        return fitted

    def _outcome(self, classifier: Classifier, val: Rows) -> Outcome:
        if not classifier.finite:
            return Outcome(DIVERGED, converged=False)
        rows = torch.from_numpy(val)
        logits = classifier(self.table.x[rows.to(self.table.x.device)].to(self.device))
        hits = int((ranks(logits.cpu(), self.table.y[rows]) == 0).sum())
        return Outcome(DONE, 100 * hits / len(val), converged=classifier.converged)


@dataclass(frozen=True)
class Stacked:
    """All values of C at once, as many as memory allows; see `lbfgs`."""

    table: FeatureTable
    tolerance: float
    max_iterations: int
    device: torch.device

    def __call__(self, rows: Rows, Cs: Sequence[float]) -> list[Classifier]:
        """Return the classifier at each C."""
        table, n_classes = self.table, len(self.table.classes)
        index = torch.from_numpy(rows)
        problem = Problem(table.x, table.y, index, n_classes=n_classes, device=self.device)
        each = 8 * n_classes * (WEIGHT_COPIES * table.dim + LOGIT_COPIES * len(rows))
        count = max(1, int(max(STACK_BYTES, STACK_SHARE * table.x.nbytes) // each))
        result: list[Classifier] = []
        for place in range(0, len(Cs), count):
            solutions = solve(
                problem,
                Cs[place : place + count],
                tolerance=self.tolerance,
                max_iterations=self.max_iterations,
            )
            result += [
                Classifier(solution.weight, solution.bias, solution.converged)
                for solution in solutions
            ]
        return result
