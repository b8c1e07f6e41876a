import itertools
import math

import pytest
import torch
from torch import nn

from cogworks.training.optimizer import build_optimizer, learning_rate
from cogworks.training.specs import Optimizer

SETTINGS = Optimizer(
    accumulation=1,
    epochs=100,
    batch=256,
    lr_per_256=0.1,
    final_lr=1e-6,
    momentum=0.9,
    weight_decay=1e-4,
    warmup_epochs=10,
)


def test_warm_up_then_cosine() -> None:
    rates = [learning_rate(step, 50, SETTINGS) for step in range(5000)]
    assert rates[0] == pytest.approx(0.1 / 500)
    assert rates[249] == pytest.approx(0.05)
    assert rates[499] == rates[500] == pytest.approx(0.1)
    assert rates[-1] == pytest.approx(1e-6)
    middle = 500 + 4499 / 2
    expected = 1e-6 + (0.1 - 1e-6) * (1 + math.cos(math.pi * (2749 - 500) / 4499)) / 2
    assert rates[2749] == pytest.approx(expected)
    assert rates[int(middle)] == pytest.approx(0.05, rel=1e-3)
    assert all(a >= b for a, b in itertools.pairwise(rates[500:]))


def test_rate_grows_with_the_batch() -> None:
    large = SETTINGS.model_copy(update={"batch": 2304})
    assert learning_rate(499, 50, large) == pytest.approx(0.9)


def test_no_warm_up() -> None:
    settings = SETTINGS.model_copy(update={"warmup_epochs": 0, "epochs": 2})
    assert learning_rate(0, 5, settings) == pytest.approx(0.1)
    assert learning_rate(9, 5, settings) == pytest.approx(1e-6)


def test_biases_and_norms_do_not_decay() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    optimizer = build_optimizer(module, SETTINGS)
    decay = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert decay[id(module[0].weight)] == decay[id(module[3].weight)] == 1e-4
    assert {decay[id(module[i].bias)] for i in (0, 1, 3)} == {0.0}
    assert decay[id(module[1].weight)] == 0.0
    assert len(decay) == len(list(module.parameters()))
    assert all(group["momentum"] == 0.9 for group in optimizer.param_groups)


def test_frozen_weights_are_left_out() -> None:
    module = nn.Linear(2, 2)
    module.weight.requires_grad_(False)
    optimizer = build_optimizer(module, SETTINGS)
    assert [len(group["params"]) for group in optimizer.param_groups] == [0, 1]
    module(torch.randn(2, 2)).sum().backward()
    optimizer.step()
