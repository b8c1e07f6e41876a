import math
from typing import Any

import pytest
import torch

from cogworks.training.losses import LOSSES
from cogworks.training.projector import NoProjector, Projector, build_projector


def oracle(projector: Projector, features: torch.Tensor) -> torch.Tensor:
    """Figure 4.2, an image and a layer at a time, from the weights."""
    rows = [row.double() for row in features]
    if projector.normalize_input:
        rows = [row / math.sqrt(float((row * row).sum())) for row in rows]
    blocks = list(projector.hidden)
    for linear, norm in zip(blocks[0::3], blocks[1::3], strict=True):
        rows = [linear.weight.double() @ row + linear.bias.double() for row in rows]
        stacked = torch.stack(rows)
        mean = stacked.mean(0)
        deviation = (stacked.var(0, unbiased=False) + norm.eps).sqrt()
        rows = [(row - mean) / deviation * norm.weight + norm.bias for row in rows]
        rows = [row * 0.5 * (1 + torch.erf(row / math.sqrt(2))) for row in rows]
    rows = [projector.bottleneck.weight.double() @ row for row in rows]
    if projector.normalize_output:
        rows = [row / math.sqrt(float((row * row).sum())) for row in rows]
    return torch.stack(rows)


@pytest.mark.parametrize("layers", [0, 1, 3])
@pytest.mark.parametrize("normalize_input", [False, True])
@pytest.mark.parametrize("normalize_output", [False, True])
def test_against_the_figure(layers: int, normalize_input: bool, normalize_output: bool) -> None:
    torch.manual_seed(0)
    projector = Projector(
        6,
        layers=layers,
        hidden=10,
        bottleneck=4,
        normalize_input=normalize_input,
        normalize_output=normalize_output,
    )
    for parameter in projector.parameters():
        torch.nn.init.normal_(parameter)
    features = torch.randn(7, 6)
    expected = oracle(projector, features)
    torch.testing.assert_close(projector(features).double(), expected, rtol=1e-4, atol=1e-5)


def test_layers_and_their_weights() -> None:
    torch.manual_seed(0)
    projector = Projector(
        300, layers=2, hidden=200, bottleneck=50, normalize_input=True, normalize_output=True
    )
    shapes = {name: tuple(value.shape) for name, value in projector.named_parameters()}
    assert shapes["hidden.0.weight"] == (200, 300)
    assert shapes["hidden.3.weight"] == (200, 200)
    assert shapes["hidden.0.bias"] == (200,)
    assert shapes["bottleneck.weight"] == (50, 200)
    assert "bottleneck.bias" not in shapes
    for name in ("hidden.0.weight", "bottleneck.weight"):
        assert float(projector.get_parameter(name).std()) == pytest.approx(0.02, rel=0.05)
    assert not projector.get_parameter("hidden.0.bias").any()


@pytest.mark.parametrize(("loss", "length"), [("cosine", 1.0), ("ocm", 1.0), ("softmax", None)])
def test_only_cosines_are_normalised(loss: str, length: float | None, make_spec: Any) -> None:
    specs = {on: make_spec(projector__enabled=on).projector for on in (True, False)}
    features = 3 * torch.randn(5, 16)
    for spec in specs.values():
        normalised = LOSSES.load(loss).normalised
        projector, width = build_projector(16, spec, normalised=normalised)
        embeddings = projector(features)
        assert embeddings.shape == (5, width)
        lengths = embeddings.norm(dim=1)
        if length is None:
            assert not torch.allclose(lengths, torch.ones(5))
        else:
            torch.testing.assert_close(lengths, torch.ones(5))
    assert isinstance(projector, NoProjector)
    assert width == 16
