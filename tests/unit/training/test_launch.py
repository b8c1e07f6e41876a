import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cogworks.training.launch import STOPPED, launched, torchrun_command


def test_command_on_one_node() -> None:
    command = torchrun_command(["train.py", "--x"], processes=4, nodes=1)
    assert command[:3] == [sys.executable, "-m", "torch.distributed.run"]
    assert "--nproc-per-node=4" in command
    assert "--standalone" in command
    assert command[-2:] == ["train.py", "--x"]


def test_command_on_several_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "31")
    command = torchrun_command(["train.py"], processes=4, nodes=2)
    assert command[:4] == ["srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1"]
    assert "--nnodes=2" in command
    assert "--rdzv-id=31" in command
    assert any(part.startswith("--rdzv-endpoint=") and part.endswith(":20031") for part in command)


def test_launched_only_under_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert not launched()
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert launched()


STAND_IN = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, lambda *_: (Path(sys.argv[1] + ".told").touch(), sys.exit(1)))
Path(sys.argv[1]).touch()
time.sleep(30)
"""
CALLER = """
import sys
from cogworks.training import launch
launch.torchrun_command = lambda command, **_: command
sys.exit(launch.launch(sys.argv[1:], processes=2, nodes=1, threads=1))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_handed_on_and_ends_in_the_stopped_status(
    number: signal.Signals, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    scripts = Path(__file__).parents[3] / "workflow" / "scripts"
    command = [sys.executable, "-c", CALLER, sys.executable, "-c", STAND_IN, str(ready)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(scripts)}) as caller:
        deadline = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        caller.send_signal(number)
        assert caller.wait(30) == STOPPED == 75
    assert (tmp_path / "ready.told").exists()
