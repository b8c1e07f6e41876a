"""Many logistic regressions at once by SGD, on one reading of the features (section 3.3.4.3).

K configurations differ in learning rate and weight decay. Their weights are stacked as one matrix
`(K * C, D)`, so that a step is two matrix products whatever K is. The gradient of the softmax
cross-entropy is written by hand; update and initialisation are those of `torch.optim.SGD` (momentum
without dampening, weight decay on weights and bias) and `torch.nn.Linear`. Nothing inside an epoch
waits for the device.

Configurations with other rows, order and start (another seed) are another group. Groups advance
together: each has matrix products of its own, and they share every elementwise step, which is what
small problems spend their time on. A group's results do not depend on its companions, to the last
bit: its matrix products have the same shapes and strides whoever comes along, and the same
alignment where the features' length is a multiple of 16; and the one sum over images that is no
matrix product, the bias's gradient, has an order of its own.

On a GPU a step is recorded and replayed (see `replay`), and the next epoch's order is drawn while
this one trains: else the GPU would wait for the processor. With `compile` a step takes the kernels
of `fused` there.
"""

import contextlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cogworks.core.compiler import require_compiler
from cogworks.core.products import by_onednn, linear, transposed
from cogworks.core.seeds import derive_seed
from cogworks.probes.batches import Reader
from cogworks.probes.replay import Replay
from cogworks.probes.rivals import Images
from cogworks.probes.schedule import factors
from cogworks.probes.scores import predicts

# Logits that a processor's cache holds together with their gradients: softmax, gradient and update
# find them there.
CACHED_LOGITS = 2**20
# A product's logits begin at a multiple of this many rows of the buffer: 64 bytes, whatever C is.
ALIGNED_ROWS = 16
# Images that an evaluation looks at together, where the batches of the training are smaller.
EVALUATED_ROWS = 256
# Classes from which on it pays to ask one of them first.
MANY_CLASSES = 256
# What torch calls them on x86 and on ARM.
BFLOAT16_ABILITIES = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
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


@dataclass(frozen=True)
class Block:
    """Neighbouring members that take a step together.

    Attributes:
        members: where they stand among the members.
        rows: where they stand among the rows of the stacked weights.
        group_of: the group of each, on the device that computes.
        products: of each matrix product its group, its rows of the stacked weights, and its columns
            of the block's logits.
    """

    members: slice
    rows: slice
    group_of: Tensor
    products: Sequence[tuple[int, slice, slice]]

    @property
    def width(self) -> int:
        """Columns of the block's logits."""
        return int(self.rows.stop - self.rows.start)


@dataclass(frozen=True)
class Piece:
    """The logits of one matrix product, contiguous and aligned whoever else is in the block.

    Attributes:
        group: its group.
        rows: its rows of the stacked weights, w of them.
        place: where it is among the rows of C logits that its block has.
        raw: `(n, w)`, the buffer of its logits.
        error: `(n, w)`, the buffer of its errors.
        folds: see `folds` of `error`.
    """

    group: int
    rows: slice
    place: slice
    raw: Tensor
    error: Tensor
    folds: Sequence[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Layout:
    """Where a block's logits are, for batches of n images a group.

    Attributes:
        pieces: one for each matrix product.
        images: the image of each row of C logits, among the G * n of a batch. Some rows between
            pieces are unused.
    """

    pieces: Sequence[Piece]
    images: Tensor


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
    """Say whether products take bfloat16 operands: where the device multiplies them in hardware."""
    if precision != "bfloat16":
        return False
    return device.type == "cuda" or cpu_multiplies_bfloat16()


def cpu_multiplies_bfloat16() -> bool:
    """Say whether this processor has instructions for it: without them float32 is faster.

    Where an older torch cannot say, or says it by a name that is not known here, it is float32.
    """
    abilities: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(abilities.get(name) is True for name in BFLOAT16_ABILITIES)


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


def ahead(items: Iterator[Tensor]) -> Iterator[Tensor]:
    """Yield endless items, each made by a thread while the one before is in use."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items)
        while True:
            item = coming.result()
            coming = pool.submit(next, items)
            yield item


def blocks(
    members: Sequence[Member], n_classes: int, limit: int, device: torch.device
) -> list[Block]:
    """Cut members, group by group, into blocks of at most `limit` logits an image.

    A block has one member at least. How a group's own members share matrix products depends on
    nothing but them.
    """
    cuts: list[list[tuple[int, int, int]]] = []
    for group, places in itertools.groupby(range(len(members)), lambda i: members[i].group):
        own, size = list(places), max(1, limit // n_classes)
        for begin in own[::size]:
            product = (group, begin, min(begin + size, own[-1] + 1))
            if not cuts or (product[2] - cuts[-1][0][1]) * n_classes > limit:
                cuts.append([])
            cuts[-1].append(product)
    return [_block(products, members, n_classes, device) for products in cuts]


def _block(
    products: Sequence[tuple[int, int, int]],
    members: Sequence[Member],
    n_classes: int,
    device: torch.device,
) -> Block:
    first, last = products[0][1], products[-1][2]

    def rows(begin: int, end: int, origin: int = 0) -> slice:
        return slice((begin - origin) * n_classes, (end - origin) * n_classes)

    return Block(
        slice(first, last),
        rows(first, last),
        torch.tensor([member.group for member in members[first:last]], device=device),
        [(group, rows(begin, end), rows(begin, end, first)) for group, begin, end in products],
    )


def layout(block: Block, n: int, raw: Tensor, errors: Tensor) -> Layout:
    """Lay out the logits of a block for n images a group in two buffers of rows of C."""
    n_classes = errors.shape[1]
    pieces, images, begin = [], [], 0
    for group, rows, columns in block.products:
        count = n * (columns.stop - columns.start) // n_classes
        place = slice(begin, begin + count)
        error = errors[place].view(n, -1)
        pieces.append(Piece(group, rows, place, raw[place].view(n, -1), error, folds(error)))
        own = torch.zeros(aligned(count), dtype=torch.int64)
        own[:count] = torch.arange(group * n, (group + 1) * n).repeat_interleave(count // n)
        images.append(own)
        begin += len(own)
    return Layout(pieces, torch.cat(images).to(errors.device))


def aligned(rows: int) -> int:
    """Return the rows of the buffer that a piece of this size takes."""
    return -(-rows // ALIGNED_ROWS) * ALIGNED_ROWS


def folds(x: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return the steps of a sum over the rows of `x`: add the second to the first, one by one.

    The last rows are added to the first ones until one row is left, which is then the sum. The
    order depends on the number of rows alone; a library's own sum, or product with ones, may choose
    it by width, stride or processor.
    """
    steps, rows = [], len(x)
    while rows > 1:
        half = rows // 2
        steps.append((x[:half], x[rows - half : rows]))
        rows -= half
    return steps


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
        device = source.device
        own = [orders(group.rows, group.seed) for group in groups]
        together = map(torch.stack, zip(*own, strict=True))
        self._orders = ahead(together) if device.type == "cuda" else together
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
        self._fused = recipe.compile and device.type == "cuda"
        if self._fused:
            require_compiler(device)
        self._lay_out()

    def epoch(self, factor: float) -> None:
        """Train one epoch at `factor` times each configuration's learning rate."""
        torch.mul(self._lr, -factor, out=self._rate)
        for x, y in self.source.batches(next(self._orders), self.recipe.batch_size):
            self._step_on(x.shape[1])(x, y)

    def forget_steps(self) -> None:
        """Let go of recorded steps, which hold this stack and memory of the GPU."""
        self._replays.clear()

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
        hits = torch.zeros(len(self.members), dtype=torch.int64, device=self.weight.device)
        for x, y in self.source.batches(torch.stack(list(rows)), self._n_evaluated):
            images: dict[int, Images] = {}
            for block in self._blocks:
                if self._has_rivals(block):
                    ((group, own, _),) = block.products
                    if group not in images:
                        images[group] = Images(x[group], y[group])
                    right = images[group].right(self.weight[own], self.bias[own])
                    hits[block.members] += right.sum()
                else:
                    self._count(block, x, y, hits)
        return dict(zip(self.members, hits.tolist(), strict=True))

    def _count(self, block: Block, x: Tensor, y: Tensor, hits: Tensor) -> None:
        """Add to `hits`, of all members, how many images those of a block classify correctly."""
        where = self._layout(block, x.shape[1])
        errors = [piece.error for piece in where.pieces]
        logits = self._logits(where, x, self.weight, self._errors, errors)
        right = predicts(logits, y.reshape(-1)[where.images[: len(logits)]])
        for piece in where.pieces:
            first, last = (end // self.n_classes for end in (piece.rows.start, piece.rows.stop))
            hits[first:last] += right[piece.place].view(x.shape[1], -1).sum(0)

    def _has_rivals(self, block: Block) -> bool:
        """Say whether a block is one classifier of many classes, on a CPU."""
        return (
            not self.weight.is_cuda
            and block.width == self.n_classes >= MANY_CLASSES
            and len(self.members) > 1
        )

    def _lay_out(self) -> None:
        """Derive what depends on who is alive: blocks, rates and buffers."""
        device = self.weight.device
        n_rows = min(self.recipe.batch_size, len(self.groups[0].rows))
        self._n_evaluated = max(n_rows, EVALUATED_ROWS)
        limit = CACHED_LOGITS // self._n_evaluated if device.type == "cpu" else len(self.weight)
        self._blocks = blocks(self.members, self.n_classes, limit, device)
        self._lr = self._by_row("lr")
        self._rate = torch.empty_like(self._lr)
        self._decay = self._by_row("weight_decay")
        # Groups with more logits an image than features: to turn the features over costs less.
        own = Counter(member.group for member in self.members)
        self._turning = {g for g, k in own.items() if k * self.n_classes >= self.source.dim}
        self._layouts: dict[tuple[int, int], Layout] = {}
        self._replays: dict[int, Replay] = {}
        most = max((self._rows_of_logits(block) for block in self._blocks), default=0)
        kind = torch.bfloat16 if self._low else torch.float32
        self._raw = torch.zeros(most, self.n_classes, device=device, dtype=kind)
        self._errors = torch.zeros(most, self.n_classes, device=device)
        self._minus_one = torch.full((most, 1), -1.0, device=device)
        self._operand = self.weight.bfloat16() if self._low else self.weight

    def _by_row(self, name: str) -> Tensor:
        """Return a hyper-parameter of each row of the stacked weights, `(M * C, 1)`."""
        values = [getattr(self.groups[m.group], name)[m.place] for m in self.members]
        column = torch.tensor(values, dtype=torch.float32, device=self.weight.device)
        return column.repeat_interleave(self.n_classes)[:, None]

    def _rows_of_logits(self, block: Block) -> int:
        """Return the rows of C logits that a block has at most."""
        widths = (columns.stop - columns.start for _, _, columns in block.products)
        return sum(aligned(self._n_evaluated * width // self.n_classes) for width in widths)

    def _layout(self, block: Block, n: int) -> Layout:
        key = (block.members.start, n)
        if key not in self._layouts:
            self._layouts[key] = layout(block, n, self._raw, self._errors)
        return self._layouts[key]

    def _logits(
        self, where: Layout, x: Tensor, weight: Tensor, buffer: Tensor, parts: Sequence[Tensor]
    ) -> Tensor:
        """Return the logits of a block, `(r, C)`, for features `(G, n, D)`.

        Args:
            where: whose images its rows are; of the last ones, which are unused, there may be none.
            x: the features.
            weight: what products see of the stacked weights.
            buffer: where the logits are put if they have to be.
            parts: the part of the buffer that each piece has.
        """
        for piece, part in zip(where.pieces, parts, strict=True):
            bias = self.bias[piece.rows].to(x.dtype)
            found = linear(x[piece.group], weight[piece.rows], bias, out=part)
            if len(parts) == 1:
                return found.view(-1, self.n_classes)
            if found is not part:
                part.copy_(found)
        return buffer[: len(where.images)]

    def _step_on(self, n: int) -> Callable[[Tensor, Tensor], None]:
        """Return `_step` for n images a group, on a GPU as one that is recorded."""
        if self.weight.device.type != "cuda":
            return self._step
        return self._replays.setdefault(n, Replay(self._step, steady=self.source.steady))

    def _step(self, x: Tensor, y: Tensor) -> None:
        """Take one SGD step on features `(G, n, D)` and labels `(G, n)`."""
        if self._low:
            x = x.bfloat16()
        turned: dict[int, Tensor] = {}
        for block in self._blocks:
            if self._fused:
                self._descend(block, x, y)
                continue
            self._accumulate(block, x, y, turned)
            weight, bias, decay = (p[block.rows] for p in (self.weight, self.bias, self._decay))
            step = self._rate[block.rows]
            operand = self._operand[block.rows] if self._low else None
            _update(weight, self._weight_momentum[block.rows], decay, step, operand)
            _update(bias, self._bias_momentum[block.rows], decay[:, 0], step[:, 0], None)

    def _descend(self, block: Block, x: Tensor, y: Tensor) -> None:
        """Take a block's step by kernels that pass over memory once."""
        from cogworks.probes import fused

        where = self._layout(block, x.shape[1])
        parts = [piece.raw for piece in where.pieces]
        logits = self._logits(where, x, self._operand, self._raw, parts)
        fused.subtract_labels_from_softmax(logits, where.images[: len(logits)], y.reshape(-1))
        momentum, biases = self.recipe.momentum, (self.bias, self._bias_momentum)
        for piece in where.pieces:
            own = [part[piece.rows] for part in (*biases, self._decay, self._rate)]
            fused.descend_bias(piece.raw, *own, momentum=momentum)
            target = self._weight_momentum[piece.rows]
            _add_gradient(target, piece.raw, x[piece.group], momentum)
        operand = self._operand[block.rows] if self._low else None
        weights = (self.weight[block.rows], self._weight_momentum[block.rows], operand)
        fused.descend(*weights, self._decay[block.rows], self._rate[block.rows])

    def _accumulate(self, block: Block, x: Tensor, y: Tensor, turned: dict[int, Tensor]) -> None:
        """Add the mean gradient of a block to `momentum` times what was there.

        `turned` keeps the features of a group turned over, `(D, n)`, for the step's other blocks.
        """
        n, momentum = x.shape[1], self.recipe.momentum
        where = self._layout(block, n)
        self._fill_errors(where, x, y)
        self._bias_momentum[block.rows].mul_(momentum)
        for piece in where.pieces:
            target, error = self._weight_momentum[piece.rows], piece.error
            own = x[piece.group]
            if by_onednn(own, error.shape[1]):
                if piece.group in self._turning and piece.group not in turned:
                    turned[piece.group] = own.T.contiguous()
                gradient = transposed(error, own, turned.get(piece.group))
                target.mul_(momentum).add_(gradient, alpha=1 / n)
            else:
                _add_gradient(target, error.bfloat16() if self._low else error, own, momentum)
            self._bias_momentum[piece.rows].add_(_sum_of_rows(piece), alpha=1 / n)

    def _fill_errors(self, where: Layout, x: Tensor, y: Tensor) -> None:
        """Compute the gradient by the logits of the summed loss: softmax less one at the label."""
        parts = [piece.raw for piece in where.pieces]
        logits = self._logits(where, x, self._operand, self._raw, parts)
        count = len(logits)
        error = self._errors[:count]
        torch.softmax(logits, 1, dtype=torch.float32, out=error)
        labels = y.reshape(-1)[where.images[:count]][:, None]
        error.scatter_add_(1, labels, self._minus_one[:count])


def _add_gradient(target: Tensor, error: Tensor, x: Tensor, momentum: float) -> None:
    """Make `target` `momentum` times what it was, plus the mean gradient of the images of `x`."""
    share = 1 / len(x)
    if error.dtype == target.dtype:
        target.addmm_(error.T, x, beta=momentum, alpha=share)
    elif error.is_cuda:
        keys: dict[str, Any] = {"beta": momentum, "alpha": share, "out": target}
        torch.addmm(target, error.T, x, out_dtype=target.dtype, **keys)
    else:
        target.mul_(momentum).add_(error.T @ x, alpha=share)


def _sum_of_rows(piece: Piece) -> Tensor:
    """Return the sum of a piece's errors over the images `(w,)`; spoils them on a CPU."""
    if piece.error.is_cuda:
        # There its order depends on the shape alone, which is the piece's own.
        return piece.error.sum(0)
    for first, last in piece.folds:
        first.add_(last)
    return piece.error[0]


def _update(
    parameter: Tensor, momentum: Tensor, decay: Tensor, rate: Tensor, operand: Tensor | None
) -> None:
    """Add weight decay to the momentum and step; `rate` is the negative learning rate.

    `operand` is what products see of the parameter.
    """
    momentum.addcmul_(parameter, decay)
    parameter.addcmul_(momentum, rate)
    if operand is not None:
        operand.copy_(parameter)


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
    with torch.no_grad():
        stack = Stack(groups, n_classes=n_classes, source=source, recipe=recipe)
        for epoch, factor in enumerate(factors(recipe.schedule, recipe.epochs), start=1):
            # Whoever selects counts in float32, as at the end.
            with matmul_precision(recipe.precision):
                stack.epoch(factor)
            stack.keep(stack.alive())
            if select is not None and stack.members:
                stack.keep(select(epoch, stack))
            if not stack.members:
                break
    stack.forget_steps()
    return stack
