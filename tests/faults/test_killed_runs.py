"""Snakemake is killed, or asked to stop, while jobs of each stage are at work; two run at once."""

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from .stages import STAGES, Run, Work
from .table import Fault


@contextlib.contextmanager
def held(run: Run) -> Iterator[None]:
    """Hold the jobs of a run, so that none ends meanwhile."""
    jobs = [process for process, _ in run.work.processes() if process.pid != run.process.pid]
    for process in jobs:
        with contextlib.suppress(psutil.Error):
            process.suspend()
    yield
    for process in jobs:
        with contextlib.suppress(psutil.Error):
            process.resume()


def disturb(work: Work, stage: str, name: str, dice: random.Random) -> int:
    """Signal Snakemake while it has a job of a stage; return its status."""
    run = Run(work)
    run.wait_until_at_work(stage)
    with held(run):
        time.sleep(0.3 * dice.random())
        run.process.send_signal(getattr(signal, name))
    status, _ = run.end()
    work.check_none_is_partial()
    return status


LOCKED = "Error: Directory cannot be locked"


@pytest.mark.fault(
    "Processes",
    "SIGKILL of Snakemake, again and again",
    how="while it draws a clone, then while it trains",
)
def test_a_run_that_is_killed_again_and_again(work_on: Callable[..., Work], fault: Fault) -> None:
    stages = ("clone shard", "training")
    work, dice = work_on(*stages), random.Random(0)
    ends = []
    for stage in stages:
        ends.append(disturb(work, stage, "SIGKILL", dice))
        Run(work, "--unlock").finish()
    # On a busy machine the short training may have ended before.
    assert ends in ([-signal.SIGKILL, -signal.SIGKILL], [-signal.SIGKILL, 0])
    fault.seen("its jobs stop as asked to by SIGTERM; after `--unlock` the next run goes on")
    Run(work).finish()
    work.check_whole()
    fault.lost("what SIGTERM of these jobs loses")


@pytest.mark.fault("Processes", "{name} of Snakemake: {stage}", how="while it has such a job")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_ends_before_its_time(
    stage: str, name: str, work_on: Callable[..., Work], fault: Fault
) -> None:
    work = work_on(stage)
    status = disturb(work, stage, name, random.Random(f"{stage} {name}"))
    if name == "SIGKILL":
        assert status == -signal.SIGKILL
        assert LOCKED in Run(work).end()[1]
        Run(work, "--unlock").finish()
        fault.seen("its job stops as asked to by SIGTERM; after `--unlock` the next run goes on")
        fault.lost(STAGES[stage].stopped)
    else:
        assert len(work.found(*work.outputs)) == len(work.outputs)
        fault.seen("it waits for its job, and ends")
        fault.lost("nothing")
    Run(work).finish()
    work.check_whole()


@pytest.mark.fault("Processes", "two runs at once", how="a second Snakemake while the first draws")
def test_two_runs_at_once(work_on: Callable[..., Work], fault: Fault) -> None:
    work = work_on("clone shard")
    first = Run(work)
    first.wait_until_at_work("clone shard")
    noted = work.folder / ".snakemake" / "remade.json"
    before = noted.stat().st_mtime_ns
    with held(first):
        second = Run(work).process
        said, _ = second.communicate(timeout=60)
    assert second.returncode == 1, said
    assert LOCKED in said
    # It leaves alone what the first one has written down for its jobs and for the next run.
    assert noted.stat().st_mtime_ns == before
    fault.seen(f"the second one: `{LOCKED}`")
    first.finish()
    assert not noted.exists()
    work.check_whole()
    fault.lost("nothing")
