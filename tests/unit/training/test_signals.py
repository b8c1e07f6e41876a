"""Signals to every process of a run, as Slurm sends them: the state is kept, or an older one."""

import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cogworks.training import checkpoint, run
from cogworks.training.run import Files, Options, train
from cogworks.training.specs import TrainSpec
from cogworks.training.trainer import Trainer
from cogworks.training.validation import Validation

FORK = multiprocessing.get_context("fork")
ALONE = Options(device="cpu", threads=1, workers=0, cache_mb=10, checkpoint_minutes=60)
# Workers that decode each image again live through the whole training.
WORKERS = Options(device="cpu", threads=1, workers=2, cache_mb=0, checkpoint_minutes=60)
MakeSpec = Callable[..., TrainSpec]
Results = Callable[[Path], dict[str, Any]]
Check = Callable[..., None]
InTwo = Callable[..., list[int]]
KEPT = 75
WHOLE: dict[str, Any] = {}


def files_in(folder: Path, data: Path) -> Files:
    state = folder / "run.state"
    return Files(data / "train.parquet", data / "test.parquet", folder / "run", state)


def signal_group(number: int) -> None:
    """Signal every process of this one's group from outside, and give it time to die of that."""
    command = ["sh", "-c", f"kill -{int(number)} -{os.getpgid(0)}"]
    subprocess.run(command, start_new_session=True, check=False)
    time.sleep(0.2)


def before(owner: Any, name: str, call: int, number: int) -> None:
    """Signal the group before the n-th call of a function (from 1)."""
    original, calls = getattr(owner, name), []

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        if len(calls) == call:
            signal_group(number)
        return original(*args, **kwargs)

    setattr(owner, name, wrapped)


def in_group(spec: TrainSpec, files: Files, options: Options, *moment: Any) -> int:
    """Train in a process group of its own that is signalled at a moment; return the exit code."""

    def child() -> None:
        os.setsid()
        # Whoever started the tests in the background may have had them ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        before(*moment)
        raise SystemExit(0 if train(spec, files, options) else KEPT)

    process = FORK.Process(target=child)
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


@pytest.fixture
def whole(
    data: Path,
    make_spec: MakeSpec,
    results: Results,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What an uninterrupted run leaves; made once."""
    if not WHOLE:
        folder = tmp_path_factory.mktemp("whole")
        assert train(make_spec(), files_in(folder, data), ALONE)
        WHOLE.update(results(folder))
    return WHOLE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize(
    ("moment", "step"),
    [
        ((Trainer, "_train_step", 1), 1),
        ((Trainer, "_record", 5), 5),
        ((Validation, "evaluate", 2), 6),
        ((Validation, "_batch", 3), 9),
        ((checkpoint, "save_state", 1), 9),
    ],
    ids=["first step", "in an epoch", "before validating", "validating at the end", "saving"],
)
def test_the_state_is_kept_whatever_the_workers(
    number: signal.Signals,
    moment: tuple[Any, str, int],
    step: int,
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    whole: dict[str, Any],
    results: Results,
    assert_same: Check,
) -> None:
    files = files_in(tmp_path, data)
    # After the last step the signal changes nothing: the results come at once.
    assert in_group(make_spec(), files, WORKERS, *moment, number) == (KEPT if step < 9 else 0)
    assert torch.load(files.state / "last.pt", weights_only=True)["step"] == step
    assert step == 9 or train(make_spec(), files, ALONE)
    assert_same(whole, results(tmp_path))


def test_a_signal_while_a_checkpoint_is_written(
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    whole: dict[str, Any],
    results: Results,
    assert_same: Check,
) -> None:
    files, often = files_in(tmp_path, data), Options("cpu", 1, 2, 0, 1e-9)
    moment = (checkpoint.torch, "save", 4, signal.SIGTERM)
    assert in_group(make_spec(), files, often, *moment) == KEPT
    assert train(make_spec(), files, ALONE)
    assert_same(whole, results(tmp_path))


def test_a_signal_while_results_are_written_changes_nothing(
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    whole: dict[str, Any],
    results: Results,
    assert_same: Check,
) -> None:
    files = files_in(tmp_path, data)
    moment = (run, "_write_results", 1, signal.SIGTERM)
    assert in_group(make_spec(), files, WORKERS, *moment) == 0
    assert_same(whole, results(tmp_path))


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ((run, "build_model", 1), signal.SIGTERM),
        ((Trainer, "_record", 2), signal.SIGINT),
        ((Trainer, "_record", 2), signal.SIGKILL),
    ],
    ids=["starting", "interrupted", "killed"],
)
def test_an_older_state_stays_whole(
    moment: tuple[Any, str, int],
    number: signal.Signals,
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    whole: dict[str, Any],
    results: Results,
    assert_same: Check,
) -> None:
    """Neither the start nor an interrupt from the keyboard keeps a state, nor do they say so."""
    files = files_in(tmp_path, data)
    assert in_group(make_spec(), files, WORKERS, Trainer, "_record", 4, signal.SIGTERM) == KEPT
    kept = (files.state / "last.pt").read_bytes()
    assert in_group(make_spec(), files, WORKERS, *moment, number) not in (0, KEPT)
    assert (files.state / "last.pt").read_bytes() == kept
    assert train(make_spec(), files, ALONE)
    assert_same(whole, results(tmp_path))


@pytest.mark.parametrize(
    ("moment", "step"),
    [((Trainer, "_record", 4), 10), ((Validation, "evaluate", 1), 33)],
    ids=["in an epoch", "validating"],
)
def test_two_processes_keep_the_same_state_and_go_on_exactly(
    moment: tuple[Any, str, int],
    step: int,
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    make_images: Callable[..., Any],
    results: Results,
    assert_same: Check,
    in_two_processes: InTwo,
) -> None:
    """Loss and accuracy are recorded every third step, so that the stop falls between."""
    make_images(tmp_path, "train", 22)
    spec = make_spec(optimizer__batch=2, optimizer__epochs=1, optimizer__lr_per_256=0.1)
    options = Options("cpu", 1, 1, 0, 60)

    def files(name: str) -> Files:
        folder = tmp_path / name
        train_images = tmp_path / "train.parquet"
        return Files(train_images, data / "test.parquet", folder / "run", folder / "run.state")

    def plain(name: str) -> Callable[[int], None]:
        return lambda rank: train(spec, files(name), options) and None

    def stopped(rank: int) -> None:
        # Both in a group, which one of the two signals.
        leader = tmp_path / "leader"
        if rank == 0:
            os.setpgid(0, 0)
            leader.write_text(str(os.getpid()))
        else:
            while not leader.exists() or not leader.read_text():
                time.sleep(0.01)
            os.setpgid(0, int(leader.read_text()))
            before(*moment, signal.SIGTERM)
        raise SystemExit(0 if train(spec, files("cut"), options) else KEPT)

    assert in_two_processes(stopped, tmp_path) == [KEPT, KEPT]
    assert torch.load(files("cut").state / "last.pt", weights_only=True)["step"] == step
    assert in_two_processes(plain("cut"), tmp_path) == [0, 0]
    assert in_two_processes(plain("whole"), tmp_path) == [0, 0]
    assert_same(results(tmp_path / "whole"), results(tmp_path / "cut"))
