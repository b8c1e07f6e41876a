"""Half-written files of killed processes go, and nobody else's."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from cogworks.core import files, leftovers


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    """Have this process look into folders anew, as another one would."""
    yield
    leftovers.remove_from.cache_clear()


def write_slowly(target: Path, pipe: Connection) -> None:
    with files.atomic(target) as partial:
        partial.write_text("half")
        pipe.send(partial.name)
        pipe.recv()
        partial.write_text("whole")


def start_writing(target: Path) -> tuple[Any, Connection, str]:
    """Start a process that writes a file; return it, what lets it go on, and where it writes."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=write_slowly, args=(target, there))
    process.start()
    return process, here, here.recv()


@pytest.mark.fault(
    "Processes",
    "SIGKILL while a file is written",
    how="of the process that writes, with another one that writes beside it",
)
def test_what_a_killed_process_was_writing_is_removed_by_the_next_one(
    tmp_path: Path, fault: Any
) -> None:
    killed, _, left = start_writing(tmp_path / "a.txt")
    lives, pipe, kept = start_writing(tmp_path / "a.txt")
    killed.kill()
    killed.join()
    assert {path.name for path in tmp_path.iterdir()} == {left, kept}
    files.write_text("other", tmp_path / "b.txt")
    assert {path.name for path in tmp_path.iterdir()} == {kept, "b.txt"}
    fault.seen("what it was writing is removed by the next process that writes in the folder")
    pipe.send("go on")
    lives.join()
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "b.txt"}
    assert (tmp_path / "a.txt").read_text() == "whole"
    fault.lost("that file, which is written again")


def test_what_another_machine_writes_stays_for_a_week(tmp_path: Path) -> None:
    number = 2**22 + 1  # More than any process of Linux has.
    mine = leftovers.partial_path(tmp_path / "a.tar")
    dead = mine.with_name(mine.name.replace(f"-{os.getpid()}.", f"-{number}."))
    elsewhere = tmp_path / f".a.b.0123abcd-{number}.partial.tar"
    longer_ago = tmp_path / f".c.0123abcd-{number}.partial"
    shard = tmp_path / ".shard-00000.0123456789abcdef.partial"
    for path in (mine, dead, elsewhere, longer_ago, shard):
        path.touch()
    for path in (mine, longer_ago, shard):
        os.utime(path, times=2 * (time.time() - leftovers.QUIET_SECONDS - 60,))
    leftovers.remove_from(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine, elsewhere, shard])
