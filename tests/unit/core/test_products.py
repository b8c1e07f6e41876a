from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cogworks.core import products
from cogworks.core.products import by_onednn, has_onednn, layers_by_onednn, linear, transposed

CPU = torch.device("cpu")

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
    assert linear(x, weight, out=out) is out
    assert torch.equal(out, x @ weight.T)


def test_large_products_are_those_in_float64(
    parts: tuple[Tensor, Tensor, Tensor, Tensor], onednn: None
) -> None:
    x, weight, bias, errors = parts
    exact = x.double() @ weight.double().T + bias.double()
    assert by_onednn(x, 50)
    assert (linear(x, weight, bias) - exact).abs().max() < 1e-5
    assert (linear(x, weight) - (exact - bias)).abs().max() < 1e-5
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


class Tower(nn.Module):
    """Attention and layers that are called in several ways, `(B, 5, 12)` to `(B, 7)`."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.wide, self.narrow = nn.Linear(12, 24), nn.Linear(24, 7, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(x, x, x, need_weights=False)[0]
        x = functional.linear(x, weight=self.wide.weight, bias=self.wide.bias)
        # Another order in memory.
        return self.narrow(functional.gelu(x).transpose(0, 1)).mean(0)


def tower() -> tuple[nn.Module, Tensor]:
    torch.manual_seed(0)
    return Tower().eval().requires_grad_(False), torch.randn(6, 5, 12)


@pytest.mark.parametrize("compiled", [False, True])
def test_all_layers_of_a_network_are_those_in_float64(
    products_by_onednn: list[int], compiled: bool
) -> None:
    net, x = tower()
    exact = net.double()(x.double())
    net.float()
    run: Any = torch.compile(net, fullgraph=True, backend="aot_eager") if compiled else net
    with torch.no_grad(), layers_by_onednn(CPU, torch.float32):
        found = run(x)
    assert (found - exact).abs().max() < 1e-6
    # A compiler looks at some of them more than once.
    assert list(dict.fromkeys(products_by_onednn)) == [36, 12, 24, 7]
    assert compiled or len(products_by_onednn) == 4


def test_outside_a_network_layers_are_torchs_own(products_by_onednn: list[int]) -> None:
    net, x = tower()
    own = net(x)
    with pytest.raises(RuntimeError, match="theirs"), layers_by_onednn(CPU, torch.float32):
        raise RuntimeError("theirs")
    assert torch.equal(net(x), own)
    assert functional.linear is products.TORCHS
    assert torch.backends.mha.get_fastpath_enabled()
    assert not products_by_onednn


@pytest.mark.parametrize(
    ("device", "dtype"), [("cuda", torch.float32), ("cpu", torch.bfloat16), ("cpu", torch.float64)]
)
def test_networks_elsewhere_or_of_another_type_keep_all(
    onednn: None, device: str, dtype: torch.dtype
) -> None:
    with layers_by_onednn(torch.device(device), dtype):
        assert functional.linear is products.TORCHS
        assert torch.backends.mha.get_fastpath_enabled()


def test_a_function_that_somebody_put_there_stays(
    onednn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def theirs(*_: Tensor) -> Tensor:
        return torch.zeros(1)

    monkeypatch.setattr(functional, "linear", theirs)
    with torch.no_grad(), layers_by_onednn(CPU, torch.float32):
        assert torch.equal(nn.Linear(3, 2)(torch.ones(4, 3)), torch.zeros(1))
    assert functional.linear is theirs


class Told(Tensor):
    """A tensor that wants to know what is done to it."""

    done: ClassVar[list[Any]] = []

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        cls.done.append(function)
        return super().__torch_function__(function, types, args, kwargs)


def test_what_onednn_cannot_take_is_torchs_affair(
    parts: tuple[Tensor, Tensor, Tensor, Tensor], products_by_onednn: list[int]
) -> None:
    x, weight, bias, _ = parts
    learnt = weight.clone().requires_grad_()
    with layers_by_onednn(CPU, torch.float32):
        functional.linear(x, learnt, bias).sum().backward()
        assert torch.allclose(learnt.grad, x.sum(0).expand_as(weight), atol=1e-4)
        with torch.no_grad():
            with torch.autocast("cpu", torch.bfloat16):
                assert functional.linear(x, weight, bias).dtype == torch.bfloat16
            doubled = functional.linear(x.double(), weight.double(), bias.double())
            assert (doubled - (x.double() @ weight.double().T + bias)).abs().max() < 1e-12
            told = functional.linear(x.as_subclass(Told), weight, bias)
            assert type(told) is Told
            assert functional.linear(x, weight[0]).shape == (70,)
            assert torch.equal(functional.linear(x, weight, bias[:1]), x @ weight.T + bias[0])
            for wrong in ((x[:, :3], weight), (x, weight.double()), (x, weight, bias[:3])):
                with pytest.raises(RuntimeError):
                    functional.linear(*wrong)
    assert not products_by_onednn
    assert Told.done == [products.TORCHS]
