"""A finished run of a small config, copies of it that lack what one stage makes, and their jobs."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from cogworks.core.files import read_parquet
from cogworks.core.warm.start import Warm

CONFIG = Path(__file__).with_name("config.yaml")
# Of a training's metrics.
TIMES = ["images_per_second", "wait_share"]
AGAIN = "the seconds of the job, which is done again"
# All of what a training writes.
TRAINED = ("encoder.safetensors", "classifier.safetensors", "metrics.parquet", "spec.json")


@dataclass(frozen=True)
class Stage:
    """A kind of job.

    Attributes:
        words: they are on its command line, and on no other one's.
        outputs: what it makes, below `results`.
        work: what it leaves there on its way; patterns.
        killed: what is lost by SIGKILL.
        stopped: what is lost by SIGTERM.
    """

    words: tuple[str, ...]
    outputs: tuple[str, ...]
    work: tuple[str, ...] = ()
    killed: str = AGAIN
    stopped: str = AGAIN


STAGES = {
    "manifest": Stage(
        ("build_manifest.py", "images/seen/train.parquet"),
        tuple(f"images/seen/{split}.parquet" for split in ("train", "val", "test")),
    ),
    "training": Stage(
        ("train_encoder.py",),
        tuple(f"training/base/{name}" for name in TRAINED),
        ("training/base.state",),
        "the steps since the last kept state (`checkpoint_minutes`)",
        "nothing: the state is kept after the step in hand",
    ),
    "extraction": Stage(
        ("extract_features.py", "base/seen/train.npy"),
        ("features/base/seen/train.npy", "features/base/seen/train.parquet"),
        ("features/base/seen/train.work",),
        *2 * ("the chunk of images in hand",),
    ),
    "probe search": Stage(
        ("tune_probes.py",),
        ("tuning/base/seen/linear.parquet",),
        ("tuning/base/seen/linear.cells",),
        *2 * ("the batch of configurations in hand",),
    ),
    "fit": Stage(
        ("fit_probes.py",),
        ("probes/base/seen/linear.parquet",),
        ("probes/base/seen/linear.cells",),
        *2 * ("the cells (seeds and numbers of shots) in hand",),
    ),
    "generator": Stage(
        ("train_generator.py",),
        ("synthesis/generators/tiny.json", "synthesis/generators/tiny"),
        ("synthesis/generators/tiny.state",),
        "the steps of half a minute",
        "nothing: the state is kept after the step in hand",
    ),
    "clone shard": Stage(
        ("generate_shard.py", "--number 00000"),
        ("synthesis/clone/shard-00000.tar", "synthesis/clone/shard-00000.parquet"),
        ("synthesis/clone/.shard-00000.*.partial",),
        "the batch of images in hand",
        "nothing: the batch in hand is kept",
    ),
    "merge": Stage(
        ("merge_clone.py",),
        ("synthesis/clone/manifest.parquet", "synthesis/clone/quality.parquet"),
    ),
    "report": Stage(("build_report.py",), ("report.html",)),
}


def results_in(folder: Path) -> dict[str, bytes]:
    """Return the content of all files of results, by path; states of trainings are none."""
    root = folder / "results"
    files = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {name: content(path) for name, path in files.items() if ".state/" not in name}


def content(path: Path) -> bytes:
    """Return what a file holds; of a training's metrics all but how fast it was."""
    if path.name != "metrics.parquet":
        return path.read_bytes()
    table = read_parquet(path)
    return str(table[~table["metric"].isin(TIMES)].to_csv()).encode()


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it does not within this time.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)


class Work:
    """A copy of a finished run that lacks what some stages make.

    Its results are in a folder of its own; its workflow is that of the finished run.
    """

    def __init__(self, finished: Path, folder: Path, *stages: str) -> None:
        self.finished, self.folder, self.stages = finished, folder, stages
        for part in ("results", "logs", ".snakemake"):
            shutil.copytree(finished / part, folder / part, symlinks=True)
        shutil.copy2(finished / CONFIG.name, folder)
        self.clear()

    def clear(self) -> None:
        """Delete what the stages make, and what they leave on their way."""
        for path in self.found(*self.outputs, *self.on_the_way):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    @property
    def outputs(self) -> list[str]:
        """What the stages make."""
        return [name for stage in self.stages for name in STAGES[stage].outputs]

    @property
    def targets(self) -> list[str]:
        """The files among them, for Snakemake."""
        finished = self.finished / "results"
        return [f"results/{name}" for name in self.outputs if (finished / name).is_file()]

    @property
    def on_the_way(self) -> list[str]:
        """What the stages leave on their way."""
        return [name for stage in self.stages for name in STAGES[stage].work]

    def found(self, *patterns: str) -> list[Path]:
        """Return the results that match one of some patterns."""
        return [path for name in patterns for path in sorted((self.folder / "results").glob(name))]

    def finished_cells(self) -> set[tuple[Path, int]]:
        """Return the finished parts of a search or a fit, and when each was written."""
        names = self.found(
            "*/base/seen/linear.cells/**/*.json", "*/base/seen/linear.cells/**/*.npy"
        )
        whole = (self.finished / path.relative_to(self.folder) for path in names)
        return {
            (path, path.stat().st_mtime_ns)
            for path, same in zip(names, whole, strict=True)
            if path.read_bytes() == same.read_bytes()
        }

    def processes(self) -> list[tuple[psutil.Process, list[str]]]:
        """Return the processes that are at work in this folder, and their command lines."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd() == str(self.folder):
                    found.append((process, process.cmdline()))
        return found

    def check_none_is_partial(self) -> None:
        """Check that each output is whole or absent."""
        for path in self.found(*self.outputs):
            for file in (
                [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
            ):
                name = file.relative_to(self.folder)
                assert content(file) == content(self.finished / name), name

    def check_whole(self) -> None:
        """Check that all results are those of the run that nothing disturbed, and no others."""
        found, expected = results_in(self.folder), results_in(self.finished)
        assert found.keys() == expected.keys()
        assert not [name for name, value in expected.items() if found[name] != value]


class Job:
    """The command of a stage's rule, as a run with warm starts has its shell run it."""

    def __init__(self, work: Work, warm: Warm, *, log: str = "") -> None:
        """Start it; `log` is added to the name of its log."""
        [stage] = work.stages
        words = STAGES[stage].words
        commands = json.loads((work.finished / "commands.json").read_text())
        [command] = [one for one in commands if all(word in one for word in words)]
        place = warm.command("", "")[-2]
        command = re.sub(r"(?<=/client\.py )\S+", place, command)
        command = command.replace(".log 2>&1", f"{log}.log 2>&1")
        self.work = work
        self.log = work.folder / re.findall(r"> (logs/\S+) 2>&1", command)[0]
        self.log.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail;  {command}"],
            cwd=work.folder,
            start_new_session=True,
        )

    @property
    def seconds(self) -> float:
        """How long the undisturbed job of this script took once it was loaded."""
        folder = self.work.finished / "logs" / "provenance"
        script = STAGES[self.work.stages[0]].words[0].removesuffix(".py")
        return max(json.loads(path.read_text())["seconds"] for path in (folder / script).iterdir())

    def wait_until_loaded(self) -> None:
        """Wait until the server has forked the job, or until it is over."""
        wait_until(lambda: self.process.poll() is not None or len(self.work.processes()) > 1)

    def is_over(self, seconds: float) -> bool:
        """Wait so long, and say whether the job has ended by then."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None

    def end(self) -> int:
        """Wait for the end of all its processes and return its status."""
        status = self.process.wait(120)
        wait_until(lambda: not self.work.processes())
        return status

    def finish(self) -> str:
        """Wait for its good end and return its log."""
        assert self.end() == 0, self.log.read_text()
        return self.log.read_text()


class Run:
    """Snakemake at work on what the stages make."""

    def __init__(self, work: Work, *arguments: str) -> None:
        targets = [path for path in work.targets if not arguments]
        options = ["--snakefile", str(work.finished / "Snakefile"), "--configfile", CONFIG.name]
        profile = ["--profile", str(work.finished / "profiles" / "local"), "--cores", "2"]
        self.work = work
        self.process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *options, *profile, *arguments, *targets],
            cwd=work.folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_at_work(self, stage: str) -> None:
        """Wait until a job of a stage runs, and what it leaves on its way is there."""
        words, work = STAGES[stage].words, STAGES[stage].work

        def runs() -> bool:
            lines = [" ".join(line) for _, line in self.work.processes()]
            return any(all(word in line for word in words) for line in lines)

        wait_until(lambda: self.process.poll() is not None or runs())
        if work:
            wait_until(lambda: self.process.poll() is not None or self.work.found(*work))

    def end(self) -> tuple[int, str]:
        """Wait for the end of it and of all its jobs; return its status and what it said."""
        said, _ = self.process.communicate(timeout=300)
        wait_until(lambda: not self.work.processes())
        return self.process.returncode, said

    def finish(self) -> str:
        """Wait for its good end and return what it said."""
        status, said = self.end()
        assert status == 0, said
        return said
