"""Fixtures shared by the tests of all rooms."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from .faults.table import (
    fault,
    found_faults,
    pytest_collection_modifyitems,
    pytest_runtest_makereport,
)

# Of all tests.
__all__ = [
    "fault",
    "found_faults",
    "pytest_collection_modifyitems",
    "pytest_runtest_makereport",
]

# One thread per test: two xdist workers share two cores, and small problems are slower on more.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPTS = REPOSITORY / "workflow" / "scripts"
PARTS = ("Snakefile", "workflow", "config", "envs", "profiles", "resources")


class Project:
    """A copy of the workflow in a folder of its own, for a run or for dry runs."""

    def __init__(self, folder: Path, configfile: str) -> None:
        self.folder = folder
        self.configfile = configfile
        folder.mkdir(parents=True)
        for part in PARTS:
            source = REPOSITORY / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / part)

    def snakemake(self, *arguments: str, check: bool = True, seconds: float = 300) -> str:
        """Run Snakemake here and return what it printed."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        if "--configfile" not in arguments:
            command += ["--configfile", self.configfile]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        output = done.stdout + done.stderr
        if check:
            assert done.returncode == 0, output
        return output

    def pretend_finished(self) -> None:
        """Create every output of the workflow, empty, and have Snakemake record its params."""
        # Each pass creates what the summary lists; sources that the user brings are there already.
        for line in self.snakemake("--summary").splitlines():
            path = line.split("\t")[0]
            if path.startswith("results/"):
                target = self.folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
        self.snakemake("--touch", "--forceall")

    def stale(self, *arguments: str) -> Counter[str]:
        """Return how many jobs of each rule a run would execute (`all` and the like left out)."""
        output = self.snakemake("--dry-run", *arguments)
        table = re.search(r"Job stats:\n(.*?)\ntotal", output, re.DOTALL)
        jobs: Counter[str] = Counter()
        for line in table.group(1).splitlines() if table else ():
            found = re.fullmatch(r"(\w+)\s+(\d+)", line.strip())
            if found and found[1] != "all":
                jobs[found[1]] = int(found[2])
        return jobs

    def changed(self) -> set[str]:
        """Return the rules whose own params changed, not those that follow from them."""
        output = self.snakemake("--dry-run")
        found = re.search(r"params have changed[^:]*:\n\s+(.*)", output)
        return set(found[1].split(", ")) if found else set()

    def edit(self, path: str, old: str, new: str, *, first: bool = False) -> None:
        """Replace the one occurrence (or the first one) of `old` in a file of this copy."""
        file = self.folder / path
        text = file.read_text()
        count = text.count(old)
        assert count == 1 or (first and count > 1), f"{path}: {count} times {old!r}"
        file.write_text(text.replace(old, new, 1))

    def restore(self) -> None:
        """Undo all edits of sources and configs."""
        for part in PARTS[1:3]:
            for source in (REPOSITORY / part).rglob("*"):
                copy = self.folder / part / source.relative_to(REPOSITORY / part)
                if source.is_file() and copy.is_file() and copy.read_bytes() != source.read_bytes():
                    shutil.copy2(source, copy)


@pytest.fixture(scope="session")
def wordnet_dir() -> Path:
    """The folder with WordNet 3.0; `make` provides it."""
    from cogworks.concepts.wordnet import find_wordnet

    return find_wordnet(None)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def dev_data() -> Path:
    """The optional folder of real photographs and image counts for development."""
    folder = os.environ.get("COGWORKS_DEV_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COGWORKS_DEV_DATA names no folder with development data")
    return Path(folder)


@pytest.fixture(scope="session")
def load_module() -> Callable[[str], ModuleType]:
    """Return what loads a module of this repository that is in no package, by its path."""

    def load(path: str) -> ModuleType:
        name = re.sub(r"\W", "_", path)
        spec = importlib.util.spec_from_file_location(name, REPOSITORY / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # Data classes look their module up.
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def make_project() -> type[Project]:
    """Return the class of copies of the project, to run Snakemake in."""
    return Project


@pytest.fixture(scope="session")
def processor() -> str:
    """Say what tests of equal bits ran on, for their messages: a library may choose by it."""
    import torch
    from threadpoolctl import threadpool_info

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    name = next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")
    libraries = {f"{entry['internal_api']} {entry['version']}" for entry in threadpool_info()}
    built = next((line for line in torch.__config__.show().split("\n") if "BLAS" in line), "")
    blas = re.search(r"BLAS_INFO=(\w+)", built)
    return (
        f"on {name} ({torch.backends.cpu.get_cpu_capability()}), torch {torch.__version__} with "
        f"{blas[1] if blas else 'unknown'}; {', '.join(sorted(libraries))}"
    )


@pytest.fixture
def onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let oneDNN make products of any size."""
    import torch

    from cogworks.core import products

    if not torch.backends.mkldnn.is_available():
        pytest.skip("torch was built without oneDNN")
    monkeypatch.setattr(products, "has_onednn", lambda: True)
    monkeypatch.setattr(products, "LARGE", 1)


@pytest.fixture
def products_by_onednn(onednn: None, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list of the products that oneDNN makes, of any size: the rows of the weights."""
    from cogworks.core import products

    multiply, made = products._onednn, []

    def noting(x: Any, weight: Any, bias: Any) -> Any:
        made.append(len(weight))
        return multiply(x, weight, bias)

    monkeypatch.setattr(products, "_onednn", noting)
    return made


@pytest.fixture(scope="session")
def cuda() -> Any:
    """The GPU; a test that asks for it is skipped where there is none."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return torch.device("cuda")
