"""A copy of the project whose results look finished, to ask Snakemake what a change makes stale."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "workflow", "config", "envs", "profiles", "resources")


class Project:
    """A copy of the workflow in a folder of its own."""

    def __init__(self, folder: Path, configfile: str) -> None:
        self.folder = folder
        self.configfile = configfile
        folder.mkdir(parents=True)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / part)

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake here and return what it printed."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        if "--configfile" not in arguments:
            command += ["--configfile", self.configfile]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300
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
            for source in (ROOT / part).rglob("*"):
                copy = self.folder / part / source.relative_to(ROOT / part)
                if source.is_file() and copy.is_file() and copy.read_bytes() != source.read_bytes():
                    shutil.copy2(source, copy)


@pytest.fixture(scope="session")
def make_project() -> type[Project]:
    return Project
