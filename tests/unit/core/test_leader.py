"""What a leader has started ends with it, however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "workflow" / "scripts"
FOLLOWER = """
import signal, sys, threading
from cogworks.core.leader import follow
if sys.argv[1] == "keeps":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("state kept"))
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
follow()
print("works", flush=True)
threading.Event().wait(float(sys.argv[2]))
print("done")
"""
# Starts one by way of a shell, and waits, or ends at once.
LEADER = """
import subprocess, sys, time
from cogworks.core.leader import lead
lead()
shell, seconds, *command = sys.argv[1:]
subprocess.Popen(["sh", "-c", shell, "sh", *command])
time.sleep(float(seconds))
"""


def start(shell: str, seconds: str, *follower: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", LEADER, shell, seconds, sys.executable, "-c", FOLLOWER]
    return subprocess.Popen(
        [*command, *follower],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("shell", "follower", "told"),
    [
        ('exec "$@"', "keeps", "state kept\n"),
        ('"$@"; exit', "keeps", "state kept\n"),
        ('exec "$@"', "deaf", ""),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_is_asked_to_stop_when_its_leader_has_ended(
    shell: str, follower: str, told: str, number: signal.Signals
) -> None:
    with start(shell, "30", follower, "30") as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == "works\n"
        leader.send_signal(number)
        # Until nobody holds the pipes.
        assert leader.communicate(timeout=20) == ("", told)


def test_a_job_that_starts_after_its_leaders_end_does_nothing() -> None:
    with start('sleep 0.5; exec "$@"', "0", "does not", "30") as leader:
        assert leader.wait(20) == 0
        assert leader.communicate(timeout=20) == ("", "")


@pytest.mark.parametrize("leader", ["", "1 elsewhere"])
def test_without_a_leader_here_nothing_stops_it(leader: str) -> None:
    environment = {"PYTHONPATH": str(SCRIPTS), "COGWORKS_LEADER": leader}
    done = subprocess.run(
        [sys.executable, "-c", FOLLOWER, "keeps", "0.2"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "works\ndone\n"


# Its pool ends by itself where it is not killed.
POOL = """
import sys, time
from pathlib import Path
from cogworks.core.parallel import map_ordered

def slow(number):
    time.sleep(0.05)
    return number

if __name__ == "__main__":
    for number in map_ordered(slow, range(400), workers=2, label="work", unit="items"):
        print(number, flush=True)
"""


def test_the_processes_of_a_pool_die_with_the_one_that_made_them(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    with subprocess.Popen(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as maker:
        assert maker.stdout is not None
        assert maker.stdout.readline() == "0\n"
        maker.kill()
        maker.communicate(timeout=20)
