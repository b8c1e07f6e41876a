"""Elementwise work of a probe's step, in a kernel of a GPU for each pass over memory.

Memory bounds it: torch reads and writes logits and weights once for each operation. Sums have a
fixed order, so that the bytes are the same each time. The products stay torch's: a product of
Triton's that ends in the step itself is slower (`benchmarks/README.md`).
"""

import triton
import triton.language as tl
from torch import Tensor

# Rows of the stacked weights and features that a program changes; rows and images that one sums.
ROWS, FEATURES = 8, 1024
SUMMED, IMAGES = 32, 128


def subtract_labels_from_softmax(logits: Tensor, images: Tensor, labels: Tensor) -> None:
    """Put the gradient of the summed cross-entropy by the logits in their place.

    Args:
        logits: `(N, C)`, contiguous; softmax less one at the label afterwards.
        images: `(N,)` the image of each row.
        labels: of each image.
    """
    rows, classes = logits.shape
    block = triton.next_power_of_2(classes)
    warps = max(1, min(16, block // 256))
    _softmax[(rows,)](logits, images, labels, classes, BLOCK=block, num_warps=warps)


def descend(
    weight: Tensor, momentum: Tensor, operand: Tensor | None, decay: Tensor, rate: Tensor
) -> None:
    """Add weight decay to the momentum and step, as `torch.optim.SGD` does.

    Args:
        weight: `(w, D)` float32, contiguous.
        momentum: like `weight`, with the gradient added to it.
        operand: what products see of it, if they do not see it itself; like `weight`, bfloat16.
        decay: weight decay of each row.
        rate: negative learning rate of each row.
    """
    w, dim = weight.shape
    grid = (triton.cdiv(w, ROWS), triton.cdiv(dim, FEATURES))
    _descend_weight[grid](
        *(weight, momentum, operand, decay, rate, w, dim), ROWS=ROWS, COLUMNS=FEATURES, num_warps=8
    )


def descend_bias(
    error: Tensor,
    bias: Tensor,
    bias_momentum: Tensor,
    decay: Tensor,
    rate: Tensor,
    *,
    momentum: float,
) -> None:
    """Take a bias's whole step.

    Args:
        error: `(n, w)`, contiguous: n images, w rows of weights.
        bias: `(w,)` float32.
        bias_momentum: like `bias`.
        decay: weight decay of each row.
        rate: negative learning rate of each row.
        momentum: its factor.
    """
    n, w = error.shape
    _descend_bias[(triton.cdiv(w, SUMMED),)](
        *(error, bias, bias_momentum, decay, rate, momentum, 1 / n, n, w),
        ROWS=SUMMED,
        DEPTH=IMAGES,
    )


@triton.jit
def _softmax(logits, images, labels, classes, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, BLOCK)
    within = column < classes
    place = logits + row * classes + column
    own = tl.load(place, mask=within, other=-float("inf")).to(tl.float32)
    power = tl.exp(own - tl.max(own, 0))
    error = power / tl.sum(power, 0)
    label = tl.load(labels + tl.load(images + row))
    error = tl.where(column == label, error - 1.0, error)
    tl.store(place, error.to(logits.dtype.element_ty), mask=within)


@triton.jit
def _descend_weight(  # type: ignore[no-untyped-def]
    weight, momentum, operand, decay, rate, w, dim, ROWS: tl.constexpr, COLUMNS: tl.constexpr
):
    first = tl.program_id(0) * ROWS
    row = tl.arange(0, ROWS)
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    start = first.to(tl.int64) * dim
    place = row[:, None] * dim + column[None, :]
    there = first + row < w
    within = there[:, None] & (column[None, :] < dim)
    own = tl.load(weight + start + place, mask=within)
    change = tl.load(momentum + start + place, mask=within)
    change += tl.load(decay + first + row, mask=there)[:, None] * own
    own += tl.load(rate + first + row, mask=there)[:, None] * change
    tl.store(momentum + start + place, change, mask=within)
    tl.store(weight + start + place, own, mask=within)
    if operand is not None:
        tl.store(operand + start + place, own.to(operand.dtype.element_ty), mask=within)


@triton.jit
def _descend_bias(  # type: ignore[no-untyped-def]
    error,
    bias,
    bias_momentum,
    decay,
    rate,
    momentum,
    share,
    n,
    w,
    ROWS: tl.constexpr,
    DEPTH: tl.constexpr,
):
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    within = row < w
    gradient = tl.zeros((DEPTH, ROWS), dtype=tl.float32)
    for begin in range(0, n, DEPTH):
        image = begin + tl.arange(0, DEPTH)[:, None]
        gradient += tl.load(
            error + image.to(tl.int64) * w + row[None, :],
            mask=(image < n) & within[None, :],
            other=0.0,
        ).to(tl.float32)
    own = tl.load(bias + row, mask=within)
    change = momentum * tl.load(bias_momentum + row, mask=within) + share * tl.sum(gradient, 0)
    change += tl.load(decay + row, mask=within) * own
    own += tl.load(rate + row, mask=within) * change
    tl.store(bias_momentum + row, change, mask=within)
    tl.store(bias + row, own, mask=within)
