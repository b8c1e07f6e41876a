"""Matrix products in float32 by the faster of the two libraries that torch has on a CPU.

torch multiplies float32 by MKL, which uses AVX2 at most on other processors than Intel's, whatever
they can. oneDNN uses all of their instructions: on an AMD EPYC it is 2.2 times as fast as MKL, and
1.1 times where both use AVX2. There is no switch for it, but an operation of its own, which takes
longer to start, adds nothing to what is there and has no gradient. So small products, training, and
Intel's processors keep to MKL.
"""

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

# Multiplications from which on it is faster.
LARGE = 10**7
# Of torch's layers; a name of its own, by which a replacement is told.
TORCHS = torch._C._nn.linear


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


def linear(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, out: Tensor | None = None
) -> Tensor:
    """Return `x W^T + b`, `(n, C)`, for `x` `(n, D)`, W `(C, D)` and b `(C,)`, if any.

    It is put into `out`, unless oneDNN makes it, which only gives new memory.
    """
    if by_onednn(x, len(weight)):
        return _onednn(x, weight, bias)
    if bias is None:
        return torch.mm(x, weight.T, out=out)
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


@contextlib.contextmanager
def layers_by_onednn(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Let oneDNN make the large linear layers of a network that runs here without gradients.

    A context, or a decorator of what runs the network. Whoever's it is, it calls
    `torch.nn.functional.linear` by that name, and so does `torch.compile`, which keeps what it
    finds. Attention in one operation does not, so that it is put together of its parts, as in
    training. Where somebody else has replaced the function, that stays.

    Args:
        device: where the network is; all stays as it is if that is no CPU,
        dtype: or if this, its type, is not float32.
    """
    wanted = device.type == "cpu" and dtype == torch.float32 and has_onednn()
    if not wanted or functional.linear is not TORCHS:
        yield
        return
    at_once = torch.backends.mha.get_fastpath_enabled()
    functional.linear = _layer
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        functional.linear = TORCHS
        torch.backends.mha.set_fastpath_enabled(at_once)


# Its arguments have the names of the original's, by which they may be given.
def _layer(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:  # noqa: A002
    given = (input, weight) if bias is None else (input, weight, bias)
    if (
        not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and not torch.overrides.has_torch_function(given)
        and all(map(_is_plain, given))
        and weight.ndim == 2
        and input.shape[-1:] == weight.shape[1:]
        and (bias is None or bias.shape == weight.shape[:1])
        and input.numel() * len(weight) >= LARGE
    ):
        # As a matrix: torch's compiler takes that for granted where rows were reshaped before.
        rows = _onednn(input.reshape(-1, input.shape[-1]), weight, bias)
        return rows.reshape(*input.shape[:-1], len(weight))
    return TORCHS(input, weight, bias)


def _is_plain(part: Tensor) -> bool:
    return (
        part.device.type == "cpu" and part.dtype == torch.float32 and part.layout == torch.strided
    )


def _onednn(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    # It takes for granted that the numbers of a bias are neighbours.
    bias = None if bias is None else bias.contiguous()
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return found
