"""Matrix products in float32 by the faster of the two libraries that torch has on a CPU.

torch multiplies float32 by MKL, which uses AVX2 at most on other processors than Intel's, whatever
they can. oneDNN uses all of their instructions: on an AMD EPYC it is 2.2 times as fast as MKL, and
1.1 times where both use AVX2. There is no switch for it, but an operation of its own, which takes
longer to start and adds nothing to what is there. So small products, and Intel's processors, keep
to MKL.
"""

import functools
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

# Multiplications from which on it is faster.
LARGE = 10**7


@functools.cache
def has_onednn() -> bool:
    """Say whether large products are faster by oneDNN here.

    Where an older torch cannot say what the processor is, they are not made by it.
    """
    about: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return (
        about.get("architecture") == "x86_64"
        and "intel" not in str(about.get("cpu_name", "intel")).lower()
        and torch.backends.mkl.is_available()
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


def by_onednn(x: Tensor, width: int) -> bool:
    """Say whether a product of `x`, `(n, d)`, with a matrix `(d, width)` is made by oneDNN."""
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and x.numel() * width >= LARGE
        and has_onednn()
    )


def linear(x: Tensor, weight: Tensor, bias: Tensor, out: Tensor | None = None) -> Tensor:
    """Return `x W^T + b`, `(n, C)`, for `x` `(n, D)`, W `(C, D)` and b `(C,)`.

    It is put into `out`, unless oneDNN makes it, which only gives new memory.
    """
    if by_onednn(x, len(weight)):
        return _onednn(x, weight, bias)
    return torch.addmm(bias, x, weight.T, out=out)


def transposed(errors: Tensor, x: Tensor, turned: Tensor | None = None) -> Tensor:
    """Return `E^T X`, `(C, D)`, by oneDNN, for errors `(n, C)` and features `(n, D)`.

    It wants the left one row by row, so one of the two has to be turned over.

    Args:
        errors: E.
        x: X.
        turned: the rows of `X^T`, where they are there already; else E is turned over.
    """
    if turned is None:
        return _onednn(errors.T, x.T, None)
    return _onednn(turned, errors.T, None).T


def _onednn(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    # It takes for granted that the numbers of a bias are neighbours.
    bias = None if bias is None else bias.contiguous()
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return found
