import math

import pytest
import torch
from torch.nn import functional

from cogworks.training.losses import LOSSES
from cogworks.training.losses.cosine import CosineHead
from cogworks.training.losses.ocm import PrototypeHead
from cogworks.training.losses.softmax import SoftmaxHead
from cogworks.training.specs import Loss


def loss_of(kind: str, *, temperature: float = 0.1, init: str = "linear") -> Loss:
    return Loss(
        kind=kind,
        temperature=temperature,
        init=init,
        memory=20,
        ema_momentum=0.9,
        ema_mode="train",
        ema_warmup=False,
    )


def loss_4(z: torch.Tensor, vectors: torch.Tensor, y: list[int], tau: float) -> float:
    """Equations 4.1 and 4.2, term by term: z (M, d) crops of images with classes y."""
    total = 0.0
    for crop, label in zip(z.tolist(), y, strict=True):
        units = [[x / math.hypot(*vector) for x in vector] for vector in vectors.tolist()]
        scores = [math.exp(sum(a * b for a, b in zip(crop, u, strict=True)) / tau) for u in units]
        total -= math.log(scores[label] / sum(scores))
    return total / len(y)


@pytest.mark.parametrize("tau", [0.1, 1.0])
def test_cosine_softmax_is_equation_4_1(tau: float) -> None:
    torch.manual_seed(0)
    head = CosineHead(5, 4, loss_of("cosine", temperature=tau))
    z = functional.normalize(torch.randn(6, 5), dim=1)
    y = [0, 1, 2, 3, 0, 1]
    loss = functional.cross_entropy(head(z), torch.tensor(y))
    assert float(loss) == pytest.approx(loss_4(z, head.weight, y, tau), rel=1e-5)


def test_class_weights_count_by_direction_alone() -> None:
    head = CosineHead(5, 4, loss_of("cosine"))
    z = functional.normalize(torch.randn(6, 5), dim=1)
    before = head(z)
    with torch.no_grad():
        head.weight.mul_(torch.tensor([[0.5], [2.0], [10.0], [1.0]]))
    torch.testing.assert_close(head(z), before)


def test_prototypes_are_equation_4_2() -> None:
    torch.manual_seed(0)
    head = PrototypeHead(5, 3, loss_of("ocm"))
    memory = functional.normalize(torch.randn(11, 5), dim=1)
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, 0, 2, 1])
    head.update(memory, labels)
    means = []
    for c in range(3):
        members = [z for z, label in zip(memory, labels.tolist(), strict=True) if label == c]
        means.append(sum(members) / len(members))
    z, y = functional.normalize(torch.randn(4, 5), dim=1), [2, 1, 0, 0]
    loss = functional.cross_entropy(head(z), torch.tensor(y))
    assert float(loss) == pytest.approx(loss_4(z, torch.stack(means), y, 0.1), rel=1e-5)


def test_a_class_without_memory_keeps_its_prototype() -> None:
    head = PrototypeHead(5, 3, loss_of("ocm"))
    first = head.directions()
    memory = functional.normalize(torch.randn(4, 5), dim=1)
    head.update(memory, torch.tensor([0, 0, 2, 2]))
    torch.testing.assert_close(head.directions()[1], first[1])
    assert not torch.allclose(head.directions()[0], first[0])
    head.update(memory, torch.tensor([1, 1, 1, 1]))
    expected = functional.normalize(memory.mean(0), dim=0)
    torch.testing.assert_close(head.directions()[1], expected)
    torch.testing.assert_close(head.directions().norm(dim=1), torch.ones(3))


def test_no_gradient_reaches_the_prototypes() -> None:
    head = PrototypeHead(5, 3, loss_of("ocm"))
    assert not list(head.parameters())
    z = functional.normalize(torch.randn(4, 5), dim=1).requires_grad_()
    head(z).sum().backward()
    assert z.grad is not None


def test_plain_softmax() -> None:
    head = SoftmaxHead(5, 3, loss_of("softmax"))
    z = torch.randn(4, 5)
    torch.testing.assert_close(head(z), z @ head.linear.weight.T + head.linear.bias)


@pytest.mark.parametrize("kind", LOSSES.names)
def test_a_head_by_its_name(kind: str) -> None:
    head = LOSSES.load(kind)(5, 3, loss_of(kind, temperature=0.2))
    assert head.tensors()["weight"].shape == (3, 5)
    assert head.directions().shape == (3, 5)
    torch.testing.assert_close(head.directions().norm(dim=1), torch.ones(3))
    logits = head(functional.normalize(torch.randn(4, 5), dim=1))
    assert logits.shape == (4, 3)
    loss = head.loss(logits, torch.tensor([0, 1, 2, 0]))
    assert loss.shape == ()
    assert torch.isfinite(loss)


@pytest.mark.parametrize("kind", ["cosine", "ocm", "softmax"])
def test_the_losses_of_the_thesis_are_the_cross_entropy_of_their_logits(kind: str) -> None:
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    head = LOSSES.load(kind)(5, 3, loss_of(kind))
    expected = functional.cross_entropy(logits, labels)
    torch.testing.assert_close(head.loss(logits, labels), expected)


@pytest.mark.parametrize("kind", ["cosine", "softmax"])
def test_class_weights_start_as_the_spec_says(kind: str) -> None:
    def weights(init: str) -> torch.Tensor:
        torch.manual_seed(0)
        head = LOSSES.load(kind)(256, 400, loss_of(kind, init=init))
        assert all(parameter.requires_grad for parameter in head.parameters())
        return next(value for value in head.parameters() if value.ndim == 2).detach()

    torch.manual_seed(0)
    linear = torch.nn.Linear(256, 400, bias=kind == "softmax")
    assert torch.equal(weights("linear"), linear.weight)
    assert float(weights("truncated_normal").std()) == pytest.approx(0.02, rel=0.02)
    # Lengths differ by 1.8 at this width, the steps of a cosine by the square of that.
    ratio = float(weights("linear").norm() / weights("truncated_normal").norm())
    assert ratio == pytest.approx(1.8, rel=0.02)
