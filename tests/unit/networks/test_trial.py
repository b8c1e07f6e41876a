"""What is found out about a network before any work starts."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from cogworks.core.errors import InputError
from cogworks.networks.trial import check_encoder

Forward = Callable[[torch.Tensor], Any]


class Net(nn.Module):
    """A network of any function of images (B, 3, S, S)."""

    def __init__(self, forward: Forward) -> None:
        super().__init__()
        self.function = forward

    def forward(self, images: torch.Tensor) -> Any:
        return self.function(images)


def means(images: torch.Tensor) -> torch.Tensor:
    return images.mean((2, 3))


def counting() -> Forward:
    calls: list[int] = []

    def forward(images: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return means(images) + len(calls)

    return forward


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda x: functional.dropout(means(x), training=True), "other features .* a second time"),
        (lambda x: means(x) + 1e-6 * torch.rand(()), "other features .* a second time"),
        (counting(), "other features .* a second time"),
        (lambda x: means(x) - means(x).mean(0), "depend on the other images"),
        (lambda x: functional.batch_norm(means(x), None, None, training=True), "depend|fails"),
        (lambda x: (means(x), x), "returns tuple for one image of 8 px"),
        (lambda x: {"tokens": x, "pooled": means(x)}, "returns dict of tokens, pooled"),
        (lambda x: x, r"gives \(2, 3, 8, 8\) for 2 images"),
        (lambda x: means(x).squeeze(), r"gives \(3,\) for 1 image of 8 px"),
        (lambda x: means(x)[:1], r"gives \(1, 3\) for 2 images"),
        (lambda x: means(x).argsort(), "gives torch.int64, expected floating-point"),
        (lambda x: x.view(2, 0), "mine: fails on an image of 8 px: RuntimeError"),
        (lambda x: x.no_such_thing, "mine: fails on an image of 8 px: AttributeError"),
    ],
)
def test_what_is_no_encoder(forward: Forward, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_encoder(Net(forward).eval(), 8, "mine")


@pytest.mark.parametrize(
    "forward",
    [
        means,
        lambda x: means(x).double(),
        lambda x: means(x) * float("nan"),
        lambda x: means(x) * 0,
        lambda x: means(x).requires_grad_(),
    ],
)
def test_what_is_one(forward: Forward) -> None:
    check_encoder(Net(forward).eval(), 8, "mine")


def test_the_trial_leaves_the_network_and_the_generator_alone() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1))
    module.append(nn.Flatten())
    before = {key: value.clone() for key, value in module.state_dict().items()}
    state = torch.random.get_rng_state()
    check_encoder(module.eval(), 8, "mine")
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
