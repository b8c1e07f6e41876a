from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from cogworks.probes.lbfgs import Problem, penalties, solve

CS = [1e-5, 1e-3, 0.1, 1.0, 100.0, 1e4, 1e6]


def loss(x: Tensor, y: Tensor, weight: Any, bias: Any, C: float) -> float:
    """scikit-learn's objective per image, in float64."""
    x64, w, b = x.double(), torch.as_tensor(weight).double(), torch.as_tensor(bias).double()
    mean = torch.nn.functional.cross_entropy(x64 @ w.T + b, y)
    return float(mean + (w**2).sum() * penalties([C], len(y), len(w))[0] / 2)


def by_sklearn(x: Tensor, y: Tensor, C: float, **keys: Any) -> tuple[np.ndarray, np.ndarray]:
    model = LogisticRegression(C=C, max_iter=20_000, **keys).fit(x.numpy(), y.numpy())
    if len(model.coef_) == 1:
        both = np.array([[-0.5], [0.5]])
        return both * model.coef_, both[:, 0] * model.intercept_
    return model.coef_, model.intercept_


@pytest.fixture(
    scope="module",
    params=["apart", "mixed", "unscaled", "far", "tiny", "rare", "one shot", "in vain", "wide"],
)
def data(
    request: pytest.FixtureRequest, clusters: Callable[..., tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor]:
    apart, mixed = (clusters(6, 30, 16, spread=spread, seed=1) for spread in (0.4, 2.0))
    x, y = mixed if request.param in ("mixed", "unscaled", "in vain") else apart
    if request.param == "unscaled":
        x = 20 * x * torch.logspace(-2, 2, 16) + 500
    elif request.param == "far":
        x = x + 1e4
    elif request.param == "tiny":
        x = 1e-4 * x + 3e-3
    elif request.param == "rare":
        rows = torch.tensor([*range(40), 60, 61, 90, 120, 121, 150])
        x, y = x[rows], y[rows]
    elif request.param == "one shot":
        x, y = x[::30], y[::30]
    elif request.param == "in vain":
        y = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
    elif request.param == "wide":
        x, y = clusters(4, 30, 80, spread=3.0, seed=2)
        x = x * torch.logspace(-3, 1, 80)
    return x, y


def test_the_loss_is_at_its_minimum_at_every_c(data: tuple[Tensor, Tensor]) -> None:
    """To 1e-6 of it, also where classes come apart and the loss is below 1e-6 itself."""
    x, y = data
    centred = x.double() - x.double().mean(0)  # the same problem, as the bias is free
    problem = Problem(x, y, torch.arange(len(y)), n_classes=int(y.max()) + 1)
    for solution, C in zip(
        solve(problem, CS, tolerance=1e-4, max_iterations=2000), CS, strict=True
    ):
        assert solution.converged
        found = loss(x, y, solution.weight, solution.bias, C)
        exact = by_sklearn(centred, y, C, solver="newton-cholesky", tol=1e-12)
        assert found <= loss(centred, y, *exact, C) * (1 + 1e-6), C


@pytest.mark.parametrize("C", [1e-2, 1e2, 1e6])
def test_the_loss_is_scikit_learns_or_lower(
    clusters: Callable[..., tuple[Tensor, Tensor]], C: float
) -> None:
    x, y = clusters(6, 30, 16, spread=0.4, seed=1)
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    (solution,) = solve(problem, [C], tolerance=1e-4, max_iterations=2000)
    found = loss(x, y, solution.weight, solution.bias, C)
    assert found <= loss(x, y, *by_sklearn(x.double(), y, C, tol=1e-12), C) * (1 + 1e-6)


def test_a_weak_fit_still_sorts_the_classes(
    clusters: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    """Features so small that the penalty keeps all logits at 0, except for their order."""
    x, y = clusters(5, 30, 20, spread=0.4, seed=3)
    problem = Problem(1e-8 * x, y, torch.arange(len(y)), n_classes=5)
    for solution in solve(problem, [10.0, 1e3, 1e6], tolerance=1e-4, max_iterations=2000):
        logits = 1e-8 * x.double() @ solution.weight.T + solution.bias
        assert (logits.argmax(1) == y).double().mean() > 0.95


def test_features_that_do_not_vary_teach_how_frequent_classes_are() -> None:
    y = torch.tensor([0, 0, 0, 1])
    problem = Problem(torch.ones(4, 3), y, torch.arange(4), n_classes=2)
    (solution,) = solve(problem, [1.0], tolerance=1e-4, max_iterations=100)
    assert solution.converged
    p = torch.softmax(torch.ones(3).double() @ solution.weight.T + solution.bias, 0)
    assert p.tolist() == pytest.approx([0.75, 0.25])


def test_only_the_given_rows_count_and_companions_change_nothing(
    clusters: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    x, y = clusters(6, 30, 16, spread=2.0, seed=1)
    count, keys = int(y.max()) + 1, {"tolerance": 1e-4, "max_iterations": 500}
    rows = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    rows = rows[: 2 * len(y) // 3].sort().values
    together = solve(Problem(x, y, rows, n_classes=count), [1e-3, 1.0, 1e4], **keys)
    problem = Problem(x[rows], y[rows], torch.arange(len(rows)), n_classes=count)
    for solution, C in zip(together, [1e-3, 1.0, 1e4], strict=True):
        (alone,) = solve(problem, [C], **keys)
        losses = [loss(x[rows], y[rows], s.weight, s.bias, C) for s in (solution, alone)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_two_classes_mean_what_scikit_learns_c_means(
    clusters: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    x, y = clusters(2, 40, 5, spread=1.5, seed=2)
    problem = Problem(x, y, torch.arange(len(y)), n_classes=2)
    (solution,) = solve(problem, [0.5], tolerance=1e-7, max_iterations=500)
    weight, bias = by_sklearn(x.double(), y, 0.5, tol=1e-10)
    np.testing.assert_allclose(solution.weight, weight, atol=1e-3)
    np.testing.assert_allclose(solution.bias, bias, atol=1e-3)


def test_iterations_are_limited_and_it_says_so(
    clusters: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    x, y = clusters(6, 30, 16, spread=2.0, seed=1)
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    for limit in (1, 3):
        found = solve(problem, [1.0, 1e4], tolerance=1e-4, max_iterations=limit)
        assert [solution.iterations for solution in found] == [limit, limit]
        assert not any(solution.converged for solution in found)


def test_where_rounding_ends_the_descent_the_last_good_point_is_kept(
    clusters: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    x, y = clusters(6, 30, 16, spread=2.0, seed=1)
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    (solution,) = solve(problem, [1.0], tolerance=1e-30, max_iterations=300)
    wanted = by_sklearn(x.double(), y, 1.0, tol=1e-12)
    found = loss(x, y, solution.weight, solution.bias, 1.0)
    assert not solution.converged
    assert solution.iterations < 300
    assert found == pytest.approx(loss(x, y, *wanted, 1.0), rel=1e-9)
