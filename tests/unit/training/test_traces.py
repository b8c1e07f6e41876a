import itertools
import math
from collections.abc import Callable

import pytest
import torch
from torch.nn import functional

from cogworks.training.losses import LOSSES
from cogworks.training.losses.ocm import PrototypeHead
from cogworks.training.specs import TrainSpec
from cogworks.training.traces import StepTrace, gradient_similarity


def oracle(gradients: torch.Tensor) -> float:
    rows = [row for row in gradients.double() if float(row.norm()) > 0]
    pairs = [
        float(a @ b) / (float(a.norm()) * float(b.norm()))
        for a, b in itertools.permutations(rows, 2)
    ]
    return sum(pairs) / len(pairs)


def test_similarity_is_the_mean_over_pairs() -> None:
    torch.manual_seed(0)
    gradients = torch.randn(9, 5) + 0.4
    gradients[3] = 0
    assert gradient_similarity(gradients) == pytest.approx(oracle(gradients), abs=1e-9)
    assert gradient_similarity(torch.ones(4, 3)) == pytest.approx(1)
    assert math.isnan(gradient_similarity(torch.eye(3)[:1]))


@pytest.mark.parametrize("kind", ["cosine", "softmax"])
def test_class_weights(kind: str, make_spec: Callable[..., TrainSpec]) -> None:
    head = LOSSES.load(kind)(4, 3, make_spec(loss__kind=kind).loss)
    weight = head.tensors()["weight"]
    trace = StepTrace(head)
    before = functional.normalize(weight.detach().clone(), dim=1)
    z = functional.normalize(torch.randn(6, 4), dim=1)
    functional.cross_entropy(head(z), torch.tensor([0, 1, 2, 0, 1, 2])).backward()
    trace.gradients()
    with torch.no_grad():
        weight.sub_(weight.grad)
    values = trace.after()
    change = (functional.normalize(weight.detach(), dim=1) - before).square().sum().sqrt()
    assert values["weight_change"] == pytest.approx(float(change))
    assert values["gradient_similarity"] == pytest.approx(oracle(weight.grad), abs=1e-7)
    assert values.keys() == {"weight_change", "gradient_similarity"}


def test_prototypes(make_spec: Callable[..., TrainSpec]) -> None:
    head = PrototypeHead(4, 3, make_spec(loss__kind="ocm").loss)
    trace = StepTrace(head)
    before = head.directions()
    trace.gradients()
    head.update(torch.eye(4)[:3], torch.tensor([0, 1, 2]))
    change = (head.directions() - before).square().sum().sqrt()
    assert trace.after() == {"prototype_change": pytest.approx(float(change))}
