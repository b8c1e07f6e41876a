"""1, 3 and 7 shards, killed at random, with other batch sizes: the same bytes.

The processes are forked from this one, which has the libraries loaded, so that each starts at once.
That is safe with torch held to one thread: there is no pool of threads that a fork would lose.
"""

import errno
import hashlib
import io
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.context import ForkContext, ForkProcess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from cogworks.core import lock
from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.synthesis import shard
from cogworks.synthesis.draw import Artist
from cogworks.synthesis.job import draw_shard
from cogworks.synthesis.shard import read_shard
from cogworks.synthesis.specs import PartSpec

WNIDS = [f"n0000000{number}" for number in range(1, 9)]
EACH = 4


@pytest.fixture
def server() -> Iterator[ForkContext]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield multiprocessing.get_context("fork")
    torch.set_num_threads(threads)


@pytest.fixture
def job(marker: Path, drawing: PartSpec, tmp_path: Path) -> dict[str, Any]:
    """The arguments of `draw_shard` for a clone of 8 classes, 9 images each."""
    classes = pd.DataFrame({"label": range(8), "wnid": WNIDS, "images": EACH})
    prompts = pd.DataFrame({"label": range(8), "turn": 0, "prompt": WNIDS, "scene": None})
    write_parquet(classes, tmp_path / "classes.parquet")
    write_parquet(prompts, tmp_path / "prompts.parquet")
    return {
        "spec": drawing.model_copy(update={"steps": 8}),
        "marker": marker,
        "prompts": tmp_path / "prompts.parquet",
        "classes": tmp_path / "classes.parquet",
        "device": torch.device("cpu"),
    }


def draw(job: dict[str, Any], folder: Path, *, number: int, n_shards: int, batch_size: int) -> None:
    stem = folder / f"shard-{number:05d}"
    draw_shard(
        **job,
        number=number,
        n_shards=n_shards,
        batch_size=batch_size,
        output=stem.with_suffix(".tar"),
        index=stem.with_suffix(".parquet"),
    )


def images(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each image in all shards of a folder, from its bytes."""
    found = {}
    for path in sorted(folder.glob("shard-*.tar")):
        content = path.read_bytes()
        for record, offset, size, _ in read_shard(path):
            assert record.key not in found
            found[record.key] = hashlib.sha256(content[offset : offset + size]).hexdigest()
    return found


def start(server: ForkContext, *arguments: Any, **options: Any) -> ForkProcess:
    process = server.Process(target=draw, args=arguments, kwargs=options)
    process.start()
    return process


def wait_for_bytes(folder: Path, process: ForkProcess, count: int) -> None:
    """Wait until the partial files hold `count` bytes, or the process has ended."""
    while process.is_alive():
        if sum(path.stat().st_size for path in folder.glob(".*.partial")) >= count:
            return
        time.sleep(0.001)


def draw_and_die(arguments: dict[str, Any], folder: Path, *, byte: int, **options: int) -> None:
    """Draw a shard, and die as soon as its partial file holds `byte` bytes."""

    class Deadly(io.FileIO):
        def write(self, data: Any) -> int:
            room = byte - self.tell()
            if len(data) > room:
                super().write(data[: max(0, room)])
                os.kill(os.getpid(), signal.SIGKILL)
            return super().write(data)

    # Only in this process, which is a fork.
    shard.open = lambda path, mode: io.BufferedRandom(Deadly(path, mode))  # type: ignore[attr-defined]
    draw(arguments, folder, **options)


@pytest.mark.fault(
    "Processes",
    "SIGKILL of each of {n_shards} shards",
    how="twice, at random bytes of the file; other sizes of batches each time",
)
@pytest.mark.parametrize(("n_shards", "batch_size"), [(3, 5), (7, 8)])
def test_kills_shards_and_batches_do_not_show(
    job: dict[str, Any],
    server: ForkContext,
    tmp_path: Path,
    n_shards: int,
    batch_size: int,
    fault: Any,
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    draw(job, whole, number=0, n_shards=1, batch_size=8)
    length = read_shard(whole / "shard-00000.tar")[-1].end
    # Classes are not split: each shard holds at least so many bytes, give or take the compression.
    least = int(0.8 * length * (len(WNIDS) // n_shards) / len(WNIDS))
    dice = random.Random(n_shards)
    for number in range(n_shards):
        options = {"number": number, "n_shards": n_shards}
        for byte in sorted(dice.sample(range(least), 2)):
            options["batch_size"] = dice.choice([1, 2, 4])
            process = server.Process(
                target=draw_and_die, args=(job, broken), kwargs=options | {"byte": byte}
            )
            process.start()
            process.join()
            assert process.exitcode == -signal.SIGKILL
            (partial,) = broken.glob(".*.partial")
            assert partial.stat().st_size == byte
            assert not list(broken.glob(f"shard-{number:05d}*"))
        process = start(server, job, broken, **options | {"batch_size": batch_size})
        process.join()
        assert process.exitcode == 0
    assert images(broken) == images(whole)
    assert len(images(whole)) == len(WNIDS) * EACH
    assert not list(broken.glob(".*.partial"))
    assert not list(broken.glob(".*.lock"))
    fault.seen("the same images as of one shard that nothing disturbs")
    fault.lost("the batch of images in hand")


@pytest.mark.fault(
    "Processes", "SIGKILL of a shard at its end", how="between its table and its tar file"
)
def test_a_kill_between_the_table_and_the_tar_leaves_work_to_do(
    job: dict[str, Any],
    server: ForkContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Any,
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    options = {"number": 0, "n_shards": 1, "batch_size": 8}
    draw(job, whole, **options)

    replace = os.replace

    def die_at_the_tar(source: Path, target: Path) -> None:
        if Path(target).suffix == ".tar":
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die_at_the_tar)
        process = start(server, job, broken, **options)
        process.join()
    assert process.exitcode == -signal.SIGKILL
    assert [path.name for path in broken.glob("shard-*")] == ["shard-00000.parquet"]

    fault.seen("the table alone: the shard is no finished one; run again, the same bytes")
    with monkeypatch.context() as patch:
        patch.setattr(Artist, "draw", None)
        draw(job, broken, **options)
    for name in ("shard-00000.tar", "shard-00000.parquet"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()
    fault.lost("nothing: no image is drawn again")


@pytest.mark.fault(
    "Processes", "an orphan that draws a shard", how="a second job while the first one draws"
)
def test_an_orphan_keeps_its_shard(
    job: dict[str, Any], server: ForkContext, tmp_path: Path, fault: Any
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    slow = job | {"spec": job["spec"].model_copy(update={"steps": 200})}
    options = {"number": 0, "n_shards": 1, "batch_size": 4}
    process = start(server, slow, folder, **options)
    while process.is_alive() and not list(folder.glob(".*.lock")):
        time.sleep(0.005)
    time.sleep(0.2)  # the lock file exists a moment before it holds the id
    with pytest.raises(InputError, match=f"process {process.pid} on"):
        draw(job, folder, **options)
    fault.seen("the second one is refused, with the id of the first one")
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    draw(job, folder, **options)  # the kernel dropped the lock
    assert len(images(folder)) == 8 * EACH
    fault.lost("nothing")


@pytest.mark.fault(
    "Processes",
    "two jobs draw one shard where there are no locks",
    how="a second job when the first one has drawn some images; `flock` fails with ENOLCK",
)
def test_two_jobs_at_a_shard_without_locks(
    job: dict[str, Any],
    server: ForkContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Any,
) -> None:
    """They write the same bytes to the same places of one file."""
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    whole.mkdir()
    shared.mkdir()
    options = {"number": 0, "n_shards": 1, "batch_size": 4}
    draw(job, whole, **options)

    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    first = start(server, job, shared, **options)
    wait_for_bytes(shared, first, 3000)
    second = start(server, job, shared, **options)
    for process in (first, second):
        process.join()
    assert 0 in (first.exitcode, second.exitcode)
    for name in ("shard-00000.tar", "shard-00000.parquet"):
        assert (shared / name).read_bytes() == (whole / name).read_bytes()
    fault.seen("one ends well; the other one ends so, or finds the file gone or not whole yet")
    fault.lost("nothing")


def test_what_other_settings_left_behind_is_not_continued(
    job: dict[str, Any], server: ForkContext, tmp_path: Path
) -> None:
    folder, fresh = tmp_path / "out", tmp_path / "fresh"
    folder.mkdir()
    fresh.mkdir()
    options = {"number": 0, "n_shards": 1, "batch_size": 4}
    process = start(server, job, folder, **options)
    wait_for_bytes(folder, process, 3000)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert list(folder.glob(".*.partial"))
    other = job | {"spec": job["spec"].model_copy(update={"guidance": 7.5})}
    draw(other, folder, **options)
    draw(other, fresh, **options)
    assert images(folder) == images(fresh)
    assert not list(folder.glob(".*"))
