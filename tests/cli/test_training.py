"""train_encoder at the command line: alone, in two processes, on two nodes, through signals."""

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from PIL import Image
from safetensors.torch import load

from cogworks.config.training import Run
from cogworks.core.files import read_parquet
from cogworks.images.manifest import write_manifest
from cogworks.plan import recipes
from cogworks.plan.runs import spec_of

# One image is left over in each epoch, and two processes validate 13 and 12.
IMAGES = 25
SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "train_encoder.py"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(IMAGES):
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
    compute: &compute {threads: 1, workers: 1, processes: 1, checkpoint_minutes: 1}
  two: {<<: *run, compute: {<<: *compute, processes: 2}}
  nodes: {<<: *run, compute: {<<: *compute, nodes: 2}}
"""
RUNS = ("one", "two", "nodes")
# Two an epoch.
STEPS = 16
KEPT = 75
TIMES = ("images_per_second", "wait_share")
# In the place of Slurm's, where all nodes are this machine: one task on each, and at the first one
# that fails all are ended.
SRUN = """#!/bin/bash
set -m
while [[ $1 == --* ]]; do
    case $1 in --ntasks=*) tasks=${1#*=};; esac
    shift
done
for ((task = 0; task < tasks; task++)); do "$@" & done
for ((task = 0; task < tasks; task++)); do
    wait -n || { status=$?; for job in $(jobs -rp); do kill -KILL -- -$job; done; exit $status; }
done
"""


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
    (folder / "bin").mkdir()
    (folder / "bin" / "srun").write_text(SRUN)
    (folder / "bin" / "srun").chmod(0o755)
    return folder


class Job:
    """The command of a run's rule, as Snakemake starts it, in a process group of its own."""

    def __init__(self, project: Path, run: str, *, often: bool = False) -> None:
        """Start it; `often` keeps a state as often as the processes ask each other."""
        command = json.loads((project / "commands.json").read_text())[run]
        assert "--checkpoint-minutes 1 " in command
        if often:
            command = command.replace("--checkpoint-minutes 1 ", "--checkpoint-minutes 1e-9 ")
        self.log = project / "logs" / "train_encoder" / f"{run}.log"
        self.state = project / "results" / "training" / f"{run}.state"
        self.mark = uuid.uuid4().hex
        path = [str(project / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        environment = {"OMP_NUM_THREADS": "1", "PATH": os.pathsep.join(path), "MARK": self.mark}
        # Its port follows from it.
        job = str(random.SystemRandom().randrange(20000))
        self.process = subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail;  {command}"],
            cwd=project,
            env=os.environ | environment | {"SLURM_JOB_ID": job},
            start_new_session=True,
        )

    def members(self) -> list[psutil.Process]:
        """Return its processes: the launcher, torchrun and what they have started."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("MARK") == self.mark:
                    found.append(process)
        return found

    def signal(self, number: int) -> None:
        """Signal all its processes, as Slurm does with those of a job."""
        for process in self.members():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """Kill all its processes, those that were being started meanwhile, too."""
        while self.members():
            self.signal(signal.SIGKILL)

    def kill_one(self, choice: random.Random) -> None:
        """Kill one process that trains or decodes, as a kernel does that is out of memory."""
        with contextlib.suppress(psutil.Error, IndexError):
            choice.choice([one for one in self.members() if "RANK" in one.environ()]).kill()

    def wait_until_training(self) -> None:
        """Wait until it trains, or is over."""
        while not (self.state / "tensorboard").is_dir() and self.process.poll() is None:
            time.sleep(0.02)

    def end(self) -> int:
        """Wait for its end and return its status; nothing that it started outlives it."""
        try:
            status = self.process.wait(240)
            deadline = time.monotonic() + 20
            while self.members() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert self.members() == []
        finally:
            self.kill()
        return status


def finish(project: Path, run: str) -> dict[str, Any]:
    """Run a rule's command to its end and return what it leaves, without times."""
    job = Job(project, run)
    assert job.end() == 0, job.log.read_text()
    return results(project, run)


def results(project: Path, run: str) -> dict[str, Any]:
    folder = project / "results" / "training" / run
    names = ("encoder.safetensors", "classifier.safetensors", "spec.json")
    metrics = read_parquet(folder / "metrics.parquet")
    kept = metrics[~metrics["metric"].isin(TIMES)].to_dict("list")
    return {name: (folder / name).read_bytes() for name in names} | {"metrics": kept}


@pytest.fixture(scope="module")
def whole(project: Path) -> dict[str, Any]:
    """What two processes leave that nothing disturbed, and the `seconds` that they took."""
    start = time.monotonic()
    found = finish(project, "two")
    return found | {"seconds": time.monotonic() - start}


def disturb(project: Path, run: str, moments: random.Random, whole: dict[str, Any]) -> Job:
    """Start a run that keeps its state often, and wait for a random moment, or its end.

    After one that was over before its moment, it trains anew.
    """
    state = project / "results" / "training" / f"{run}.state"
    if (state / "finished.json").exists():
        shutil.rmtree(state)
    job = Job(project, run, often=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        job.process.wait(moments.uniform(0, whole["seconds"]))
    return job


def assert_whole(found: dict[str, Any], whole: dict[str, Any]) -> None:
    for name, value in found.items():
        assert value == whole[name], name


def test_two_processes_train_what_one_process_does(project: Path, whole: dict[str, Any]) -> None:
    one = finish(project, "one")
    for name in ("encoder.safetensors", "classifier.safetensors"):
        here, there = load(one[name]), load(whole[name])
        assert here.keys() == there.keys()
        for key, value in here.items():
            # Rounding alone: sums go in another order. test_processes.py has narrower bounds.
            torch.testing.assert_close(there[key], value, rtol=0, atol=1e-4, msg=key)
    assert one["metrics"]["metric"] == whole["metrics"]["metric"]
    np.testing.assert_allclose(whole["metrics"]["value"], one["metrics"]["value"], rtol=1e-3)
    assert one["metrics"]["metric"].count("val_loss") == STEPS // 2


@pytest.mark.fault(
    "Processes",
    "SIGUSR1, then SIGKILL of a training of two processes: {run}",
    how="of all its processes, or of one of them, at random moments",
)
@pytest.mark.parametrize(
    ("run", "kills"),
    [
        ("nodes", 3),
        pytest.param("nodes", 20, marks=pytest.mark.slow),
        pytest.param("two", 20, marks=pytest.mark.slow),
    ],
)
def test_after_a_signal_and_kills_at_random_moments_it_ends_as_an_undisturbed_run(
    run: str, kills: int, project: Path, whole: dict[str, Any], fault: Any
) -> None:
    """Two nodes with a process each have the bytes of two processes on one node, too."""
    shutil.rmtree(project / "results" / "training" / f"{run}.state", ignore_errors=True)
    stopped = Job(project, run)
    stopped.wait_until_training()
    stopped.signal(signal.SIGUSR1)
    assert stopped.end() == KEPT
    assert 0 <= torch.load(stopped.state / "last.pt", weights_only=True)["step"] < STEPS
    assert not (stopped.state / "stop").exists()
    assert "Traceback" not in stopped.log.read_text(), stopped.log.read_text()
    moments = random.Random(f"{run} {kills}")
    for kill in range(kills):
        job = disturb(project, run, moments, whole)
        if kill % 3:
            job.kill()
            assert job.end() in (0, -signal.SIGKILL), job.log.read_text()
        else:
            job.kill_one(moments)
            assert job.end() in (0, 1), job.log.read_text()
    fault.seen("all of them end; run again, it ends with the same bytes as one node undisturbed")
    assert_whole(finish(project, run), whole)
    fault.lost("the steps since the last kept state (`checkpoint_minutes`)")


@pytest.mark.fault(
    "Processes", "a training that fails", how="an interrupt of its main process alone (SIGINT)"
)
def test_a_training_that_fails_ends_with_its_loaders(project: Path, fault: Any) -> None:
    """Python would end them by a signal to which they are deaf, and wait for them forever."""
    shutil.rmtree(project / "results" / "training" / "one.state", ignore_errors=True)
    job = Job(project, "one")
    job.wait_until_training()
    job.process.send_signal(signal.SIGINT)
    # By the interrupt, or by an error that a library makes of it.
    assert job.end() in (-signal.SIGINT, 1), job.log.read_text()
    assert "KeyboardInterrupt" in job.log.read_text()
    fault.seen("it ends, and the processes that load its images with it")
    fault.lost("the steps since the last kept state (`checkpoint_minutes`)")


@pytest.mark.fault(
    "Processes",
    "SIGKILL of one process of a training of several",
    how="of the launcher, then of torchrun, alone",
)
def test_processes_end_with_the_one_that_started_them(
    project: Path, whole: dict[str, Any], fault: Any
) -> None:
    shutil.rmtree(project / "results" / "training" / "two.state", ignore_errors=True)
    for status in (-signal.SIGKILL, 1):
        job = Job(project, "two", often=True)
        shutil.rmtree(job.state / "tensorboard", ignore_errors=True)
        job.wait_until_training()
        launcher = psutil.Process(job.process.pid)
        [torchrun] = launcher.children()
        (launcher if status < 0 else torchrun).kill()
        assert job.end() == status, job.log.read_text()
    fault.seen("the others stop as asked to by SIGTERM; run again, it ends with the same bytes")
    assert_whole(finish(project, "two"), whole)
    fault.lost("nothing: the state is kept")


@pytest.mark.fault(
    "Processes",
    "{name} of a training of two processes: {run}",
    how="of all its processes, at random moments",
)
@pytest.mark.slow
@pytest.mark.parametrize("run", ["two", "nodes"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1", "SIGINT"])
def test_a_signal_at_any_moment_ends_it_and_it_goes_on_exactly(
    name: str, run: str, project: Path, whole: dict[str, Any], fault: Any
) -> None:
    number = getattr(signal, name)
    moments = random.Random(f"{run} {number}")
    for _ in range(5):
        job = disturb(project, run, moments, whole)
        job.signal(number)
        # A state was kept, or one of the processes was not yet ready to keep one.
        assert job.end() in (0, KEPT, -number, 128 + number), job.log.read_text()
        assert not (job.state / "stop").exists()
    fault.seen("the state is kept, or an older one stays; run again, it goes on exactly")
    assert_whole(finish(project, run), whole)
    fault.lost("nothing, once it trains" if name != "SIGINT" else "the steps since the last state")


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
