"""Probes on a GPU: near the CPU's, the same bytes twice, and wherever their features are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from cogworks.probes import stack, table
from cogworks.probes.batches import reader
from cogworks.probes.fit import fit
from cogworks.probes.lbfgs import Problem, solve
from cogworks.probes.models import job_models
from cogworks.probes.stack import Group, Member, Recipe, Stack, train
from cogworks.probes.tune import tune

CPU = torch.device("cpu")
LR, DECAY = [0.1, 1.0, 10.0], [1e-4, 1e-6, 1e-12]
QUICK = {
    "sgd": {"epochs": 3, "batch_size": 64, "trials": 6, "first_batch": 3, "batch": 3},
    "lbfgs": {"trials": 4, "first_batch": 2, "batch": 2},
    "knn": {"k": 5},
}


@pytest.fixture(scope="module")
def data(clusters: Callable[..., tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    return clusters(40, 50, 256, spread=1.0, seed=0)


def run(x: Tensor, y: Tensor, groups: list[Group], device: torch.device, **keys: Any) -> Stack:
    recipe = Recipe(
        **{"epochs": 4, "batch_size": 256, "momentum": 0.9, "schedule": "cosine"} | keys
    )
    n_classes = int(y.max()) + 1
    return train(groups, n_classes=n_classes, source=reader(x, y, device), recipe=recipe)


def weights(trained: Stack) -> list[Tensor]:
    return [part for member in trained.members for part in trained.classifier(member)]


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return len(a) == len(b) and all(map(torch.equal, a, b))


@pytest.mark.parametrize(
    ("precision", "compiled", "within"),
    [
        ("float32", False, 1e-4),
        ("float32", True, 1e-4),
        ("tf32", False, 0.02),
        ("tf32", True, 0.02),
        ("bfloat16", False, 0.05),
        ("bfloat16", True, 0.05),
    ],
)
def test_weights_are_those_of_the_cpu(
    data: tuple[Tensor, Tensor], cuda: torch.device, precision: str, compiled: bool, within: float
) -> None:
    x, y = data
    groups = [Group(torch.arange(seed, 1900 + seed), seed, LR, DECAY) for seed in (0, 1)]
    there = run(x.to(cuda), y, groups, cuda, precision=precision, compile=compiled)
    here = run(x, y, groups, CPU)
    for found, wanted in zip(weights(there), weights(here), strict=True):
        assert (found - wanted).norm() < within * wanted.norm()
    val = [torch.arange(1901, 2000)] * 2
    allowed = 1 if precision == "float32" else 5
    assert there.correct(val) == pytest.approx(here.correct(val), abs=allowed)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_replayed_step_has_the_bits_of_one_as_it_is(
    data: tuple[Tensor, Tensor],
    cuda: torch.device,
    precision: str,
    compiled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = data[0].to(cuda), data[1]
    groups = [Group(torch.arange(1900), 0, LR, DECAY)]
    how = {"precision": precision, "compile": compiled}
    replayed = run(x, y, groups, cuda, **how)
    monkeypatch.setattr(stack, "Replay", lambda work, steady: work)
    assert same(weights(run(x, y, groups, cuda, **how)), weights(replayed))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_bytes_are_the_same_twice_and_from_the_host(
    data: tuple[Tensor, Tensor], cuda: torch.device, precision: str, compiled: bool
) -> None:
    x, y = data
    groups = [Group(torch.arange(1900), seed, LR, DECAY) for seed in (0, 1)]
    first, second, streamed = (
        run(home, y, groups, cuda, precision=precision, compile=compiled)
        for home in (x.to(cuda), x.to(cuda), x)
    )
    assert same(weights(first), weights(second))
    assert same(weights(first), weights(streamed))
    val = [torch.arange(1900, 2000)] * 2
    assert first.correct(val) == streamed.correct(val)


@pytest.mark.parametrize("dim", [64, 256])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_group_has_the_same_bits_alone_and_in_company(
    data: tuple[Tensor, Tensor], cuda: torch.device, dim: int, precision: str, compiled: bool
) -> None:
    x, y = data[0][:, :dim].contiguous().to(cuda), data[1]
    groups = [
        Group(torch.arange(first, first + 1500), seed, LR[: seed + 1], DECAY[: seed + 1])
        for seed, first in enumerate((0, 200, 400))
    ]
    how = {"precision": precision, "compile": compiled}
    together = run(x, y, groups, cuda, **how)
    for number, group in enumerate(groups):
        alone = run(x, y, [group], cuda, **how)
        for place in range(len(group.lr)):
            own = alone.classifier(Member(0, place))
            assert same(list(together.classifier(Member(number, place))), list(own)), (
                number,
                place,
            )


def test_lbfgs_is_near_the_cpu_and_the_same_twice_and_from_the_host(
    data: tuple[Tensor, Tensor], cuda: torch.device
) -> None:
    x, y = data

    def solved(home: Tensor, device: torch.device) -> list[Any]:
        problem = Problem(home, y, torch.arange(1500), n_classes=40, device=device)
        return solve(problem, [1e-2, 1.0, 100.0], tolerance=1e-4, max_iterations=500)

    first, second, streamed = (solved(home, cuda) for home in (x.to(cuda), x.to(cuda), x))
    for one, two, three, other in zip(first, second, streamed, solved(x, CPU), strict=True):
        assert torch.equal(one.weight, two.weight)
        assert torch.equal(one.weight, three.weight)
        assert one.converged
        assert (one.weight - other.weight).norm() < 0.01 * other.weight.norm()


@pytest.mark.parametrize("kind", ["sgd", "lbfgs", "knn"])
def test_a_job_is_near_the_cpus_and_has_the_same_bytes_twice_and_from_the_host(
    kind: str,
    store: Any,
    tmp_path: Path,
    plan_job: Callable[..., Any],
    cuda: torch.device,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.toy(n_classes=20, train=60, test=20, dim=64)
    job = plan_job(kind=kind, shots=[4, "all"], seeds=2, **QUICK[kind])

    def done(name: str, device: torch.device) -> tuple[Any, Any, dict[str, bytes]]:
        folder, how = tmp_path / name, job.fit_spec.normalize
        train_source = store.source("toy", "train", normalize=how)
        trials = None
        if kind != "knn":
            trials = tune(job.tune_spec, train_source, folder / "tuning", code="c", device=device)
        scores = fit(
            job.fit_spec,
            folder / "cells",
            job_models(job.fit_spec, train_source, device),
            train=train_source,
            tests=[("toy", store.source("toy", "test", normalize=how))],
            trials=trials,
            code="c",
            device=device,
        )
        files = sorted(path for path in (folder / "cells").rglob("*") if path.is_file())
        return trials, scores, {str(p.relative_to(folder)): p.read_bytes() for p in files}

    first, second, here = done("first", cuda), done("second", cuda), done("cpu", CPU)
    monkeypatch.setattr(table, "fits", lambda *_: False)
    streamed = done("streamed", cuda)
    for other in (second, streamed):
        assert other[2] == first[2]
        assert other[1].equals(first[1])
        assert first[0] is None or other[0].equals(first[0])
    assert (first[1]["top1"] - here[1]["top1"]).abs().max() <= 2
    assert first[1]["top1"].min() > 20
