import errno
import multiprocessing
import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cogworks.core import lock
from cogworks.core.errors import InputError
from cogworks.core.lock import hold, wait_for


def _hold_forever(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with hold(path, what="this shard"):
        ready.set()
        signal.pause()


@pytest.mark.fault(
    "Processes", "an orphan that holds a lock", how="another process holds it, and then is killed"
)
def test_an_orphan_is_named_until_it_ends(tmp_path: Path, fault: Any) -> None:
    path = tmp_path / "folder" / ".shard.lock"
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    orphan = context.Process(target=_hold_forever, args=(path, ready))
    orphan.start()
    assert ready.wait(30)
    with (
        pytest.raises(InputError, match=rf"process {orphan.pid} on") as caught,
        hold(path, what="this shard"),
    ):
        pass
    fault.seen(f"error: `{re.sub(r'process .* on [^ ]+', 'process N on HOST', str(caught.value))}`")
    assert orphan.pid is not None
    os.kill(orphan.pid, signal.SIGKILL)  # the kernel drops the lock of a dead process
    orphan.join()
    with hold(path, what="this shard"):
        assert path.exists()
    assert not path.exists()
    fault.lost("nothing")


def _die_before_a_helper(path: Path, told: int, tell: int) -> None:
    """Take a lock, start a helper that lives until the pipe is closed, and end."""
    held = hold(path, what="this shard")
    held.__enter__()
    if os.fork() == 0:
        os.close(tell)
        os.read(told, 1)
    os._exit(0)


@pytest.mark.fault(
    "Processes", "a killed job whose helpers still end", how="they inherited the lock that it held"
)
def test_helpers_of_a_dead_holder_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    path, (told, tell) = tmp_path / ".shard.lock", os.pipe()
    context = multiprocessing.get_context("fork")
    holder = context.Process(target=_die_before_a_helper, args=(path, told, tell))
    holder.start()
    holder.join()

    with monkeypatch.context() as patch:
        patch.setattr(lock, "HELPERS_END", 0.0)
        with (
            pytest.raises(InputError, match=rf"process {holder.pid} on"),
            hold(path, what="this shard"),
        ):
            pass

    sleep, waits = time.sleep, []

    def let_it_end(seconds: float) -> None:
        if not waits:
            os.close(tell)
        waits.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(lock.time, "sleep", let_it_end)
    with hold(path, what="this shard"):
        assert path.read_text().startswith(f"{os.getpid()} on ")
    assert waits
    os.close(told)
    fault.seen("the next job waits for their end, for ten seconds at most")
    fault.lost("nothing")


@pytest.mark.fault("Disks", "without locks: {name}", how="`flock` fails with this error")
@pytest.mark.parametrize("name", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_a_file_system_without_locks_is_no_other_holder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    fault: Any,
) -> None:
    number = getattr(errno, name)

    def refuse(*_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    with hold(tmp_path / "lock", what="this shard"):
        told = capsys.readouterr().err
    assert "this file system has no locks" in told
    fault.seen(f"in the log: `{told.strip()}`")
    fault.lost("nothing")


def test_one_after_the_other(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "lock", what="this shard"):
            pass


def test_waiting_for_a_lock_ends_when_it_is_released(tmp_path: Path) -> None:
    order = []

    def second() -> None:
        with wait_for(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with wait_for(tmp_path / "lock"):
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_where_no_lock_can_be_written_there_is_no_waiting(tmp_path: Path) -> None:
    with wait_for(tmp_path / "no folder" / "lock"):
        assert not (tmp_path / "no folder").exists()
