"""Snakemake is killed, or asked to stop, while jobs of each stage are at work; two run at once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from .stages import CONFIG, STAGES, Work, wait_until
from .table import Fault


class Run:
    """Snakemake at work on what the stages make."""

    def __init__(self, work: Work, *arguments: str) -> None:
        targets = [path for path in work.targets if not arguments]
        options = ["--snakefile", str(work.finished / "Snakefile"), "--configfile", CONFIG.name]
        profile = ["--profile", str(work.finished / "profiles" / "local"), "--cores", "2"]
        self.work = work
        self.process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *options, *profile, *arguments, *targets],
            cwd=work.folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_at_work(self, stage: str) -> None:
        """Wait until a job of a stage runs, and what it leaves on its way is there."""
        words, work = STAGES[stage].words, STAGES[stage].work

        def runs() -> bool:
            lines = [" ".join(line) for _, line in self.work.processes()]
            return any(all(word in line for word in words) for line in lines)

        wait_until(lambda: self.process.poll() is not None or runs())
        if work:
            wait_until(lambda: self.process.poll() is not None or self.work.found(*work))

    def end(self) -> tuple[int, str]:
        """Wait for the end of it and of all its jobs; return its status and what it said."""
        said, _ = self.process.communicate(timeout=300)
        wait_until(lambda: not self.work.processes())
        return self.process.returncode, said

    def finish(self) -> str:
        """Wait for its good end and return what it said."""
        status, said = self.end()
        assert status == 0, said
        return said


def disturb(work: Work, stage: str, name: str, dice: random.Random) -> int:
    """Signal Snakemake while it has a job of a stage; return its status."""
    run = Run(work)
    run.wait_until_at_work(stage)
    time.sleep(0.3 * dice.random())
    run.process.send_signal(getattr(signal, name))
    status, _ = run.end()
    work.check_none_is_partial()
    return status


LOCKED = "Error: Directory cannot be locked"


@pytest.mark.fault(
    "Processes",
    "SIGKILL of Snakemake, again and again",
    how="while it draws a clone, then while it trains, then while it searches",
)
def test_a_run_that_is_killed_again_and_again(work_on: Callable[..., Work], fault: Fault) -> None:
    stages = ("clone shard", "training", "probe search")
    work, dice = work_on(*stages), random.Random(0)
    for stage in stages:
        assert disturb(work, stage, "SIGKILL", dice) == -signal.SIGKILL
        Run(work, "--unlock").finish()
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
        fault.seen("it waits for its job, and ends")
        fault.lost("nothing")
    Run(work).finish()
    work.check_whole()


@pytest.mark.fault("Processes", "two runs at once", how="a second Snakemake while the first draws")
def test_two_runs_at_once(work_on: Callable[..., Work], fault: Fault) -> None:
    work = work_on("clone shard")
    first = Run(work)
    first.wait_until_at_work("clone shard")
    jobs = [process for process, _ in work.processes() if process.pid != first.process.pid]
    for process in jobs:
        process.suspend()
    second = Run(work).process
    said, _ = second.communicate(timeout=60)
    for process in jobs:
        process.resume()
    assert second.returncode == 1, said
    assert LOCKED in said
    fault.seen(f"the second one: `{LOCKED}`")
    first.finish()
    work.check_whole()
    fault.lost("nothing")
