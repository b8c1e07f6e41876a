"""The command lines of the encoders room, and a kill in the middle of one."""

import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from cogworks.config.parse import parse
from cogworks.images.manifest import write_manifest
from cogworks.plan.plan import Plan

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts"
ENTRY = """
from torch import nn

class Net(nn.Module):
    def forward(self, images):
        return images.mean((2, 3))

def load():
    return Net(), 3
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with 64 images, their manifest, and an entry point."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(64):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(path)
        rows.append({"id": str(number), "path": str(path), "wnid": "n0"})
    frame = pd.DataFrame(rows).assign(container="file", locator=0, size=-1)
    write_manifest(frame, tmp_path / "m.parquet", dataset="set", split="train", classes=["n0"])
    (tmp_path / "net.py").write_text(ENTRY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments(stem: str, *extra: str, **section: Any) -> list[str]:
    """Return the arguments of `extract_features.py`: 64 batches of one image, four chunks."""
    section = {"entry_point": "net.py:load", "image_size": 8, "batch_size": 1} | section
    plan = Plan(parse({"encoders": {"mine": section}}))
    return [
        *("--spec", plan.encoders["mine"].spec.text),
        *("--device", "cpu", "--manifest", "m.parquet"),
        *("--features", f"{stem}.npy", "--index", f"{stem}.parquet", *extra),
    ]


def run(script: str, given: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a script as `python script.py ...` does, but without importing torch once more."""
    monkeypatch.setattr(sys, "argv", [script, *given])
    threads = torch.get_num_threads()
    try:
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(SCRIPTS / script), run_name="__main__")
    finally:
        torch.set_num_threads(threads)
    return int(end.value.code or 0)


def test_killed_and_resumed(
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    deadly: Callable[[str], dict[str, str]],
) -> None:
    """SIGKILL in mid-feature, and the identical file after."""
    assert run("extract_features.py", arguments("whole"), monkeypatch) == 0
    command = [sys.executable, str(SCRIPTS / "extract_features.py"), *arguments("killed")]
    killed = subprocess.run(command, env=deadly("*/chunk-000002.json"), check=False)
    assert killed.returncode == -signal.SIGKILL
    work = workplace / "killed.work"
    assert len(list(work.glob("chunk-*.json"))) == 2
    assert not (workplace / "killed.npy").exists()
    assert run("extract_features.py", arguments("killed"), monkeypatch) == 0
    assert "resuming: 2 of 4 chunks" in capfd.readouterr().out
    for suffix in ("npy", "parquet"):
        killed_file = (workplace / f"killed.{suffix}").read_bytes()
        assert killed_file == (workplace / f"whole.{suffix}").read_bytes()
    assert not work.exists()


def test_shards_and_merge(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("extract_features.py", arguments("whole"), monkeypatch) == 0
    for shard in ("0", "1"):
        given = arguments(f"joined.shards/{shard}-of-2", "--shard", shard, "--shards", "2")
        assert run("extract_features.py", given, monkeypatch) == 0
    assert run("extract_features.py", arguments("joined", "--shards", "2"), monkeypatch) == 0
    for suffix in ("npy", "parquet"):
        joined = (workplace / f"joined.{suffix}").read_bytes()
        assert joined == (workplace / f"whole.{suffix}").read_bytes()


def test_bad_input_is_one_line(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = arguments("x", entry_point=None, model="cogworks:small_resnet", checkpoint="none.pth")
    assert run("extract_features.py", given, monkeypatch) == 1
    assert capfd.readouterr().err == "error: none.pth: no such file\n"


def test_convert_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.ckpt"
    torch.save({"model": {"w": torch.ones(2, 3)}, "path": Path("/")}, path)
    given = ["--input", str(path), "--output", str(tmp_path / "x.safetensors")]
    assert run("convert_checkpoint.py", [*given, "--container", "model"], monkeypatch) == 0
    assert "1 tensors, 6 numbers" in capfd.readouterr().out
    assert run("convert_checkpoint.py", given, monkeypatch) == 1
    message = capfd.readouterr().err
    assert message.startswith("error: ")
    assert "model (1 tensors), path (pathlib.PosixPath)" in message
