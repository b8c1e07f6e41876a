"""Many logistic regressions at once by SGD, on one reading of the features (section 3.3.4.3).

K configurations differ in learning rate and weight decay. Their weights are stacked as one matrix
`(K * C, D)`, so that a step is two matrix products whatever K is. The gradient of the softmax
cross-entropy is written by hand; update and initialisation are those of `torch.optim.SGD` (momentum
without dampening, weight decay on weights and bias) and `torch.nn.Linear`. Nothing inside an epoch
waits for the device.

Configurations with other rows, order and start (another seed) are another group. Groups advance
together: each has matrix products of its own, and they share every elementwise step, which is what
small problems spend their time on. A group's results do not depend on its companions.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cogworks.core.seeds import derive_seed
from cogworks.probes.batches import Reader
from cogworks.probes.schedule import factors

# Logits that an evaluation holds at once.
EVALUATED_LOGITS = 2**20
MATMUL_PRECISION = {"float32": "highest", "tf32": "high", "bfloat16": "medium"}


@dataclass(frozen=True)
class Recipe:
    """How every configuration of a stack is trained; see the keys of a protocol of kind sgd."""

    epochs: int
    batch_size: int
    momentum: float
    schedule: str
    precision: str = "float32"
    compile: bool = False


@dataclass(frozen=True)
class Group:
    """Configurations that share rows, order and start.

    Attributes:
        rows: rows `(n,)` of the features, int64 on the CPU.
        seed: decides start and order.
        lr: K learning rates.
        weight_decay: K weight decays.
    """

    rows: Tensor
    seed: int
    lr: Sequence[float]
    weight_decay: Sequence[float]


@dataclass(frozen=True)
class Member:
    """One configuration: its group and its place in it."""

    group: int
    place: int


# Called after every epoch (counted from 1) with the stack; returns the members that go on.
Selection = Callable[[int, "Stack"], set[Member]]


@contextlib.contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Let float32 matrix products round their operands to `precision` where the device can."""
    previous = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(MATMUL_PRECISION[precision])
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(previous)


def casts_operands(precision: str, device: torch.device) -> bool:
    """Say whether products take bfloat16 operands: on a GPU; a CPU rounds inside the product."""
    return precision == "bfloat16" and device.type == "cuda"


def start(n_classes: int, dim: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return weight `(C, D)` and bias `(C,)` distributed as `torch.nn.Linear` starts them."""
    generator = torch.Generator().manual_seed(derive_seed("start", seed))
    weight = torch.empty(n_classes, dim)
    torch.nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(dim)
    bias = torch.empty(n_classes).uniform_(-bound, bound, generator=generator)
    return weight, bias


def orders(rows: Tensor, seed: int) -> Iterator[Tensor]:
    """Yield `rows` in the order of the first epoch, of the second, and so on."""
    generator = torch.Generator().manual_seed(derive_seed("order", seed))
    while True:
        yield rows[torch.randperm(len(rows), generator=generator)]


class Stack:
    """The state of configurations that are trained together.

    Attributes:
        members: M configurations that are alive, group by group.
        weight: `(M * C, D)` float32.
        bias: `(M * C,)` float32.
        n_classes: C.
    """

    def __init__(
        self, groups: Sequence[Group], *, n_classes: int, source: Reader, recipe: Recipe
    ) -> None:
        if len({len(group.rows) for group in groups}) != 1:
            raise ValueError("groups that advance together need equally many rows")
        self.groups, self.n_classes, self.recipe = groups, n_classes, recipe
        self.source = source
        self._orders = [orders(group.rows, group.seed) for group in groups]
        device = source.device
        self.members = [
            Member(number, place)
            for number, group in enumerate(groups)
            for place in range(len(group.lr))
        ]
        starts = [start(n_classes, source.dim, group.seed) for group in groups]
        self.weight = torch.cat([starts[m.group][0] for m in self.members]).to(device)
        self.bias = torch.cat([starts[m.group][1] for m in self.members]).to(device)
        self._weight_momentum = torch.zeros_like(self.weight)
        self._bias_momentum = torch.zeros_like(self.bias)
        self._low = casts_operands(recipe.precision, device)
        compiled = recipe.compile and device.type == "cuda"
        self._update = torch.compile(_update) if compiled else _update
        self._lay_out()

    def epoch(self, factor: float) -> None:
        """Train one epoch at `factor` times each configuration's learning rate."""
        rows = torch.stack([next(order) for order in self._orders])
        rate = self._lr * -factor
        for x, y in self.source.batches(rows, self.recipe.batch_size):
            self._step(x, y, rate)

    def alive(self) -> set[Member]:
        """Return the members whose weights are finite."""
        sums = self.weight.view(len(self.members), -1).sum(1)
        sums += self.bias.view(len(self.members), -1).sum(1)
        finite = torch.isfinite(sums).tolist()
        return {member for member, keep in zip(self.members, finite, strict=True) if keep}

    def keep(self, wanted: set[Member]) -> None:
        """Drop every member that is not wanted."""
        chosen = [i for i, member in enumerate(self.members) if member in wanted]
        if len(chosen) == len(self.members):
            return
        rows = torch.arange(len(self.weight)).view(len(self.members), -1)[chosen].reshape(-1)
        rows = rows.to(self.weight.device)
        self.members = [self.members[i] for i in chosen]
        for name in ("weight", "bias", "_weight_momentum", "_bias_momentum"):
            setattr(self, name, getattr(self, name)[rows].clone())
        self._lay_out()

    def classifier(self, member: Member) -> tuple[Tensor, Tensor]:
        """Return weight `(C, D)` and bias `(C,)` of a member, on the CPU."""
        place = self.members.index(member)
        rows = slice(place * self.n_classes, (place + 1) * self.n_classes)
        return self.weight[rows].cpu().clone(), self.bias[rows].cpu().clone()

    def correct(self, rows: Sequence[Tensor]) -> dict[Member, int]:
        """Return how many images each member classifies correctly.

        Args:
            rows: for each group, the rows `(n,)` that it is tested on.
        """
        device, count = self.weight.device, len(self.members)
        hits = torch.zeros(count, dtype=torch.int64, device=device)
        size = max(256, EVALUATED_LOGITS // (count * self.n_classes))
        for x, y in self.source.batches(torch.stack(list(rows)), size):
            logits = self._logits(x, self.weight)
            predicted = logits.view(x.shape[1], count, self.n_classes).argmax(2)
            hits += (predicted == y.T[:, self._group_of]).sum(0)
        return dict(zip(self.members, hits.tolist(), strict=True))

    def _lay_out(self) -> None:
        """Derive what depends on who is alive: slices of rows, rates and buffers."""
        device, width = self.weight.device, self.n_classes
        self._group_of = torch.tensor([m.group for m in self.members], device=device)
        self._slices = []
        done = 0
        for number in range(len(self.groups)):
            size = width * sum(member.group == number for member in self.members)
            self._slices.append(slice(done, done + size))
            done += size
        self._lr = self._by_row("lr")
        self._decay = self._by_row("weight_decay")
        rows = min(self.recipe.batch_size, len(self.groups[0].rows))
        self._raw = self._buffer(rows)
        self._probabilities = torch.empty(rows, len(self.weight), device=device)
        self._minus_one = torch.full((rows, len(self.members), 1), -1.0, device=device)
        self._ones = torch.ones(rows, device=device)
        self._operand = self.weight.bfloat16() if self._low else self.weight

    def _buffer(self, rows: int) -> Tensor:
        kind = torch.bfloat16 if self._low else torch.float32
        return torch.empty(rows, len(self.weight), device=self.weight.device, dtype=kind)

    def _by_row(self, name: str) -> Tensor:
        """Return a hyper-parameter of each row of the stacked weights, `(M * C, 1)`."""
        values = [getattr(self.groups[m.group], name)[m.place] for m in self.members]
        column = torch.tensor(values, dtype=torch.float32, device=self.weight.device)
        return column.repeat_interleave(self.n_classes)[:, None]

    def _logits(self, x: Tensor, weight: Tensor, out: Tensor | None = None) -> Tensor:
        """Return `x W^T + b` of each group, `(B, M * C)`, for features `(G, B, D)`."""
        if out is None:
            out = torch.empty(x.shape[1], len(weight), device=x.device, dtype=x.dtype)
        bias = self.bias.to(x.dtype)
        for own, rows in zip(x, self._slices, strict=True):
            torch.addmm(bias[rows], own, weight[rows].T, out=out[:, rows])
        return out

    def _step(self, x: Tensor, y: Tensor, rate: Tensor) -> None:
        """Take one SGD step on features `(G, B, D)` and labels `(G, B)`."""
        n = x.shape[1]
        if self._low:
            x = x.bfloat16()
        logits = self._logits(x, self._operand, out=self._raw[:n])
        # The gradient by the logits of the summed loss: softmax minus one at the label.
        shape = (n, len(self.members), self.n_classes)
        error = self._probabilities[:n]
        torch.softmax(logits.view(shape), 2, dtype=torch.float32, out=error.view(shape))
        labels = y.T[:, self._group_of][:, :, None]
        error.view(shape).scatter_add_(2, labels, self._minus_one[:n])
        momentum = self.recipe.momentum
        self._bias_momentum.addmv_(error.T, self._ones[:n], beta=momentum, alpha=1 / n)
        self._accumulate(x, error, n)
        self._update(self.weight, self._weight_momentum, self._decay, rate)
        self._update(self.bias, self._bias_momentum, self._decay[:, 0], rate[:, 0])
        if self._low:
            self._operand.copy_(self.weight)

    def _accumulate(self, x: Tensor, error: Tensor, n: int) -> None:
        """Add the mean gradient of the weights to `momentum` times what was there."""
        momentum = self.recipe.momentum
        for own, rows in zip(x, self._slices, strict=True):
            target = self._weight_momentum[rows]
            if self._low:
                target.mul_(momentum).add_(error[:, rows].bfloat16().T @ own, alpha=1 / n)
            else:
                target.addmm_(error[:, rows].T, own, beta=momentum, alpha=1 / n)


def _update(parameter: Tensor, momentum: Tensor, decay: Tensor, rate: Tensor) -> None:
    """Add weight decay to the momentum and step; `rate` is the negative learning rate."""
    momentum.addcmul_(parameter, decay)
    parameter.addcmul_(momentum, rate)


def train(
    groups: Sequence[Group],
    *,
    n_classes: int,
    source: Reader,
    recipe: Recipe,
    select: Selection | None = None,
) -> Stack:
    """Train every configuration of `groups`; those that diverge end early and are dropped.

    Args:
        groups: G groups with equally many rows.
        n_classes: C; labels are 0 to C - 1.
        source: the features.
        recipe: how to train.
        select: asked after each epoch which members go on.

    Returns:
        The stack with the members that reached the end.
    """
    with torch.no_grad(), matmul_precision(recipe.precision):
        stack = Stack(groups, n_classes=n_classes, source=source, recipe=recipe)
        for epoch, factor in enumerate(factors(recipe.schedule, recipe.epochs), start=1):
            stack.epoch(factor)
            stack.keep(stack.alive())
            if select is not None and stack.members:
                stack.keep(select(epoch, stack))
            if not stack.members:
                break
    return stack
