import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.training.launch import STOPPED, launch, launched, torchrun_command


def test_command_on_one_node() -> None:
    command = torchrun_command(["train.py", "--start"], processes=4, nodes=1, threads=2)
    assert command[:3] == [sys.executable, "-m", "torch.distributed.run"]
    assert "--nproc-per-node=4" in command
    assert "--standalone" in command
    assert command[-3:] == ["--", "train.py", "--start"]


def test_command_on_several_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "31")
    command = torchrun_command(["train.py", "--start"], processes=4, nodes=2, threads=2)
    assert command[:4] == ["srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1"]
    assert command[4:6] == ["--kill-on-bad-exit=1", "--cpus-per-task=8"]
    assert "--nproc-per-node=4" in command
    assert "--nnodes=2" in command
    assert "--rdzv-id=31" in command
    assert any(part.startswith("--rdzv-endpoint=") and part.endswith(":20031") for part in command)
    assert command[-3:] == ["--", "train.py", "--start"]


@pytest.mark.parametrize("nodes", [1, 2])
def test_torchrun_reads_the_commands_as_they_are_meant(nodes: int) -> None:
    """Its own parser, on the options of the rule's command line."""
    from torch.distributed.run import parse_args

    options = ["--start", "", "--manifest", "m", "--nodes", str(nodes), "--threads", "3"]
    command = torchrun_command(["train.py", *options], processes=3, nodes=nodes, threads=3)
    known = parse_args(command[command.index("torch.distributed.run") + 1 :])
    assert (known.training_script, known.training_script_args) == ("train.py", options)
    assert (known.nproc_per_node, known.nnodes) == ("3", "1:1" if nodes == 1 else "2")


def test_several_nodes_want_srun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"compute\.nodes: 2 nodes want Slurm's srun"):
        launch(["train.py"], processes=1, nodes=2, threads=1, state=tmp_path)


def test_launched_only_under_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert not launched()
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert launched()


# In torchrun's place: leaves its pid, waits to be asked to stop, then ends as it is told.
STAND_IN = """
import os, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
(folder / "ready").touch()
end = time.monotonic() + 30
while time.monotonic() < end and not Path(os.environ["COGWORKS_STOP_FILE"]).exists():
    time.sleep(0.01)
if sys.argv[2] == "finished":
    (folder / "state" / "finished.json").write_text("{}")
sys.exit(1 if sys.argv[2] == "failed" else 0)
"""
CALLER = """
import sys
from pathlib import Path
from cogworks.training import launch
launch.torchrun_command = lambda command, **_: command
folder = Path(sys.argv[5]) / "state"
sys.exit(launch.launch(sys.argv[2:], processes=2, nodes=1, threads=1, state=folder))
"""


@pytest.mark.parametrize(
    ("number", "end", "status"),
    [
        (signal.SIGTERM, "stopped", STOPPED),
        (signal.SIGUSR1, "stopped", STOPPED),
        (signal.SIGUSR1, "finished", 0),
        (signal.SIGTERM, "failed", 128 + signal.SIGTERM),
    ],
)
def test_a_signal_reaches_the_processes_and_the_status_is_true(
    number: signal.Signals, end: str, status: int, tmp_path: Path
) -> None:
    """Every process gets the signal; the one in torchrun's place is deaf to it."""
    scripts = Path(__file__).parents[3] / "workflow" / "scripts"
    command = [sys.executable, "-c", CALLER, "-", sys.executable, "-c", STAND_IN, str(tmp_path)]
    with subprocess.Popen(
        [*command, end], env=os.environ | {"PYTHONPATH": str(scripts)}, start_new_session=True
    ) as caller:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(caller.pid, number)
        os.killpg(caller.pid, number)
        assert caller.wait(30) == status
    assert STOPPED == 75
    assert not (tmp_path / "state" / "stop").exists()
