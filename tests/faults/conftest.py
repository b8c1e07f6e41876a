"""A run that nothing disturbs, which all tests of killed jobs share."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.lock import wait_for
from cogworks.core.warm.start import Warm

from .stages import CONFIG, Work


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any]) -> Path:
    """The folder of the run; `commands.json` has the command of each of its jobs."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "finished"
    with wait_for(shared / "finished.lock"):
        if not folder.exists():
            project = make_project(folder, CONFIG.name)
            shutil.copy(CONFIG, folder)
            said = project.snakemake("--profile", "profiles/local", "--printshellcmds")
            commands = re.findall(r"Shell command: (.*)", said)
            (folder / "commands.json").write_text(json.dumps(commands))
    return folder


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """What starts jobs with their libraries loaded."""
    warm = Warm()
    warm.start()
    yield warm
    warm.stop()


@pytest.fixture
def work_on(finished: Path, tmp_path: Path) -> Callable[..., Work]:
    """Return what gives a copy of the run that lacks what some stages make."""
    return lambda *stages: Work(finished, tmp_path / "work", *stages)
