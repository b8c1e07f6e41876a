from typing import Any

import pytest
import torch
from torch import Tensor

from cogworks.probes import products
from cogworks.probes.products import by_onednn, has_onednn, linear, transposed

ABLE = {"architecture": "x86_64", "cpu_name": "AMD EPYC", "avx2": True}


@pytest.fixture
def parts() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features, weights, biases and errors of 70 images, 33 numbers and 50 classes."""
    generator = torch.Generator().manual_seed(0)
    x, weight, bias, errors = (
        torch.randn(size, generator=generator) for size in ((70, 33), (50, 33), (50,), (70, 50))
    )
    return x, weight, bias, errors


def test_small_products_are_torchs_own_in_the_given_place(
    parts: tuple[Tensor, Tensor, Tensor, Tensor],
) -> None:
    x, weight, bias, _ = parts
    out = torch.empty(70, 50)
    assert not by_onednn(x, 50)
    assert linear(x, weight, bias, out=out) is out
    assert torch.equal(out, torch.addmm(bias, x, weight.T))


def test_large_products_are_those_in_float64(
    parts: tuple[Tensor, Tensor, Tensor, Tensor], onednn: None
) -> None:
    x, weight, bias, errors = parts
    exact = x.double() @ weight.double().T + bias.double()
    assert by_onednn(x, 50)
    assert (linear(x, weight, bias) - exact).abs().max() < 1e-5
    gradient = errors.double().T @ x.double()
    for found in (transposed(errors, x), transposed(errors, x, x.T.contiguous())):
        assert found.shape == (50, 33)
        assert (found - gradient).abs().max() < 1e-4


def test_parts_of_larger_matrices_are_multiplied_as_they_are(onednn: None) -> None:
    """Of whole numbers every product is exact."""
    generator = torch.Generator().manual_seed(0)
    large = torch.randint(-9, 9, (90, 80), generator=generator).float()
    for x, weight, bias in (
        (large[3:30, 5:40], large[40:60, 41:76], large[:20, 7]),
        (large.T[:11, ::2], large[::3, 1:46], large[0, ::2][:30]),
        (large[::2, :7], large.T[::4, :7], large[1:21, 0]),
    ):
        exact = (x[:, None, :] * weight[None]).sum(2) + bias
        assert torch.equal(linear(x, weight, bias), exact)
        errors = exact / 4
        gradient = (errors[:, :, None] * x[:, None, :]).sum(0)
        assert torch.equal(transposed(errors, x), gradient)
        assert torch.equal(transposed(errors, x, x.T.contiguous()), gradient)


def test_only_float32_is_for_onednn(
    parts: tuple[Tensor, Tensor, Tensor, Tensor], onednn: None
) -> None:
    x, weight, bias, _ = parts
    for kind in (torch.float64, torch.bfloat16):
        assert not by_onednn(x.to(kind), 50)
    doubled = linear(x.double(), weight.double(), bias.double())
    assert (doubled - (x.double() @ weight.double().T + bias.double())).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (ABLE, True),
        (ABLE | {"cpu_name": "Intel(R) Xeon(R) Platinum 8488C"}, False),
        (ABLE | {"architecture": "aarch64", "cpu_name": "Neoverse N1"}, False),
        ({"architecture": "x86_64"}, False),
        ({}, False),
    ],
)
def test_a_processor_that_mkl_knows_keeps_to_it(
    monkeypatch: pytest.MonkeyPatch, about: dict[str, Any], expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: about)
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    has_onednn.cache_clear()
    try:
        assert has_onednn() is expected
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
        has_onednn.cache_clear()
        assert not has_onednn()
    finally:
        has_onednn.cache_clear()


def test_without_onednn_large_products_are_torchs_own(
    parts: tuple[Tensor, Tensor, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "LARGE", 1)
    monkeypatch.setattr(products, "has_onednn", lambda: False)
    assert not by_onednn(parts[0], 50)
