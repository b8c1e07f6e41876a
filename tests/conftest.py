"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import numpy as np
import pytest

# One thread a test: two xdist workers share two cores, and small problems are slower on more.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPTS = REPOSITORY / "workflow" / "scripts"


@pytest.fixture(scope="session")
def wordnet_dir() -> Path:
    """The folder with WordNet 3.0: `make` sees to it that there is one."""
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
