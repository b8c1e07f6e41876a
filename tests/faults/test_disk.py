"""The disk is full, or cannot be written to."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from cogworks.core.warm.start import Warm

from .stages import STAGES, Job, Work
from .table import Fault, quoted

SIZE = 64 * 2**20


class Disk:
    """A small disk that holds the results of a copied run; wants root."""

    def __init__(self, work: Work) -> None:
        self.place, self.work = work.folder / "results", work
        self.filler = self.place / ".filler"
        self.before = self.place.rename(work.folder / "before")
        self.place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(self.place)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk of its own for this test: {done.stderr.strip()}")
        shutil.copytree(self.before, self.place, symlinks=True, dirs_exist_ok=True)

    def fill(self, leaving: int) -> None:
        """Leave so many bytes."""
        disk = os.statvfs(self.place)
        with self.filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - leaving)

    def make_room(self) -> None:
        """Take the filling away."""
        self.filler.unlink()

    def set_writable(self, writable: bool) -> None:
        """Mount it so that it can be written to, or not."""
        option = "remount,rw" if writable else "remount,ro"
        subprocess.run(["mount", "-o", option, str(self.place)], check=True)

    def end(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


@pytest.fixture
def disk_of() -> Iterator[Callable[[Work], Disk]]:
    """Return what puts the results of a copied run on a disk of their own."""
    made: list[Disk] = []

    def disk_of(work: Work) -> Disk:
        made.append(Disk(work))
        return made[-1]

    yield disk_of
    for disk in made:
        disk.end()


def size_of(work: Work) -> int:
    """Return the bytes of what a stage makes."""
    root = work.finished / "results"
    found = [path for name in work.outputs for path in root.glob(name)]
    files = [file for path in found for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.stat().st_size for file in files)


def refused(work: Work, warm: Warm) -> str:
    """Run a job that cannot write, and return what it says of that."""
    job = Job(work, warm)
    assert job.end() == 1
    log = job.log.read_text()
    assert "Traceback" not in log, log
    work.check_none_is_partial()
    [line] = [line for line in log.splitlines() if line.startswith("error: ")]
    return quoted(re.sub(r"\d+ of", "some of", line.removeprefix("error: ")))


@pytest.mark.fault("Disks", "full: {stage}", how="it has room for half of what the job makes")
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk(
    stage: str,
    work_on: Callable[..., Work],
    disk_of: Callable[[Work], Disk],
    warm: Warm,
    fault: Fault,
) -> None:
    work = work_on(stage)
    disk = disk_of(work)
    disk.fill(leaving=size_of(work) // 2)
    line = refused(work, warm)
    disk.make_room()
    Job(work, warm).finish()
    work.check_whole()
    fault.lost(STAGES[stage].killed)
    # Extraction says so before it begins.
    assert "No space left on device" in line or "free some" in line
    fault.seen(f"error: {line}")


@pytest.mark.fault("Disks", "read-only: {stage}", how="mounted so while the job starts")
@pytest.mark.parametrize("stage", STAGES)
def test_a_disk_that_is_read_only(
    stage: str,
    work_on: Callable[..., Work],
    disk_of: Callable[[Work], Disk],
    warm: Warm,
    fault: Fault,
) -> None:
    work = work_on(stage)
    disk = disk_of(work)
    disk.set_writable(False)
    line = refused(work, warm)
    assert "Read-only file system" in line
    fault.seen(f"error: {line}")
    disk.set_writable(True)
    Job(work, warm).finish()
    work.check_whole()
    fault.lost("nothing")
