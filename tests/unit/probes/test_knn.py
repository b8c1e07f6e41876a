import math

import pytest
import torch

from cogworks.probes import knn
from cogworks.probes.knn import Neighbours

pytestmark = pytest.mark.usefixtures("library")


@pytest.mark.parametrize("k", [1, 5, 20, 1000])
def test_votes_are_those_of_a_loop_over_images(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knn, "BLOCK", 7)
    monkeypatch.setattr(knn, "CHUNK", 28)
    generator = torch.Generator().manual_seed(0)
    train = torch.nn.functional.normalize(torch.randn(40, 6, generator=generator), dim=1)
    test = torch.nn.functional.normalize(torch.randn(15, 6, generator=generator), dim=1)
    labels = torch.randint(0, 4, (40,), generator=generator)
    found = Neighbours(train, labels, 4, k, 0.07)(test)
    for image, votes in zip(test, found, strict=True):
        similarity = [float(image @ other) for other in train]
        near = sorted(range(40), key=lambda row: -similarity[row])[:k]
        wanted = [0.0] * 4
        for row in near:
            weight = math.exp((similarity[row] - similarity[near[0]]) / 0.07)
            wanted[int(labels[row])] += weight
        assert votes.tolist() == pytest.approx(wanted, rel=1e-4)


def test_a_tiny_temperature_leaves_the_nearest_neighbour() -> None:
    train = torch.eye(3)
    votes = Neighbours(train, torch.tensor([2, 0, 1]), 3, 3, 1e-3)(train)
    assert votes.argmax(1).tolist() == [2, 0, 1]
