from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from cogworks.probes.lbfgs import Problem, penalties, solve

CS = [1e-5, 1e-3, 0.1, 1.0, 30.0, 1e4]


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


@pytest.fixture(scope="module", params=["apart", "mixed", "unscaled"])
def data(
    request: pytest.FixtureRequest, clusters: Callable[..., tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor]:
    x, y = clusters(6, 30, 16, spread=0.4 if request.param == "apart" else 2.0, seed=1)
    if request.param == "unscaled":
        x = 20 * x * torch.logspace(-1, 1, 16) + 5
    return x, y


def test_the_loss_is_scikit_learns_or_lower_at_every_c(data: tuple[Tensor, Tensor]) -> None:
    x, y = data
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    for solution, C in zip(
        solve(problem, CS, tolerance=1e-4, max_iterations=2000), CS, strict=True
    ):
        assert solution.converged
        found = loss(x, y, solution.weight, solution.bias, C)
        assert found <= loss(x, y, *by_sklearn(x, y, C), C) + 1e-6


@pytest.mark.parametrize("C", [1e-3, 1.0, 30.0])
def test_a_small_tolerance_gives_the_true_optimum(data: tuple[Tensor, Tensor], C: float) -> None:
    x, y = data
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    (solution,) = solve(problem, [C], tolerance=1e-7, max_iterations=2000)
    wanted = by_sklearn(x.double(), y, C, tol=1e-10)
    found = loss(x, y, solution.weight, solution.bias, C)
    assert found == pytest.approx(loss(x, y, *wanted, C), abs=1e-6)
    if C < 1:
        np.testing.assert_allclose(solution.weight, wanted[0], atol=1e-3 * np.abs(wanted[0]).max())


def test_only_the_given_rows_count_and_companions_change_nothing(
    data: tuple[Tensor, Tensor],
) -> None:
    x, y = data
    rows = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))[:120].sort().values
    together = solve(Problem(x, y, rows, n_classes=6), CS, tolerance=1e-6, max_iterations=500)
    for solution, C in zip(together, CS, strict=True):
        problem = Problem(x[rows], y[rows], torch.arange(len(rows)), n_classes=6)
        (alone,) = solve(problem, [C], tolerance=1e-6, max_iterations=500)
        losses = [loss(x[rows], y[rows], s.weight, s.bias, C) for s in (solution, alone)]
        assert losses[0] == pytest.approx(losses[1], abs=2e-6)


def test_two_classes_mean_what_scikit_learns_c_means(
    clusters: Callable[..., tuple[Tensor, Tensor]],
) -> None:
    x, y = clusters(2, 40, 5, spread=1.5, seed=2)
    problem = Problem(x, y, torch.arange(len(y)), n_classes=2)
    (solution,) = solve(problem, [0.5], tolerance=1e-7, max_iterations=500)
    weight, bias = by_sklearn(x.double(), y, 0.5, tol=1e-10)
    np.testing.assert_allclose(solution.weight, weight, atol=1e-3)
    np.testing.assert_allclose(solution.bias, bias, atol=1e-3)


def test_iterations_are_limited_and_it_says_so(data: tuple[Tensor, Tensor]) -> None:
    x, y = data
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    found = solve(problem, [1.0, 1e4], tolerance=1e-12, max_iterations=3)
    assert [solution.iterations for solution in found] == [3, 3]
    assert not any(solution.converged for solution in found)


def test_where_rounding_ends_the_descent_the_last_good_point_is_kept(
    data: tuple[Tensor, Tensor],
) -> None:
    x, y = data
    problem = Problem(x, y, torch.arange(len(y)), n_classes=6)
    (solution,) = solve(problem, [1.0], tolerance=1e-13, max_iterations=300)
    wanted = by_sklearn(x.double(), y, 1.0, tol=1e-10)
    found = loss(x, y, solution.weight, solution.bias, 1.0)
    assert not solution.converged
    assert solution.iterations < 300
    assert found == pytest.approx(loss(x, y, *wanted, 1.0), abs=1e-6)
