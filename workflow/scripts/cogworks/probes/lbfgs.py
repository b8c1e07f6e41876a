"""Logistic regression at many values of C at once, by L-BFGS (section 4.4, small data sets).

For each C the problem is scikit-learn's: the mean softmax cross-entropy over N images plus
|W|^2 / (2 C N), the bias not penalised. (For two classes scikit-learn keeps one weight vector, the
difference of our two; `penalties` makes up for it.) The weights of all C are one stack, so that an
iteration is two matrix products for all of them. Four things save iterations or products:

- Features are centred implicitly, which decouples weights and bias.
- Logits are kept: along a search direction they are linear, so that a line search costs no product.
- The first guess at the inverse Hessian is (k Sigma + 1 / (C N))^-1, where Sigma is the covariance
  of the features, as its leading eigenvectors and an even rest, and k the mean of p (1 - p).
- A C that has converged leaves the stack.

With that guess H, g H g / 2 estimates how far the loss is from its minimum. A fit ends when that is
at most half the tolerance, and no entry of the gradient above the tolerance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cogworks.probes.spectrum import Spectrum, leading

HISTORY = 8
RANK = 64
CHUNK_ROWS = 4096
# Line search: slope at which it is good enough, relative to the start; growth and trials at most.
SLOPE, GROWTH, LINE_TRIALS = 0.3, 4.0, 12


@dataclass(frozen=True)
class Solution:
    """The classifier at one C.

    Attributes:
        weight: `(C, D)` on the CPU.
        bias: `(C,)` on the CPU.
        iterations: how many were made.
        converged: whether the tolerance was met.
    """

    weight: Tensor
    bias: Tensor
    iterations: int
    converged: bool


def penalties(Cs: Sequence[float], n: int, n_classes: int) -> list[float]:
    """Return the factor of |W|^2 / 2 in the loss per image for each of scikit-learn's C."""
    return [(2 if n_classes == 2 else 1) / (C * n) for C in Cs]


class Problem:
    """Images of one split, their labels, and the covariance of their features.

    Args:
        x: features `(M, D)`.
        y: labels `(M,)` of all of them.
        rows: the N rows to train on.
        n_classes: C.
    """

    def __init__(self, x: Tensor, y: Tensor, rows: Tensor, *, n_classes: int) -> None:
        self.x, self.n_classes, self.n = x, n_classes, len(rows)
        self.rows = rows.to(x.device)
        self.labels = y.to(x.device)[self.rows]
        self.mean = sum((chunk.sum(0) for _, chunk in self.chunks()), x.new_zeros(x.shape[1]))
        self.mean /= self.n
        trace = sum(float(((chunk - self.mean) ** 2).sum()) for _, chunk in self.chunks())
        self.spectrum: Spectrum = leading(
            self._covariance, dim=x.shape[1], trace=trace / self.n, rank=RANK, like=x
        )

    def chunks(self) -> Iterator[tuple[slice, Tensor]]:
        """Yield the places and the features of the training rows, chunk by chunk."""
        for begin in range(0, self.n, CHUNK_ROWS):
            part = slice(begin, begin + CHUNK_ROWS)
            yield part, self.x.index_select(0, self.rows[part])

    def _covariance(self, block: Tensor) -> Tensor:
        result = torch.zeros_like(block)
        for _, chunk in self.chunks():
            centred = chunk - self.mean
            result.addmm_(centred.T, centred @ block)
        return result / self.n


def solve(
    problem: Problem, Cs: Sequence[float], *, tolerance: float, max_iterations: int
) -> list[Solution]:
    """Return the classifier at each C, in their order.

    Args:
        problem: the images.
        Cs: inverse regularisation strengths, K of them.
        tolerance: see the module.
        max_iterations: iterations at most.
    """
    with torch.no_grad():
        solver = _Solver(problem, Cs)
        result: dict[int, Solution] = {}
        for iteration in range(max_iterations + 1):
            ended = solver.converged(tolerance) | solver.stuck()
            if iteration == max_iterations:
                ended = torch.ones_like(ended)
            if ended.any():
                met = solver.converged(tolerance).tolist()
                for place in torch.nonzero(ended)[:, 0].tolist():
                    result[solver.members[place]] = Solution(
                        *solver.classifier(place), iteration, met[place]
                    )
                solver.keep(~ended)
            if not solver.members:
                break
            solver.iterate()
    return [result[place] for place in range(len(Cs))]


class _Solver:
    """The state of all C that have not converged; the first dimension K counts them.

    A point, a gradient or a direction is one tensor `(K, C, D + 1)`, whose last column belongs to
    the bias of centred features.
    """

    def __init__(self, problem: Problem, Cs: Sequence[float]) -> None:
        self.problem = problem
        x, n_classes, count = problem.x, problem.n_classes, len(Cs)
        self.members = list(range(count))
        self.penalty = x.new_tensor(penalties(Cs, problem.n, n_classes))[:, None, None]
        self.point = x.new_zeros(count, n_classes, x.shape[1] + 1)
        self.logits = x.new_zeros(problem.n, count, n_classes)
        self.steps: list[Tensor] = []
        self.changes: list[Tensor] = []
        self.curvature: list[Tensor] = []
        self._evaluate()

    def converged(self, tolerance: float) -> Tensor:
        """Return `(K,)`, which C are done."""
        distance = _dot(self._first_guess(self.gradient), self.gradient) / 2
        return (distance <= tolerance / 2) & (self.steepest <= tolerance)

    def stuck(self) -> Tensor:
        """Return `(K,)`, which C cannot go on: their last step was lost in rounding, or worse."""
        if not self.steps:
            return torch.zeros_like(self.steepest, dtype=torch.bool)
        return ~(self.curvature[-1] > 0)

    def classifier(self, place: int) -> tuple[Tensor, Tensor]:
        """Return weight and bias for features that are not centred, on the CPU."""
        weight, bias = self.point[place, :, :-1], self.point[place, :, -1]
        return weight.cpu().clone(), (bias - weight @ self.problem.mean).cpu()

    def keep(self, wanted: Tensor) -> None:
        """Drop every C that is not wanted."""
        self.members = [m for m, keep in zip(self.members, wanted.tolist(), strict=True) if keep]
        for name in ("penalty", "point", "gradient", "steepest", "spread"):
            setattr(self, name, getattr(self, name)[wanted])
        self.logits = self.logits[:, wanted]
        for history in (self.steps, self.changes, self.curvature):
            history[:] = [entry[wanted] for entry in history]

    def iterate(self) -> None:
        """Take one step."""
        direction = self._direction()
        downhill = _dot(direction, self.gradient) < 0
        # What is not downhill is lost in rounding: stay, and `stuck` ends it.
        direction = torch.where(downhill[:, None, None], direction, 0.0)
        along = self._logits_of(direction)
        length = self._line_search(direction, along)
        step = direction.mul_(length[:, None, None])
        self.point += step
        self.logits.addcmul_(along, length[:, None])
        before = self.gradient
        self._evaluate()
        change = torch.sub(self.gradient, before, out=before)
        self.steps.append(step)
        self.changes.append(change)
        self.curvature.append(_dot(step, change))
        for history in (self.steps, self.changes, self.curvature):
            del history[:-HISTORY]

    def _evaluate(self) -> None:
        """Compute the gradient, its steepest entry without centring, and the mean of p (1 - p)."""
        problem = self.problem
        error = torch.softmax(self.logits, 2)
        self.spread = (error * (1 - error)).mean((0, 2))
        labels = problem.labels[:, None, None].expand(-1, len(self.members), 1)
        error.scatter_add_(2, labels, error.new_full((1, 1, 1), -1.0).expand(labels.shape))
        error /= problem.n
        self.gradient = torch.empty_like(self.point)
        product = error.new_zeros(error[0].numel(), problem.x.shape[1])
        for part, chunk in problem.chunks():
            product.addmm_(error[part].flatten(1).T, chunk)
        weights = product.view_as(self.point[..., :-1])
        weights.addcmul_(self.point[..., :-1], self.penalty)
        bias = error.sum(0)
        self.steepest = torch.maximum(weights.abs().amax((1, 2)), bias.abs().amax(1))
        weights.addcmul_(bias[:, :, None], problem.mean, value=-1)
        self.gradient[..., :-1] = weights
        self.gradient[..., -1] = bias

    def _direction(self) -> Tensor:
        """Return the L-BFGS direction by the two-loop recursion."""
        vector = self.gradient.clone()
        weights = []
        history = list(zip(self.steps, self.changes, self.curvature, strict=True))
        for step, change, curvature in reversed(history):
            weight = _dot(step, vector) / curvature
            vector.addcmul_(change, weight[:, None, None], value=-1)
            weights.append(weight)
        vector = self._first_guess(vector)
        if history:
            _, change, curvature = history[-1]
            vector *= (curvature / _dot(self._first_guess(change), change))[:, None, None]
        for (step, change, curvature), weight in zip(history, reversed(weights), strict=True):
            weight = weight - _dot(change, vector) / curvature
            vector.addcmul_(step, weight[:, None, None])
        return vector.neg_()

    def _first_guess(self, vector: Tensor) -> Tensor:
        """Return the guess at the inverse Hessian (see the module) applied to `vector`."""
        spectrum = self.problem.spectrum
        spread = self.spread.clamp_min(1e-7)[:, None, None]
        rest = 1 / (spread * spectrum.rest + self.penalty)
        lead = 1 / (spread * spectrum.values + self.penalty) - rest
        result = torch.empty_like(vector)
        inside = vector[..., :-1] @ spectrum.vectors
        torch.mul(vector[..., :-1], rest, out=result[..., :-1])
        result[..., :-1] += (inside * lead) @ spectrum.vectors.T
        result[..., -1] = vector[..., -1] / spread[..., 0]
        return result

    def _logits_of(self, direction: Tensor) -> Tensor:
        """Return how logits change along `direction`, `(N, K, C)`."""
        problem = self.problem
        weight = direction[..., :-1].flatten(0, 1).contiguous()
        offset = direction[..., -1].flatten() - weight @ problem.mean
        result = torch.empty_like(self.logits)
        for part, chunk in problem.chunks():
            torch.addmm(offset, chunk, weight.T, out=result[part].flatten(1))
        return result

    def _line_search(self, direction: Tensor, along: Tensor) -> Tensor:
        """Return the step length of each C: Newton's method, kept inside a bracket.

        The loss along a line is convex, with slope and curvature known from the logits alone.
        """
        weights = direction[..., :-1]
        linear = (self.penalty * self.point[..., :-1] * weights).sum((1, 2))
        square = (self.penalty * weights * weights).sum((1, 2))
        labels = self.problem.labels[:, None, None].expand(-1, len(self.members), 1)
        own = along.gather(2, labels)[..., 0].mean(0)
        target = SLOPE * _dot(direction, self.gradient).abs()
        length = torch.ones_like(own)
        if not self.steps:
            length /= torch.linalg.vector_norm(direction, dim=(1, 2)).clamp_min(1)
        low, high = torch.zeros_like(own), torch.full_like(own, torch.inf)
        for _ in range(LINE_TRIALS):
            p = torch.softmax(torch.addcmul(self.logits, along, length[:, None]), 2)
            p *= along
            mean = p.sum(2)
            slope = mean.mean(0) - own + linear + length * square
            good = slope.abs() <= target
            if good.all():
                break
            curvature = ((p * along).sum(2) - mean**2).mean(0) + square
            low, high = torch.where(slope < 0, length, low), torch.where(slope > 0, length, high)
            wanted = length - slope / curvature
            inside = (wanted > low) & (wanted < high) & (wanted <= GROWTH * length)
            middle = torch.where(high.isinf(), GROWTH * length, (low + high) / 2)
            length = torch.where(good, length, torch.where(inside, wanted, middle))
        return torch.where(length.isfinite(), length, 0.0)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Return the inner products `(K,)` of two stacks."""
    return torch.linalg.vecdot(a.flatten(1), b.flatten(1))
