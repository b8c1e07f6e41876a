"""Logistic regression at many values of C at once, by L-BFGS (section 4.4, small data sets).

For each C the problem is scikit-learn's: the mean softmax cross-entropy over N images plus
|W|^2 / (2 C N), the bias not penalised. (For two classes scikit-learn keeps one weight vector, the
difference of our two; `penalties` makes up for it.) The weights of all C are one stack, so that an
iteration is two matrix products for all of them. Four things save iterations or products:

- Features are centred, which decouples weights and bias, and divided by their mean deviation.
- Logits are kept: along a search direction they are linear, so that a line search costs no product.
- The first guess at the inverse Hessian is (k Sigma + 1 / (C N))^-1 for each class, where Sigma is
  the covariance of the features, as its leading eigenvectors and an even rest, and k the mean of
  p (1 - p).
- A C that has converged leaves the stack.

All is float64. Where classes come apart float32 does not get to the minimum: what is left of the
loss there is lost beside logits of 30 and more. Going only the first part of the way in float32
saved a tenth of the time.

With g the gradient and H the guess, or L-BFGS's own estimate, of the inverse Hessian, g H g / 2
estimates how far the loss is from its minimum. A fit ends when both are a small share (`MARGIN`) of
the tolerance times the loss: so small because both may be ten times too low.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cogworks.probes.spectrum import Spectrum, leading

HISTORY = 8
RANK = 64
CHUNK_ROWS = 4096
# Where a fit ends: see the module; and how far from the minimum it may be, relative to what it has
# gained on guessing.
MARGIN, GAIN = 3e-4, 1e-3
# Features of a split up to this many bytes are kept in the solver's layout.
KEPT_BYTES = 2**28
# Line search: slope at which it is good enough, relative to the start; growth and trials at most.
SLOPE, GROWTH, LINE_TRIALS = 0.3, 4.0, 20


@dataclass(frozen=True)
class Solution:
    """The classifier at one C.

    Attributes:
        weight: `(C, D)` float64 on the CPU.
        bias: `(C,)` float64 on the CPU.
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
        device: where to compute; None for where the features are.

    Attributes:
        mean: of the features, `(D,)` float64.
        scale: root of their mean variance; 1 where they do not vary.
        frequency: share of each class, `(C,)` float64; next to 0 where there is none.
        chance: loss of who knows nothing but how frequent each class is.
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        rows: Tensor,
        *,
        n_classes: int,
        device: torch.device | None = None,
    ) -> None:
        self.x, self.n_classes, self.n = x, n_classes, len(rows)
        self.rows = rows.to(x.device)
        self.labels = y[rows.to(y.device)].to(device or x.device)
        share = torch.bincount(self.labels, minlength=n_classes).double() / self.n
        self.frequency = share.clamp_min(torch.finfo(share.dtype).eps)
        self.chance = float(-(share * self.frequency.log()).sum())
        self._kept: Tensor | None = None
        self.mean = share.new_zeros(x.shape[1])
        self.scale = 1.0
        self.mean = sum((chunk.sum(0) for _, chunk in self.chunks()), self.mean) / self.n
        trace = sum(float(chunk.square_().sum()) for _, chunk in self.chunks()) / self.n
        self.scale = (trace / x.shape[1]) ** 0.5 or 1.0
        if 8 * self.n * x.shape[1] <= KEPT_BYTES:
            self._kept = torch.cat([chunk for _, chunk in self.chunks()])
        self.spectrum: Spectrum = leading(
            self._covariance,
            dim=x.shape[1],
            trace=trace / self.scale**2,
            rank=RANK,
            like=self.mean,
        )

    def chunks(self) -> Iterator[tuple[slice, Tensor]]:
        """Yield the places and the features, centred and scaled, of the rows, chunk by chunk."""
        for begin in range(0, self.n, CHUNK_ROWS):
            part = slice(begin, begin + CHUNK_ROWS)
            if self._kept is not None:
                yield part, self._kept[part]
            else:
                chunk = self.x.index_select(0, self.rows[part]).to(self.mean.device).double()
                yield part, chunk.sub_(self.mean).div_(self.scale)

    def _covariance(self, block: Tensor) -> Tensor:
        result = torch.zeros_like(block)
        for _, chunk in self.chunks():
            result.addmm_(chunk.T, chunk @ block)
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
            direction = solver.direction()
            converged = solver.converged(tolerance, direction)
            ended = converged | solver.stuck()
            if iteration == max_iterations:
                ended = torch.ones_like(ended)
            for place in torch.nonzero(ended)[:, 0].tolist():
                result[solver.members[place]] = Solution(
                    *solver.classifier(place), iteration, bool(converged[place])
                )
            solver.keep(~ended)
            if not solver.members:
                break
            solver.step(direction[~ended])
    return [result[place] for place in range(len(Cs))]


class _Solver:
    """The state of all C that have not converged; the first dimension K counts them.

    A point, a gradient or a direction is one tensor `(K, C, D + 1)`, whose last column belongs to
    the bias.
    """

    def __init__(self, problem: Problem, Cs: Sequence[float]) -> None:
        self.problem = problem
        n_classes, dim, count = problem.n_classes, problem.x.shape[1], len(Cs)
        self.members = list(range(count))
        penalty = problem.mean.new_tensor(penalties(Cs, problem.n, n_classes))
        self.penalty = (penalty / problem.scale**2)[:, None, None]
        self.point = penalty.new_zeros(count, n_classes, dim + 1)
        logs = problem.frequency.log()
        self.point[..., -1] = logs - logs.mean()
        self.logits = self.point[..., -1].expand(problem.n, -1, -1).clone()
        self.steps: list[Tensor] = []
        self.changes: list[Tensor] = []
        self.curvature: list[Tensor] = []
        self._evaluate()

    def direction(self) -> Tensor:
        """Return the L-BFGS direction of each C by the two-loop recursion."""
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

    def converged(self, tolerance: float, direction: Tensor) -> Tensor:
        """Return `(K,)`, which C are done."""
        guessed = _dot(self._first_guess(self.gradient), self.gradient)
        # A direction that is lost in rounding is NaN, which `fmax` passes over.
        distance = torch.fmax(guessed, -_dot(direction, self.gradient)) / 2
        gained = GAIN * (self.problem.chance - self.loss)
        rounding = 10 * torch.finfo(self.loss.dtype).eps * self.loss
        done = distance <= torch.minimum(
            MARGIN * tolerance * self.loss, torch.maximum(gained, rounding)
        )
        # Features that hardly vary hardly change the loss: one step at least sorts the classes.
        return done if self.steps else done & (distance == 0)

    def stuck(self) -> Tensor:
        """Return `(K,)`, which C cannot go on: their last step was lost in rounding, or worse."""
        if not self.steps:
            return torch.zeros_like(self.loss, dtype=torch.bool)
        return ~(self.curvature[-1] > 0)

    def classifier(self, place: int) -> tuple[Tensor, Tensor]:
        """Return weight and bias for features as they are, on the CPU."""
        weight = self.point[place, :, :-1] / self.problem.scale
        bias = self.point[place, :, -1] - weight @ self.problem.mean
        return weight.cpu(), bias.cpu()

    def keep(self, wanted: Tensor) -> None:
        """Drop every C that is not wanted."""
        if wanted.all():
            return
        self.members = [m for m, keep in zip(self.members, wanted.tolist(), strict=True) if keep]
        for name in ("penalty", "point", "gradient", "spread", "loss"):
            setattr(self, name, getattr(self, name)[wanted])
        self.logits = self.logits[:, wanted]
        for history in (self.steps, self.changes, self.curvature):
            history[:] = [entry[wanted] for entry in history]

    def step(self, direction: Tensor) -> None:
        """Go down along `direction`."""
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
        """Compute loss, gradient and the mean of p (1 - p)."""
        problem, weights = self.problem, self.point[..., :-1]
        labels = self._labels()
        highest = self.logits.amax(2, keepdim=True)
        error = torch.exp(self.logits - highest)
        total = error.sum(2, keepdim=True)
        error /= total
        losses = total.log_() + highest - self.logits.gather(2, labels)
        self.loss = losses.mean((0, 2)) + (self.penalty * weights**2).sum((1, 2)) / 2
        self.spread = (error * (1 - error)).mean(0)[..., None]
        # Less the sum of the others, not p - 1: that would be lost in rounding where p is near 1.
        error.scatter_(2, labels, 0.0)
        error.scatter_(2, labels, -error.sum(2, keepdim=True))
        error /= problem.n
        product = error.new_zeros(error[0].numel(), problem.x.shape[1])
        for part, chunk in problem.chunks():
            product.addmm_(error[part].flatten(1).T, chunk)
        self.gradient = torch.empty_like(self.point)
        torch.addcmul(product.view_as(weights), weights, self.penalty, out=self.gradient[..., :-1])
        self.gradient[..., -1] = error.sum(0)

    def _first_guess(self, vector: Tensor) -> Tensor:
        """Return the guess at the inverse Hessian (see the module) applied to `vector`."""
        spectrum = self.problem.spectrum
        spread = self.spread.clamp_min(torch.finfo(self.spread.dtype).eps)
        rest = 1 / (spread * spectrum.rest + self.penalty)
        lead = 1 / (spread * spectrum.values + self.penalty) - rest
        result = torch.empty_like(vector)
        inside = vector[..., :-1] @ spectrum.vectors
        torch.mul(vector[..., :-1], rest, out=result[..., :-1])
        result[..., :-1] += (inside * lead) @ spectrum.vectors.T
        result[..., -1] = vector[..., -1] / spread[..., 0]
        # What all classes share changes no logit: there only the penalty bends the loss, and
        # gradients have no part in it.
        return result.sub_(result.mean(1, keepdim=True))

    def _labels(self) -> Tensor:
        """Return the label of each image for each C, `(N, K, 1)`."""
        return self.problem.labels[:, None, None].expand(-1, len(self.members), 1)

    def _logits_of(self, direction: Tensor) -> Tensor:
        """Return the logits that a point has, or how they change along a direction, `(N, K, C)`."""
        weight = direction[..., :-1].flatten(0, 1).contiguous()
        offset = direction[..., -1].flatten()
        result = torch.empty_like(self.logits)
        for part, chunk in self.problem.chunks():
            torch.addmm(offset, chunk, weight.T, out=result[part].flatten(1))
        return result

    def _line_search(self, direction: Tensor, along: Tensor) -> Tensor:
        """Return the step length of each C: Newton's method, kept inside a bracket.

        The loss along a line is convex, with slope and curvature known from the logits alone.
        """
        weights = direction[..., :-1]
        linear = (self.penalty * self.point[..., :-1] * weights).sum((1, 2))
        square = (self.penalty * weights * weights).sum((1, 2))
        # Beside each image's own class, so that nothing cancels where p is near 1.
        along = along - along.gather(2, self._labels())
        target = SLOPE * _dot(direction, self.gradient).abs()
        length = torch.ones_like(target)
        if not self.steps:
            length /= torch.linalg.vector_norm(direction, dim=(1, 2)).clamp_min(1)
        low, high = torch.zeros_like(length), torch.full_like(length, torch.inf)
        for _ in range(LINE_TRIALS):
            p = torch.softmax(torch.addcmul(self.logits, along, length[:, None]), 2)
            p *= along
            mean = p.sum(2)
            slope = mean.mean(0) + linear + length * square
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
