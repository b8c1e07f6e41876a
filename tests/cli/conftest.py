"""A moment at which a script is killed that does not depend on how fast it is."""

import os
from collections.abc import Callable

import pytest

# Python runs it at its start where it finds it on its path.
CUSTOMIZE = """
import fnmatch, os, signal, sys

def die(event, arguments):
    if event == "os.rename" and fnmatch.fnmatch(str(arguments[1]), os.environ["TEST_DEADLY_FILE"]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
"""


@pytest.fixture
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """Return the environment in which a script is killed before it hands over a file."""
    folder = tmp_path_factory.mktemp("deadly")
    (folder / "sitecustomize.py").write_text(CUSTOMIZE)
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]

    def environment(pattern: str) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": os.pathsep.join(path), "TEST_DEADLY_FILE": pattern}

    return environment
