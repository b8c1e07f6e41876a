"""How far the kernels of a search's step are from torch in float64; prints JSON.

Run by `test_fused.py` with `TRITON_INTERPRET=1`, which Triton reads when it is imported. Logits are
float16 here; `test_cuda.py` has the real kernels in bfloat16.
"""

import json

import torch
from torch import Tensor

from cogworks.probes import fused

N, CLASSES, MEMBERS, DIM = 150, 10, 14, 1033


def softmax_error() -> float:
    """Return the largest error of softmax less one at the label."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(N * MEMBERS, CLASSES, generator=generator).mul(10).half()
    images = torch.randperm(N, generator=generator).repeat(MEMBERS)
    labels = torch.randint(0, CLASSES, (N,), generator=generator)
    wanted = torch.softmax(logits.double(), 1)
    wanted -= torch.nn.functional.one_hot(labels[images], CLASSES)
    fused.subtract_labels_from_softmax(logits, images, labels)
    return float((logits - wanted).abs().max())


def spoiled_rows() -> list[bool]:
    """Return which rows are NaN where the first has a NaN and the third an infinity."""
    logits = torch.zeros(3, CLASSES).half()
    logits[0, 2], logits[2, 3] = torch.nan, torch.inf
    fused.subtract_labels_from_softmax(logits, torch.arange(3), torch.zeros(3, dtype=torch.int64))
    return [bool(row) for row in logits.isnan().all(1)]


def step_errors() -> dict[str, float]:
    """Return the largest error of each value that a step changes."""
    generator = torch.Generator().manual_seed(0)
    rows = CLASSES * MEMBERS

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    error, weight, bias = drawn(N, rows).half(), drawn(rows, DIM), drawn(rows)
    operand = torch.zeros_like(weight, dtype=torch.float16)
    momentum, bias_momentum = drawn(rows, DIM), drawn(rows)
    decay, rate = drawn(rows).abs() / 100, -drawn(rows).abs()
    change = momentum.double() + decay[:, None] * weight
    bias_change = 0.9 * bias_momentum.double() + error.double().mean(0) + decay * bias
    wanted = {
        "weight": weight + rate[:, None] * change,
        "momentum": change,
        "bias": bias + rate * bias_change,
        "bias_momentum": bias_change,
    }
    alone = weight.clone()
    fused.descend(alone, momentum.clone(), None, decay, rate)
    fused.descend(weight, momentum, operand, decay, rate)
    fused.descend_bias(error, bias, bias_momentum, decay, rate, momentum=0.9)
    found = {
        "weight": weight,
        "momentum": momentum,
        "bias": bias,
        "bias_momentum": bias_momentum,
    }
    errors = {name: float((found[name] - wanted[name]).abs().max()) for name in wanted}
    copies = {"operand": (operand, weight.half()), "without_operand": (alone, weight)}
    return errors | {name: float((a - b).abs().max()) for name, (a, b) in copies.items()}


if __name__ == "__main__":
    print(json.dumps({"softmax": softmax_error(), "spoiled": spoiled_rows(), **step_errors()}))
