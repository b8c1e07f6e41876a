import math

import pytest
import torch
from torch import Tensor

from cogworks.probes import rivals
from cogworks.probes.rivals import Images
from cogworks.probes.scores import ranks

pytestmark = pytest.mark.usefixtures("library")


def plain(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Say who is right, by all scores, each a sum of its own."""
    scores = (x[:, None, :] * weight[None]).sum(2) + bias
    return ranks(scores, y) == 0


def whole(n: int, *, dim: int, below: int = 4) -> Tensor:
    """Return small whole numbers, whose products and sums are exact in any order."""
    generator = torch.Generator().manual_seed(n + dim)
    return torch.randint(-below, below, (n, dim), generator=generator).float()


def test_each_classifier_is_right_where_all_scores_say_so() -> None:
    """Whole numbers give many ties, of which the first class wins."""
    x, y = whole(300, dim=5), torch.arange(300) % 20
    images = Images(x, y)
    share = []
    for place in range(12):
        weight, bias = whole(20 + place, dim=5)[:20], whole(20, dim=place + 1)[:, 0]
        found = images.right(weight, bias)
        assert torch.equal(found, plain(x, y, weight, bias))
        share.append(float(found.float().mean()))
    assert max(share) > 0


def test_only_who_is_not_beaten_by_a_rival_is_multiplied(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(256, 16, generator=torch.Generator().manual_seed(0))
    weight = torch.randn(40, 16, generator=torch.Generator().manual_seed(1))
    bias = torch.zeros(40)
    best = (x @ weight.T).argmax(1)
    y = torch.where(torch.arange(256) < 200, (best + 1) % 40, best)
    multiplied = []
    linear = rivals.linear

    def counted(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        multiplied.append(len(x))
        return linear(x, weight, bias)

    monkeypatch.setattr(rivals, "linear", counted)
    images = Images(x, y)
    for _ in range(3):
        assert images.right(weight, bias).tolist() == [False] * 200 + [True] * 56
    # Those that are right, and as many others as make a multiple of 64.
    assert multiplied == [256, 64, 64]


@pytest.mark.parametrize("n", [1, 63, 64, 65, 130])
def test_any_number_of_images_may_be_undecided(n: int) -> None:
    x = torch.eye(n)
    images = Images(x, torch.arange(n))
    bias = torch.zeros(n)
    for right in (n, n, 0, n, n // 2):
        weight = torch.eye(n)
        weight[right:] = -weight[right:]
        assert images.right(weight, bias).tolist() == plain(x, images.y, weight, bias).tolist()


def test_scores_that_rounding_could_swap_are_left_to_all_scores() -> None:
    """A rival that leads by less than that decides nothing."""
    x, y = torch.ones(2, 4), torch.tensor([0, 1])
    images = Images(x, y)
    weight, bias = torch.full((3, 4), 0.25), torch.tensor([0.0, 0.0, 1e-7])
    images.right(weight, torch.tensor([0.0, 0.0, 1.0]))
    assert len(images._undecided(weight, bias, torch.tensor([2, 2]))) == 2
    assert len(images._undecided(weight, 1000 * bias, torch.tensor([2, 2]))) == 0


def test_scores_too_small_to_round_well_are_left_to_all_scores() -> None:
    """Their products are off by up to the smallest numbers, whatever their size."""
    generator = torch.Generator().manual_seed(0)
    x, y = 1e-15 * torch.randn(200, 16, generator=generator), torch.arange(200) % 10
    images, bias = Images(x, y), torch.zeros(10)
    for scale in (1.0, 1e-28, 1e-29, 1e-30):
        weight = scale * torch.randn(10, 16, generator=generator)
        expected = ranks(rivals.linear(x, weight, bias), y) == 0
        assert torch.equal(images.right(weight, bias), expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e38])
def test_scores_that_are_not_finite_are_never_right(bad: float) -> None:
    x, y = torch.ones(6, 4), torch.arange(6) % 3
    images = Images(x, y)
    weight, bias = torch.zeros(3, 4), torch.tensor([1.0, 0.0, 0.0])
    assert images.right(weight, bias).tolist() == [True, False, False] * 2
    for place in range(3):
        odd = weight.clone()
        odd[place] = bad
        assert not images.right(odd, bias).any()
    assert images.right(weight, bias).tolist() == [True, False, False] * 2
