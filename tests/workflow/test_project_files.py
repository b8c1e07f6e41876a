"""The files that GitHub, PyPI and the Snakemake workflow catalog read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = [*REPOSITORY.glob(".github/**/*.yml"), REPOSITORY / ".snakemake-workflow-catalog.yml"]


def read(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_yaml_file_is_a_mapping(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert isinstance(content, dict)
    assert content


def test_every_action_is_pinned_to_a_major_version() -> None:
    for name in ("audit", "ci", "release"):
        jobs = read(f".github/workflows/{name}.yml")["jobs"]
        used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
        assert used
        for action in used:
            assert action.rpartition("@")[2].removeprefix("release/")[1:].isdigit(), action


def test_the_catalog_finds_what_it_looks_for() -> None:
    for name in ("workflow/Snakefile", "config/README.md", ".test/config/config.yaml"):
        assert (REPOSITORY / name).is_file(), name
    assert (REPOSITORY / ".test/config/config.yaml").samefile(REPOSITORY / "config/test.yaml")
    usage = read(".snakemake-workflow-catalog.yml")["usage"]
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert True in usage["software-stack-deployment"].values()


def test_one_version_everywhere_and_every_bundled_file_in_the_wheel() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    assert project["project"]["version"] == read("CITATION.cff")["version"]
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in wheel.items():
        assert (REPOSITORY / source).exists(), source
        assert target == f"cogworks/bundled/{source}"
