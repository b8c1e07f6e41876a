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

Numbers = tuple[signal.Signals, ...]


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
            lines = [" ".join(process.cmdline()) for process in self.work.processes()]
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


def disturb(work: Work, stage: str, number: signal.Signals, dice: random.Random) -> str:
    """Signal Snakemake while it has a job of a stage; return what it said."""
    run = Run(work)
    run.wait_until_at_work(stage)
    time.sleep(0.3 * dice.random())
    run.process.send_signal(number)
    status, said = run.end()
    assert status == (1 if number == signal.SIGTERM else -number), said
    work.check_none_is_partial()
    return said


def test_a_run_that_is_killed_again_and_again(work_on: Callable[..., Work]) -> None:
    stages = ("clone shard", "training", "probe search")
    work, dice = work_on(*stages), random.Random(0)
    for stage in stages:
        disturb(work, stage, signal.SIGKILL, dice)
        status, said = Run(work).end()
        assert status == 1
        assert "Error: Directory cannot be locked" in said
        Run(work, "--unlock").finish()
    Run(work).finish()
    work.check_whole()


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_run_that_ends_before_its_time(
    stage: str, number: signal.Signals, work_on: Callable[..., Work]
) -> None:
    work = work_on(stage)
    disturb(work, stage, number, random.Random(f"{stage} {number}"))
    if number == signal.SIGKILL:
        Run(work, "--unlock").finish()
    Run(work).finish()
    work.check_whole()


def test_two_runs_at_once(work_on: Callable[..., Work]) -> None:
    work = work_on("clone shard")
    first = Run(work)
    first.wait_until_at_work("clone shard")
    second = Run(work).process
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 1, said
    assert "Error: Directory cannot be locked" in said
    first.finish()
    work.check_whole()
