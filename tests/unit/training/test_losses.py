import math

import pytest
import torch
from torch.nn import functional

from cogworks.training.losses import LOSSES
from cogworks.training.losses.cosine import CosineHead
from cogworks.training.losses.look import FAR, NeighbourHead
from cogworks.training.losses.ocm import PrototypeHead
from cogworks.training.losses.softmax import SoftmaxHead
from cogworks.training.specs import Loss


def loss_of(kind: str, *, temperature: float = 0.1, init: str = "linear") -> Loss:
    return Loss(
        kind=kind,
        temperature=temperature,
        init=init,
        memory=20,
        k=7,
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


def vote(z: torch.Tensor, head: NeighbourHead, label: int) -> float:
    """LOOK's loss of one crop z (d,) of a class that one of its neighbours has, one by one."""
    memory = list(zip(head.memory.embeddings.tolist(), head.memory.labels.tolist(), strict=True))
    cosines = [(sum(a * b for a, b in zip(z.tolist(), q, strict=True)), c) for q, c in memory]
    votes = [(math.exp(s / head.temperature), c) for s, c in sorted(cosines)[-head.k :]]
    return -math.log(sum(v for v, c in votes if c == label) / sum(v for v, _ in votes))


@pytest.mark.parametrize("tau", [0.01, 0.1, 1.0])
def test_neighbours_vote_with_their_similarity(tau: float) -> None:
    torch.manual_seed(0)
    head = NeighbourHead(5, 3, loss_of("look", temperature=tau))
    head.memory.push(torch.randn(12, 5), torch.tensor([0, 1, 2, 0] * 3))
    z = functional.normalize(torch.randn(8, 5), dim=1)
    probabilities = head(z).softmax(dim=1)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(8))
    seen = 0
    for crop, scores in zip(z, head(z), strict=True):
        nearest = (head.memory.embeddings @ crop).topk(head.k).indices
        for label in set(head.memory.labels[nearest].tolist()):
            loss = functional.cross_entropy(scores, torch.tensor(label))
            assert float(loss) == pytest.approx(vote(crop, head, label), rel=1e-4, abs=1e-5)
            seen += 1
    assert seen > 16


def test_a_class_far_away_draws_a_crop_but_does_not_count() -> None:
    head = NeighbourHead(2, 4, loss_of("look"))
    angles = torch.linspace(0, 0.6, 19)
    near = torch.stack([angles.cos(), angles.sin()], dim=1)
    labels = torch.tensor([0, 1] * 9 + [0])
    head.memory.push(torch.cat([near, torch.tensor([[-1.0, 0.0]])]), torch.tensor([*labels, 2]))
    z = torch.tensor([[0.6, -0.8]], requires_grad=True)
    logits = head(z)
    # Class 2 is not among the neighbours, class 3 is not in the memory.
    expected = [-0.6 / 0.1 + math.log(FAR), -1 / 0.1 + math.log(FAR)]
    assert logits[0, 2:].tolist() == pytest.approx(expected, rel=1e-5)
    assert float(logits.softmax(dim=1)[0, 2:].sum().detach()) < 1e-6
    head.loss(logits, torch.tensor([2])).backward()
    assert z.grad is not None
    assert z.grad[0, 0] > 0, "a step towards class 2 leads away from the neighbours"


def test_the_gradient_of_votes() -> None:
    torch.manual_seed(0)
    head = NeighbourHead(4, 5, loss_of("look", temperature=0.5)).double()
    # The crops lie apart from where another embedding would come nearer.
    z = functional.normalize(torch.randn(6, 4, dtype=torch.float64), dim=1).requires_grad_()
    labels = torch.arange(6) % 5
    assert torch.autograd.gradcheck(lambda x: head.loss(head(x), labels), z, eps=1e-7)
    assert not list(head.parameters())


def test_plain_softmax() -> None:
    head = SoftmaxHead(5, 3, loss_of("softmax"))
    z = torch.randn(4, 5)
    torch.testing.assert_close(head(z), z @ head.linear.weight.T + head.linear.bias)


@pytest.mark.parametrize("kind", LOSSES.names)
def test_a_head_by_its_name(kind: str) -> None:
    head = LOSSES.load(kind)(5, 3, loss_of(kind, temperature=0.2))
    assert head.directions().shape == (3, 5)
    torch.testing.assert_close(head.directions().norm(dim=1), torch.ones(3))
    logits = head(functional.normalize(torch.randn(4, 5), dim=1))
    assert logits.shape == (4, 3)
    loss = head.loss(logits, torch.tensor([0, 1, 2, 0]))
    assert loss.shape == ()
    assert torch.isfinite(loss)


@pytest.mark.parametrize("kind", LOSSES.names)
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
