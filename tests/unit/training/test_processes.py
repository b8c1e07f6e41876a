"""Two gloo processes against one."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.training.batch_norm import AllReducedBatchNorm, synchronise
from cogworks.training.processes import Processes, join_processes
from cogworks.training.run import Files, Options, train
from cogworks.training.specs import TrainSpec
from cogworks.training.trainer import Totals, Trainer

InTwo = Callable[..., list[int]]
OPTIONS = Options(device="cpu", threads=1, workers=0, cache_mb=10, checkpoint_minutes=60)


def state_of(files: Files) -> dict[str, Any]:
    return torch.load(files.state / "last.pt", weights_only=True)


def compare(one: dict[str, Any], two: dict[str, Any]) -> None:
    for part in ("model", "companion"):
        for key, value in (one[part] or {}).items():
            torch.testing.assert_close(two[part][key], value, rtol=0, atol=2e-5, msg=key)
    for name in ("metric", "step"):
        assert one["metrics"][name] == two["metrics"][name]
    for metric, a, b in zip(
        one["metrics"]["metric"], one["metrics"]["value"], two["metrics"]["value"], strict=True
    ):
        if metric not in ("images_per_second", "wait_share"):
            assert b == pytest.approx(a, rel=1e-3, abs=1e-4), metric


@pytest.mark.parametrize(
    "changes",
    [
        {"loss__kind": "cosine"},
        {"loss__kind": "ocm", "loss__ema_mode": "train"},
        # A memory that ends within a batch: the order of the embeddings counts.
        {"loss__kind": "ocm", "optimizer__accumulation": 3},
        {"loss__kind": "ocm", "loss__ema_mode": "eval", "loss__ema_warmup": True},
        {"loss__kind": "look", "loss__k": 5},
        {"loss__kind": "softmax", "projector__enabled": False},
    ],
)
def test_two_processes_train_what_one_does(
    changes: dict[str, Any],
    data: Path,
    tmp_path: Path,
    make_spec: Callable[..., TrainSpec],
    in_two_processes: InTwo,
) -> None:
    # Few steps: rounding differs, and training amplifies it from step to step.
    spec = make_spec(optimizer__epochs=1, optimizer__lr_per_256=0.1, **changes)

    def files(name: str) -> Files:
        folder = tmp_path / name
        return Files(data / "train.parquet", data / "test.parquet", folder / "r", folder / "state")

    assert train(spec, files("one"), OPTIONS)
    codes = in_two_processes(lambda rank: train(spec, files("two"), OPTIONS) and None, tmp_path)
    assert codes == [0, 0]
    compare(state_of(files("one")), state_of(files("two")))
    assert (tmp_path / "two" / "r" / "encoder.safetensors").is_file()


def test_two_processes_train_a_finished_run_anew(
    data: Path, tmp_path: Path, make_spec: Callable[..., TrainSpec], in_two_processes: InTwo
) -> None:
    """One of them takes another's state away while the other one may be looking for it."""
    files = Files(data / "train.parquet", None, tmp_path / "r", tmp_path / "state")
    spec = make_spec(optimizer__epochs=1)

    def late(rank: int) -> None:
        if rank == 1:
            time.sleep(0.5)
        assert train(spec, files, OPTIONS)

    assert train(make_spec(optimizer__epochs=2), files, OPTIONS)
    assert in_two_processes(late, tmp_path) == [0, 0]


def test_the_state_of_two_processes_is_taken_up_by_one_and_back(
    data: Path, tmp_path: Path, make_spec: Callable[..., TrainSpec], in_two_processes: InTwo
) -> None:
    """The sums since the last record count once, whatever the number of processes.

    Only the second process gets the signal: both stop at the same step.
    """
    spec = make_spec(
        loss__kind="ocm",
        optimizer__epochs=2,
        optimizer__lr_per_256=1e-3,
        optimizer__batch=6,
    )

    def files(name: str) -> Files:
        folder = tmp_path / name
        return Files(data / "train.parquet", None, folder / "r", folder / "state")

    def stopped(rank: int) -> None:
        original = Trainer._record

        def record(self: Trainer, progress: Any) -> None:
            original(self, progress)
            if self.step == 7 and rank == 1:
                os.kill(os.getpid(), signal.SIGTERM)

        Trainer._record = record
        raise SystemExit(0 if train(spec, files("cut"), OPTIONS) else 75)

    with pytest.MonkeyPatch.context() as patch:
        # 14 steps, recorded every third one: step 10 falls between two records.
        patch.setattr("cogworks.training.trainer.RECORDS_PER_EPOCH", 2)
        assert train(spec, files("one"), OPTIONS)
        assert in_two_processes(stopped, tmp_path) == [75, 75]
        assert state_of(files("cut"))["step"] == 10
        assert float(state_of(files("cut"))["totals"].sum(dim=0)[2]) == 6 * 3
        assert train(spec, files("cut"), OPTIONS)
    compare(state_of(files("one")), state_of(files("cut")))


@pytest.mark.parametrize(("saved", "count"), [(1, 2), (2, 1), (3, 2), (2, 2)])
def test_sums_are_divided_among_any_number_of_processes(saved: int, count: int) -> None:
    sums = torch.arange(3.0 * saved, dtype=torch.float64).view(saved, 3)
    cpu = torch.device("cpu")
    shares = [Totals.share(sums, Processes(rank, count, cpu)).tensor() for rank in range(count)]
    torch.testing.assert_close(torch.stack(shares).sum(dim=0), sums.sum(dim=0))
    if saved == count:
        assert torch.equal(torch.stack(shares), sums)


def test_batch_norm_sees_both_batches(tmp_path: Path, in_two_processes: InTwo) -> None:
    torch.manual_seed(0)
    images = torch.randn(8, 3, 4, 4, dtype=torch.float32) * 2 + 1
    weights = torch.randn(8, 3, 4, 4)
    norm = torch.nn.BatchNorm2d(3)
    torch.nn.init.normal_(norm.weight)
    alone = images.clone().requires_grad_()
    output = norm(alone)
    (output * weights).sum().backward()

    def half(rank: int) -> None:
        torch.distributed.init_process_group("gloo")
        torch.manual_seed(0)
        mine = torch.nn.Sequential(torch.nn.BatchNorm2d(3))
        mine[0].load_state_dict({**norm.state_dict(), **fresh})
        synchronise(mine, torch.device("cpu"))
        assert type(mine[0]) is AllReducedBatchNorm
        part = slice(4 * rank, 4 * rank + 4)
        share = images[part].clone().requires_grad_()
        result = mine(share)
        (result * weights[part]).sum().backward()
        torch.testing.assert_close(result, output[part], rtol=0, atol=1e-6)
        torch.testing.assert_close(share.grad, alone.grad[part], rtol=0, atol=1e-5)
        for key, value in mine[0].state_dict().items():
            torch.testing.assert_close(value, norm.state_dict()[key], msg=key)
        inference = mine.eval()(share)
        torch.testing.assert_close(inference, norm.eval()(share))
        torch.distributed.destroy_process_group()

    fresh = {
        "running_mean": torch.zeros(3),
        "running_var": torch.ones(3),
        "num_batches_tracked": torch.tensor(0),
    }
    assert in_two_processes(half, tmp_path) == [0, 0]


def test_other_kinds_of_batch_norm_are_refused() -> None:
    module = torch.nn.Sequential(torch.nn.BatchNorm3d(2))
    with pytest.raises(InputError, match="0: BatchNorm3d cannot be synchronised on a CPU"):
        synchronise(module, torch.device("cpu"))


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(
        InputError, match=r"compute\.processes: process 3 of this node finds 2 GPUs"
    ):
        join_processes(torch.device("cuda"))
