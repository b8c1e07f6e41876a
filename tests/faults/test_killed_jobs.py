"""A job of each stage is killed, or asked to stop, and run again; two of them run at once."""

import contextlib
import random
import re
import signal
import tarfile
from collections.abc import Callable

import pytest

from cogworks.core.warm.start import Warm

from .stages import STAGES, Job, Work
from .table import Fault


def disturb(work: Work, warm: Warm, name: str, dice: random.Random) -> None:
    """Signal a job at a random moment of its work."""
    share = 1.0
    while True:
        job = Job(work, warm)
        job.wait_until_loaded()
        if not job.is_over(share * job.seconds * dice.random()):
            job.process.send_signal(getattr(signal, name))
            if job.end() != 0:
                return
        # Too late: its moment was after its end.
        assert job.end() == 0, job.log.read_text()
        work.check_whole()
        work.clear()
        share *= 0.8


def drawn(work: Work) -> int:
    """Return how many images the partial file of a shard holds."""
    found = 0
    for path in work.found("synthesis/clone/.shard-*.partial"):
        with contextlib.suppress(tarfile.ReadError), tarfile.open(path) as tar:
            found += sum(member.name.endswith(".json") for member in tar)
    return found


@pytest.mark.fault("Processes", "{name} of a job: {stage}", how="at random moments of its work")
@pytest.mark.parametrize("times", [1, pytest.param(12, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_job_that_ends_before_its_time(
    stage: str, name: str, times: int, work_on: Callable[..., Work], warm: Warm, fault: Fault
) -> None:
    work, dice = work_on(stage), random.Random(f"{stage} {name} {times}")
    for _ in range(times):
        disturb(work, warm, name, dice)
        work.check_none_is_partial()
    chunks, images, cells = work.found("**/chunk-*.json"), drawn(work), work.finished_cells()
    log = Job(work, warm).finish()
    work.check_whole()
    fault.seen("no output, or a whole one; run again, the job ends with the same bytes")
    assert not chunks or f"resuming: {len(chunks)} of" in log
    assert not images or int(re.findall(r"tar: (\d+) of", log)[0]) in (images, images - 1)
    assert not cells - work.finished_cells()
    fault.lost(STAGES[stage].killed if name == "SIGKILL" else STAGES[stage].stopped)


@pytest.mark.fault("Processes", "two jobs at once: {stage}", how="one command line, started twice")
@pytest.mark.parametrize("stage", STAGES)
def test_two_jobs_at_once(
    stage: str, work_on: Callable[..., Work], warm: Warm, fault: Fault
) -> None:
    """As where a run was killed on another machine than that of the next one."""
    work = work_on(stage)
    jobs = [Job(work, warm, log=name) for name in ("", "-twin")]
    ends = [(job.process.wait(120), job.log.read_text()) for job in jobs]
    assert 0 in [status for status, _ in ends], ends
    for status, log in ends:
        assert status == 0 or re.search(r"error: .* process \d+ on .* is still writing", log), log
    work.check_whole()
    fault.seen("one ends well; the other one is refused, or makes the same bytes")
    fault.lost("nothing")
