"""Registries: names, modules, entries, and what importing them costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from cogworks.concepts.similarities import SIMILARITIES
from cogworks.core.errors import InputError
from cogworks.core.registry import Registry
from cogworks.images.sources.kinds import SOURCES
from cogworks.images.sources.transfer_sets import TRANSFER_SETS
from cogworks.probes.kinds import KINDS
from cogworks.synthesis.letters import LETTERS
from cogworks.training.augmentation.recipes import RECIPES
from cogworks.training.losses import LOSSES

# Those whose entries are read while planning, and those of which planning knows the names alone.
PLANNED: list[Registry] = [KINDS, LETTERS, RECIPES, SIMILARITIES, SOURCES, TRANSFER_SETS]
REGISTRIES: list[Registry] = [*PLANNED, LOSSES]
IDS = [registry.package for registry in REGISTRIES]
BLOCKED = """
import sys

for name in ("numpy", "pandas", "pyarrow", "sklearn", "torch"):
    sys.modules[name] = None
"""


@pytest.mark.parametrize("registry", REGISTRIES, ids=IDS)
def test_every_module_of_the_package_is_an_entry(registry: Registry) -> None:
    folder = Path(sys.modules[registry.package].__path__[0])
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(registry)


def test_entries_load_where_nothing_that_computes_can_be_imported() -> None:
    loads = [
        f"from {registry.module(name)} import {registry.variable}"
        for registry in PLANNED
        for name in registry
    ]
    loads += [f"import {registry.package}" for registry in REGISTRIES]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([BLOCKED, *loads])],
        cwd=Path(__file__).parents[3] / "workflow" / "scripts",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_an_entry_loads_by_its_name() -> None:
    assert KINDS.load("knn") is KINDS.load("knn")
    assert KINDS.module("knn") == "cogworks.probes.kinds.knn"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(InputError, match=r"'svm' is not in .*kinds; known: sgd, lbfgs"):
        KINDS.load("svm")
