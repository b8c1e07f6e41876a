"""A job forked from the warm server is the job that its command line describes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cogworks.core.warm import start
from cogworks.core.warm.start import CLIENT, Warm

SCRIPT = """
import json, os, signal, sys, time
import numpy as np  # what the server loads once

def main():
    if "wait" in sys.argv:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
        print(os.getpid(), flush=True)
        time.sleep(60)
    os.umask(mask := os.umask(0))
    found = {
        "arguments": sys.argv[1:], "name": __name__, "folder": os.getcwd(), "umask": mask,
        "path": sys.path[0], "mine": os.environ.get("MINE"), "input": sys.stdin.read(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }
    print(json.dumps(found))
    print("to the log", file=sys.stderr)
    if "die" in sys.argv:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "fail" in sys.argv:
        raise ValueError("as usual")

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "scripts" / "job.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def warm() -> Iterator[Warm]:
    """A server, ended as it ends with its run's process: by the end of its standard input."""
    warm = Warm()
    warm.start()
    yield warm
    warm.stop()


def run(words: tuple[str, ...], *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*words, *arguments],
        cwd=folder,
        env={**os.environ, "MINE": "é \udcff", "OMP_NUM_THREADS": "2"},
        input="from the shell",
        capture_output=True,
        text=True,
        umask=0o027,
    )


@pytest.mark.parametrize("arguments", [[], ["a b", "", "fail"], ["die"]])
def test_a_job_is_as_without_a_server(
    warm: Warm, script: Path, tmp_path: Path, arguments: list[str]
) -> None:
    plain = run(Warm().command(sys.executable, str(script)), *arguments, folder=tmp_path)
    forked = run(warm.command(sys.executable, str(script)), *arguments, folder=tmp_path)
    assert (forked.returncode, forked.stdout) == (plain.returncode, plain.stdout)
    assert forked.stdout
    assert forked.stderr.splitlines()[-1:] == plain.stderr.splitlines()[-1:]


def test_an_edited_source_is_what_runs(warm: Warm, script: Path, tmp_path: Path) -> None:
    helper = script.with_name("helper.py")
    helper.write_text("VALUE = 'old'\n")
    script.write_text("import helper\nif __name__ == '__main__':\n    print(helper.VALUE)\n")
    words = warm.command(sys.executable, str(script))
    assert run(words, folder=tmp_path).stdout == "old\n"
    helper.write_text("VALUE = 'new'\n")
    assert run(words, folder=tmp_path).stdout == "new\n"


def test_what_a_job_loads_late_is_loaded_for_the_next_one(
    warm: Warm, script: Path, tmp_path: Path
) -> None:
    script.with_name("late.py").write_text("import os\nLOADED_BY = os.getpid()\n")
    script.write_text(
        "import os\nif __name__ == '__main__':\n    import late\n"
        "    print(late.LOADED_BY == os.getpid())\n"
    )
    words = warm.command(sys.executable, str(script))
    assert [run(words, folder=tmp_path).stdout for _ in range(3)] == [
        "True\n",
        "False\n",
        "False\n",
    ]


def test_no_forks_where_a_gpu_may_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for there in (False, True):
        driver = tmp_path / f"driver-{there}"
        if there:
            driver.touch()
        monkeypatch.setattr(start, "_GPUS", driver)
        found = [device for device in ("auto", "cuda", "cpu") if start.can_fork(device)]
        assert found == (["cpu"] if there else ["auto", "cuda", "cpu"])


def test_without_a_server_the_client_becomes_the_job(script: Path, tmp_path: Path) -> None:
    words = (sys.executable, "-I", "-S", str(CLIENT), str(tmp_path / "none"), str(script))
    plain = run((sys.executable, str(script)), "x", folder=tmp_path)
    assert run(words, "x", folder=tmp_path).stdout == plain.stdout != ""


def waiting(warm: Warm, script: Path) -> tuple[subprocess.Popen[str], int]:
    """Start a job that waits, and return its client and its own process id."""
    words = warm.command(sys.executable, str(script))
    client = subprocess.Popen([*words, "wait"], stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    return client, int(client.stdout.readline())


def test_a_signal_reaches_the_job(warm: Warm, script: Path) -> None:
    client, _ = waiting(warm, script)
    client.terminate()
    assert client.wait(10) == 7


def test_a_job_ends_with_its_client(warm: Warm, script: Path) -> None:
    client, job = waiting(warm, script)
    client.kill()
    client.wait()
    assert ended(job)


def test_jobs_outlive_their_run_and_the_server_does_not(script: Path) -> None:
    warm = Warm()
    warm.start()
    client, job = waiting(warm, script)
    place = Path(warm.command("", "")[-2])
    assert place.exists()
    warm.stop(wait=False)
    time.sleep(0.2)
    assert client.poll() is None
    os.kill(job, signal.SIGTERM)
    assert client.wait(10) == 7
    assert warm.stop() == 0
    assert not place.parent.exists()


def ended(pid: int) -> bool:
    """Say whether a process ends within ten seconds."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False
