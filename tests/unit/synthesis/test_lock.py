import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.synthesis.lock import hold


def _hold_forever(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with hold(path):
        ready.set()
        signal.pause()


def test_an_orphan_is_named_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".shard.lock"
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    orphan = context.Process(target=_hold_forever, args=(path, ready))
    orphan.start()
    assert ready.wait(30)
    with pytest.raises(InputError, match=rf"process {orphan.pid} on"), hold(path):
        pass
    assert orphan.pid is not None
    os.kill(orphan.pid, signal.SIGKILL)  # the kernel drops the lock of a dead process
    orphan.join()
    with hold(path):
        assert path.exists()
    assert not path.exists()


def test_one_after_the_other(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "lock"):
            pass
