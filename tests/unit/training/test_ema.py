import torch
from torch import nn

from cogworks.training.ema import MovingAverage


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def test_weights_and_buffers_follow() -> None:
    torch.manual_seed(0)
    module = network()
    average = MovingAverage(module, momentum=0.3, mode="eval", warmup=True)
    expected = {name: value.clone() for name, value in module.state_dict().items()}
    for momentum in (1 / 10, 2 / 11, 3 / 12, 0.3, 0.3):
        module(torch.randn(8, 3) * 3 + 1).sum().backward()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.update(module)
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                expected[name] = momentum * expected[name] + (1 - momentum) * value
            else:
                expected[name] = value.clone()
    state = average.module.state_dict()
    assert state.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(state[name], value)
    assert int(state["1.num_batches_tracked"]) == 5
    assert float(state["1.running_mean"].abs().sum()) > 0


def test_momentum_zero_is_the_module_itself() -> None:
    module = network()
    average = MovingAverage(module, momentum=0.0, mode="eval", warmup=True)
    module(torch.randn(8, 3))
    with torch.no_grad():
        module[0].weight.add_(1)
    average.update(module)
    images = torch.randn(5, 3)
    torch.testing.assert_close(average(images), module.eval()(images))


def test_stays_in_evaluation_mode_without_gradients() -> None:
    average = MovingAverage(network(), momentum=0.9, mode="eval", warmup=True).train()
    assert not any(module.training for module in average.modules())
    assert not any(parameter.requires_grad for parameter in average.parameters())
    before = {name: value.clone() for name, value in average.state_dict().items()}
    average(torch.randn(8, 3))
    assert all(torch.equal(value, before[name]) for name, value in average.state_dict().items())


def test_in_training_mode_weights_alone_follow() -> None:
    """As in the authors' code: a plain average, and batch norm over the batch."""
    torch.manual_seed(0)
    module = network()
    average = MovingAverage(module, momentum=0.9, mode="train", warmup=False).eval()
    first = {name: value.clone() for name, value in module.named_parameters()}
    module(torch.randn(8, 3) * 3 + 1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter))
    average.update(module)
    for name, value in average.module.named_parameters():
        expected = 0.9 * first[name] + 0.1 * dict(module.named_parameters())[name]
        torch.testing.assert_close(value, expected)
        assert not value.requires_grad
    assert float(average.module[1].running_mean.abs().sum()) == 0
    images = torch.randn(6, 3)
    hidden = average.module[0](images)
    units = (hidden - hidden.mean(0)) / (hidden.var(0, unbiased=False) + 1e-5).sqrt()
    norm = average.module[1]
    expected = average.module[2](units * norm.weight + norm.bias)
    torch.testing.assert_close(average(images), expected, rtol=1e-4, atol=1e-6)


def test_the_first_state_is_soon_forgotten() -> None:
    module = nn.Linear(2, 1)
    average = MovingAverage(module, momentum=0.999, mode="eval", warmup=True)
    with torch.no_grad():
        module.weight.fill_(5.0)
    for _ in range(100):
        average.update(module)
    torch.testing.assert_close(average.module.weight, torch.full((1, 2), 5.0))
