"""What each job's start loads: libraries that it does not use cost a cold start up to a second."""

import subprocess
import sys

import pytest

from cogworks.core.codehash import SCRIPTS

# Large libraries that some jobs need, and others do not.
LARGE = {
    *("diffusers", "matplotlib", "nltk", "optuna", "pandas", "scipy", "sklearn", "timm", "torch"),
    *("torchvision", "transformers"),
}
PROGRAM = """
import runpy, sys
sys.path.insert(0, sys.argv[1].rpartition("/")[0])
runpy.run_path(sys.argv[1], run_name="loaded")
print(*({*sys.argv[2:]} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("extract_features", {"pandas", "torch"}),
        ("tune_probes", {"pandas", "torch", "optuna"}),
        ("fit_probes", {"pandas", "torch"}),
        ("make_table", {"pandas"}),
    ],
)
def test_a_start_loads_no_library_that_its_job_does_not_use(script: str, wanted: set[str]) -> None:
    command = [sys.executable, "-c", PROGRAM, str(SCRIPTS / f"{script}.py"), *sorted(LARGE)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) == wanted
