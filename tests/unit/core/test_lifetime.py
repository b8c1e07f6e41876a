"""A job's process ends at once, and yet does and says all that it would have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cogworks.core.codehash import SCRIPTS

SCRIPT = """
import gc
usual = gc.get_threshold()

from cogworks.core import cli

import argparse, atexit, os, sys, threading, time

class Large:
    def __del__(self, write=os.write):
        write(1, b"taken apart")

sys.kept = Large()

def work():
    time.sleep(0.2)
    print("a thread")

def main():
    argparse.ArgumentParser().parse_args(sys.argv[1:])
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() > 10_000
    atexit.register(print, "registered")
    threading.Thread(target=work).start()
    print("not flushed", end=" ")
    return 3

if __name__ == "__main__":
    cli.run(main)
"""


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [([], 3, "not flushed a thread\nregistered\n"), (["--wrong"], 2, ""), (["--help"], 0, "usage")],
)
def test_all_runs_but_what_is_in_memory_is_not_taken_apart(
    tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, str(script), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert done.stdout.startswith(said)
    assert "taken apart" not in done.stdout


def test_a_log_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT.replace("return 3", "return 0"))
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    with open("/dev/full", "w") as full:
        command = [sys.executable, str(script)]
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode != 0
    assert b"No space left" in done.stderr
