"""A job of each stage is killed, or asked to stop, at random moments, and run again."""

import random
import signal
from collections.abc import Callable

import pytest

from cogworks.core.warm.start import Warm

from .stages import STAGES, Job, Work


def disturb(work: Work, warm: Warm, number: signal.Signals, dice: random.Random) -> int:
    """Signal a job at a random moment of its work; return its status."""
    share = 1.0
    while True:
        job = Job(work, warm)
        job.wait_until_loaded()
        if not job.is_over(share * job.seconds * dice.random()):
            job.process.send_signal(number)
            if status := job.end():
                return status
        # Too late: its moment was after its end.
        assert job.end() == 0, job.log.read_text()
        work.check_whole()
        work.clear()
        share *= 0.8


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("times", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_a_job_that_ends_before_its_time(
    stage: str,
    number: signal.Signals,
    times: int,
    work_on: Callable[..., Work],
    warm: Warm,
) -> None:
    work = work_on(stage)
    dice = random.Random(f"{stage} {number} {times}")
    for _ in range(times):
        disturb(work, warm, number, dice)
        work.check_none_is_partial()
    Job(work, warm).finish()
    work.check_whole()
