"""A cluster, and runs of the workflow on it."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
import yaml

from cogworks.core.files import read_parquet

FOLDER = Path(__file__).parent
CONFIG = FOLDER / "config.yaml"


@dataclass(frozen=True)
class SlurmJob:
    """A job as Slurm tells of it, in one line."""

    text: str

    def get(self, key: str) -> str:
        """Return a value, of one that a node each has the first."""
        found = re.search(rf"\b{key}=(\S*)", self.text)
        assert found is not None, f"{key}: {self.text}"
        return found[1]

    @property
    def what(self) -> str:
        """Return its rule and wildcards: what Snakemake's plugin tells Slurm."""
        return self.get("Comment").removeprefix("rule_").replace("_wildcards_", " ")

    @property
    def rule(self) -> str:
        """Return its rule."""
        return self.what.split(" ")[0]

    @property
    def state(self) -> str:
        """Return what has become of it."""
        return self.get("JobState")

    @property
    def number(self) -> int:
        """Return its id."""
        return int(self.get("JobId"))

    @property
    def gpus(self) -> int:
        """Return how many GPUs it has on all its nodes together, also when it has ended."""
        found = re.search(r"\bJOB_GRES=gpu:(\d+)", self.text)
        return 0 if found is None else int(found[1])

    @property
    def nodes(self) -> list[str]:
        """Return the names of its nodes, as far as the tests need them."""
        listed = self.get("NodeList")
        return {"n[1-2]": ["n1", "n2"]}.get(listed, [listed])

    @property
    def memory(self) -> int:
        """Return the memory that it asked for, in MB."""
        amount = self.get("MinMemoryNode")
        return int(amount[:-1]) * (1024 if amount[-1] == "G" else 1)

    @property
    def minutes(self) -> int:
        """Return the time that it asked for."""
        found = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):\d+", self.get("TimeLimit"))
        assert found is not None
        days, hours, minutes = found.groups()
        return (int(days or 0) * 24 + int(hours)) * 60 + int(minutes)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return when it began and ended."""
        start, end = (datetime.fromisoformat(self.get(key)) for key in ("StartTime", "EndTime"))
        return start, end


class Run:
    """A copy of the project, its config, and Snakemake in it."""

    def __init__(self, project: Any, cluster: Any, config: dict[str, Any]) -> None:
        self.project, self.cluster = project, cluster
        self.folder: Path = project.folder
        shutil.copy(CONFIG, self.folder / "config.yaml")
        (self.folder / "more.yaml").write_text(yaml.safe_dump(config))
        self.log = self.folder.with_suffix(".log")
        self.started: list[subprocess.Popen[bytes]] = []

    @property
    def options(self) -> list[str]:
        """Return what makes the profile one of this cluster."""
        memory, cpus = self.cluster.memory, self.cluster.cpus
        return [
            *("--profile", "profiles/slurm", "--configfile", "config.yaml", "more.yaml"),
            *("--max-threads", str(cpus), "--resources", f"mem_mb={memory}", "runtime=1440"),
            *("--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "10"),
        ]

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start Snakemake; what it says goes to `log`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *self.options, *arguments],
                cwd=self.folder,
                env=os.environ | self.cluster.environment | {"PYTHONDONTWRITEBYTECODE": "1"},
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process

    def end(self, process: "subprocess.Popen[bytes]", status: int = 0, seconds: int = 1800) -> str:
        """Wait for Snakemake and return what all have said so far."""
        found = process.wait(seconds)
        text = self.log.read_text()
        assert found == status, text
        return text

    def jobs(self, what: str = "") -> list[SlurmJob]:
        """Return what Slurm tells of all jobs of this folder, or those of a rule and wildcards."""
        lines = self.cluster.run("scontrol", "-d", "-o", "show", "jobs", check=False).splitlines()
        mine = (SlurmJob(line) for line in lines if f"WorkDir={self.folder} " in line)
        return sorted((job for job in mine if what in ("", job.what)), key=lambda job: job.number)

    def states(self, what: str) -> list[str]:
        """Return what has become of each attempt at a job, named by rule and wildcards."""
        return [job.state for job in self.jobs(what)]

    def output(self, job: SlurmJob) -> str:
        """Return what a job wrote to Slurm's own file."""
        return Path(job.get("StdOut")).read_text()

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds.

        Raises:
            TimeoutError: it does not within ten minutes.
        """
        end = time.monotonic() + 600
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(self.log.read_text())
            time.sleep(0.02)

    def processes(self, script: str, *arguments: str) -> list[psutil.Process]:
        """Return the processes of this folder that run a script with some arguments."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                command = process.cmdline()
                if (
                    any(part.endswith(f"/{script}") for part in command[:3])
                    and all(part in f"{' '.join(command)} " for part in arguments)
                    and process.cwd() == str(self.folder)
                ):
                    found.append(process)
        return found

    @contextlib.contextmanager
    def held(self, script: str, *arguments: str) -> Iterator[None]:
        """Hold the processes that run a script, so that they do not end meanwhile."""
        found = self.processes(script, *arguments)
        assert found
        for process in found:
            process.suspend()
        try:
            yield
        finally:
            for process in found:
                with contextlib.suppress(psutil.Error):
                    process.resume()

    def results(self) -> dict[str, bytes]:
        """Return all result files by their paths; states of trainings are none."""
        root = self.folder / "results"
        files = (path for path in root.rglob("*") if path.is_file())
        named = {str(path.relative_to(root)): path for path in files}
        return {name: content(path) for name, path in named.items() if ".state/" not in name}


def content(path: Path) -> bytes:
    """Return what a result file holds; of a training's metrics all but how fast it was."""
    if path.name != "metrics.parquet":
        return path.read_bytes()
    table = read_parquet(path)
    kept = table[~table["metric"].isin(["images_per_second", "wait_share"])]
    assert len(kept) < len(table)
    return str(kept.to_csv()).encode()


@pytest.fixture(scope="session")
def daemons(load_module: Callable[[str], ModuleType]) -> ModuleType:
    """Return the module that starts a cluster."""
    return load_module("tests/slurm/cluster.py")


@pytest.fixture(scope="session")
def cluster(daemons: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of three nodes; tests are skipped where Slurm is not installed."""
    lacking = daemons.missing()
    if lacking:
        pytest.skip(f"Slurm is not installed ({', '.join(lacking)}); `make test-slurm` does it")
    found = daemons.Cluster(tmp_path_factory.mktemp("cluster") / "slurm")
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def on_slurm(
    cluster: Any, make_project: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Run]]:
    """Return what makes a run on the cluster, with some keys of its config changed."""
    made: list[Run] = []

    def make(name: str, config: dict[str, Any] | None = None) -> Run:
        project = make_project(tmp_path_factory.mktemp(name) / "project", "config.yaml")
        made.append(Run(project, cluster, config or {}))
        return made[-1]

    yield make
    for run in made:
        for process in run.started:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def local(on_slurm: Callable[..., Run]) -> dict[str, bytes]:
    """The results of a run on this machine alone."""
    run = on_slurm("local")
    run.project.snakemake(seconds=1200)
    return run.results()
