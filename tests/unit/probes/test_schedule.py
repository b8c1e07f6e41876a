import pytest
import torch

from cogworks.probes.schedule import factors


def test_cosine_is_torchs_cosine_annealing() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    annealing = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7)
    wanted = []
    for _ in range(7):
        wanted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        annealing.step()
    assert factors("cosine", 7) == pytest.approx(wanted)


def test_the_first_two_epochs_of_the_lagged_schedule_share_the_full_rate() -> None:
    lagged = factors("cosine_lagged", 5)
    assert lagged[:2] == [1.0, 1.0]
    assert lagged[1:] == factors("cosine", 5)[:-1]


def test_an_unknown_schedule_is_an_error() -> None:
    with pytest.raises(ValueError, match="linear"):
        factors("linear", 3)
