"""train_encoder at the command line."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from cogworks.config.training import Run
from cogworks.core.files import read_parquet
from cogworks.images.manifest import write_manifest
from cogworks.plan import recipes
from cogworks.plan.runs import spec_of

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "train_encoder.py"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        pixels = rng.integers(0, 256, size=(16, 16, 3)).astype(np.uint8)
        pixels[..., number % 2] //= 3
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        path = folder / f"{number}.png"
        path.write_bytes(buffer.getvalue())
        rows.append({"id": path.name, "path": str(path), "wnid": f"n0000000{number % 2}"})
    frame = pd.DataFrame(rows).assign(container="file", locator=0, size=-1)
    write_manifest(
        frame,
        folder / "train.parquet",
        dataset="noise",
        split="train",
        classes=["n00000000", "n00000001"],
    )
    return folder / "train.parquet"


CONFIG = """
images:
  noise:
    source: {kind: parquet, path: no-pack.parquet, image_column: image, class_column: wnid}
    classes: {wnids: [n00000000, n00000001]}
    test_images: 1
training:
  one: &run
    dataset: noise
    scale: px32
    recipe: trex_star
    backbone: {options: {layers: [1, 1, 1, 1], channels: [8, 8, 8, 8], stem: conv3_stride2}}
    augmentation: {global_size: 16, local_size: 12, local_crops: 1}
    projector: {hidden: 8, bottleneck: 4}
    loss: {memory: 20}
    optimizer: {epochs: 8, batch: 12, lr_per_256: 0.002}
    compute: {threads: 1, workers: 1, processes: 1}
  two: {<<: *run, compute: {threads: 1, workers: 1, processes: 2}}
"""
RUNS = ("one", "two")
# Two an epoch.
STEPS = 16
KEPT = 75


@pytest.fixture(scope="module")
def project(
    manifest: Path, tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any]
) -> Path:
    """A copy of the project with the images of `manifest` for training and for validation."""
    made = make_project(tmp_path_factory.mktemp("rules") / "project", "mine.yaml")
    folder = made.folder
    (folder / "mine.yaml").write_text(CONFIG)
    (folder / "no-pack.parquet").touch()
    targets = [f"results/training/{run}/encoder.safetensors" for run in RUNS]
    planned = made.snakemake("--dry-run", "--printshellcmds", *targets)
    lines = re.findall(r"Shell command: (.*train_encoder\.py.*)", planned)
    commands = {line.split(" --folder results/training/")[1].split()[0]: line for line in lines}
    assert sorted(commands) == sorted(RUNS)
    (folder / "commands.json").write_text(json.dumps(commands))
    (folder / "results" / "images" / "noise").mkdir(parents=True)
    for split in ("train", "test"):
        shutil.copy(manifest, folder / "results" / "images" / "noise" / f"{split}.parquet")
    (folder / "logs" / "train_encoder").mkdir(parents=True)
    return folder


def start(project: Path, run: str) -> subprocess.Popen[bytes]:
    """Start the command of a run's rule as Snakemake does, in a process group of its own."""
    command = json.loads((project / "commands.json").read_text())[run]
    python = Path(sys.executable).parent
    return subprocess.Popen(
        ["bash", "-c", f"set -euo pipefail;  {command}"],
        cwd=project,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PATH": f"{python}:{os.environ['PATH']}"},
        start_new_session=True,
    )


def finish(project: Path, run: str) -> None:
    status = start(project, run).wait(240)
    assert status == 0, (project / "logs" / "train_encoder" / f"{run}.log").read_text()


def signal_all(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal a process and all that it has started, as Slurm does with those of a job's step."""
    parent = psutil.Process(process.pid)
    everyone = [*parent.children(recursive=True), parent]
    assert len(everyone) >= 5  # the launcher, torchrun, two processes, and a worker at least
    for one in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(number)


def weights(project: Path, run: str) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for name in ("encoder", "classifier"):
        tensors |= load_file(project / "results" / "training" / run / f"{name}.safetensors")
    return tensors


def test_two_processes_that_a_signal_stopped_end_as_one_process_does(project: Path) -> None:
    """From the rule's own command lines, with a signal to every process of the one for two."""
    finish(project, "one")
    state = project / "results" / "training" / "two.state"
    with start(project, "two") as process:
        deadline = time.monotonic() + 200
        while not (state / "tensorboard").is_dir() and time.monotonic() < deadline:
            time.sleep(0.02)
        signal_all(process, signal.SIGUSR1)
        assert process.wait(200) == KEPT
    assert 0 <= torch.load(state / "last.pt", weights_only=True)["step"] < STEPS
    assert not (state / "stop").exists()
    log = project / "logs" / "train_encoder" / "two.log"
    assert "Traceback" not in log.read_text(), log.read_text()
    finish(project, "two")
    assert f"step {STEPS}/{STEPS}" in log.read_text()
    one, two = weights(project, "one"), weights(project, "two")
    assert one.keys() == two.keys()
    for key, value in one.items():
        # Rounding alone: sums go in another order. test_processes.py has narrower bounds.
        torch.testing.assert_close(two[key], value, rtol=0, atol=1e-4, msg=key)
    frames = [read_parquet(project / f"results/training/{run}/metrics.parquet") for run in RUNS]
    for metric, records in (("loss", STEPS), ("val_loss", STEPS // 2)):
        values = [frame[frame["metric"] == metric]["value"].to_numpy() for frame in frames]
        assert len(values[0]) == records
        np.testing.assert_allclose(values[1], values[0], rtol=1e-3)


def test_bad_input_is_one_line(manifest: Path, tmp_path: Path) -> None:
    section = Run(dataset="noise")
    spec = spec_of(section, recipes.numbers(section.scale, section.recipe))
    arguments = ["--spec", spec.text, "--manifest", str(tmp_path / "none.parquet")]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments, "--folder", "run", "--state", "run.state"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == f"error: {tmp_path / 'none.parquet'}: no such file"
