"""The workflow run from another folder, as a module, with an interpreter that is not activated, and
after it was moved."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.files import read_parquet

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = "results/concepts/mini/eligible.parquet"
MINE = """
concepts:
  mini:
    pool: pool.txt
    seen: seen.txt
    drop_seen_ancestors: false
    exclude_subtrees: []
    leaves_only: false
"""
# The second is one of the 70 that the bundled list discards.
WNIDS = ["n02123045", "n00288384", "n02114100"]
MODULE = """
configfile: "config/config.yaml"

module cogworks:
    snakefile: "{code}/workflow/Snakefile"
    config: config

use rule * from cogworks{names}
"""
SNAKEMAKE = Path(sys.executable).with_name("snakemake")


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any]) -> Path:
    """A copy of the workflow in a folder whose name a shell would take apart."""
    folder: Path = make_project(tmp_path_factory.mktemp("code") / "it's here", "").folder
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A working folder with a user's config and lists in it."""
    folder = tmp_path / "work"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "config.yaml").write_text(MINE)
    (folder / "pool.txt").write_text("\n".join(WNIDS) + "\n")
    (folder / "seen.txt").write_text(WNIDS[0] + "\n")
    return folder


def snakemake(work: Path, *arguments: str | Path, ok: bool = True) -> str:
    """Run Snakemake as it is typed in full: its environment is not on the PATH."""
    done = subprocess.run(
        [SNAKEMAKE, "--cores", "1", *arguments],
        cwd=work,
        env=os.environ | {"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, output
    return output


def run(work: Path, snakefile: Path, *arguments: str) -> str:
    return snakemake(work, TARGET, *arguments, "-s", snakefile)


def assert_nothing_to_do(work: Path, snakefile: Path) -> None:
    output = run(work, snakefile, "--dry-run")
    assert "Nothing to be done" in output, output


def compared(work: Path) -> Iterator[str]:
    """Yield what Snakemake compares of each record that it keeps."""
    for file in (work / ".snakemake" / "metadata").iterdir():
        record = json.loads(file.read_text())
        assert record["rule"] == "select_concepts"
        yield json.dumps([record[key] for key in ("code", "params", "input", "input_checksums")])


def discarded(work: Path) -> list[str]:
    """Return the concepts that the list of `discard` dropped."""
    table = read_parquet(work / TARGET)
    wnids: list[str] = table[table["dropped_by"] == "discarded"]["wnid"].tolist()
    return wnids


def test_from_another_folder_and_moved(code: Path, work: Path, tmp_path: Path) -> None:
    run(work, code / "Snakefile")
    assert discarded(work) == [WNIDS[1]], "by the bundled list"
    assert not (code / "results").exists()
    records = list(compared(work))
    assert len(records) == 3
    assert not any(str(tmp_path.parent) in record or code.name in record for record in records)
    moved = code.rename(code.with_name("code"))
    try:
        assert_nothing_to_do(work.rename(tmp_path / "moved"), moved / "workflow" / "Snakefile")
    finally:
        moved.rename(code)


def test_results_of_a_checkout_that_the_code_left(code: Path, work: Path) -> None:
    """In the checkout, and then with the code elsewhere and the results where they were."""
    checkout = work.with_name("checkout")
    shutil.copytree(code, checkout)
    shutil.copytree(work, checkout, dirs_exist_ok=True)
    run(checkout, Path("Snakefile"))
    shutil.move(checkout / "results", work / "results")
    shutil.move(checkout / ".snakemake", work / ".snakemake")
    assert_nothing_to_do(work, checkout / "Snakefile")


def test_an_installed_package_makes_nothing_stale(code: Path, work: Path, tmp_path: Path) -> None:
    """The wheel's files where it puts them: no checkout is needed, and none is told apart."""
    place = tmp_path / "site-packages"
    wheel = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    wheel = wheel["targets"]["wheel"]
    shutil.copytree(code / wheel["packages"][0], place / "cogworks")
    for source, target in wheel["force-include"].items():
        copy = shutil.copytree if (REPOSITORY / source).is_dir() else shutil.copy
        (place / target).parent.mkdir(parents=True, exist_ok=True)
        copy(REPOSITORY / source, place / target)
    bundled = place / "cogworks" / "bundled"
    (bundled / "workflow" / "scripts").mkdir()
    for script in (code / "workflow" / "scripts").glob("*.py"):
        shutil.copy(script, bundled / "workflow" / "scripts")
    (bundled / "resources" / "wordnet").symlink_to(code / "resources" / "wordnet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(place))
        run(work, bundled / "workflow" / "Snakefile")
    assert discarded(work) == [WNIDS[1]]
    assert_nothing_to_do(work, code / "Snakefile")


def test_as_a_module(code: Path, work: Path) -> None:
    (work / "Snakefile").write_text(MODULE.format(code=code, names=""))
    planned = snakemake(work, "--dry-run")
    for rule in ("all", "select_concepts", "build_report"):
        assert re.search(rf"^{rule} +1$", planned, re.MULTILINE), planned


def test_as_a_module_with_names_of_its_own(code: Path, work: Path) -> None:
    (work / "Snakefile").write_text(MODULE.format(code=code, names=" as cogworks_*"))
    done = snakemake(work, TARGET)
    assert re.search(r"^cogworks_select_concepts +1$", done, re.MULTILINE), done
    assert discarded(work) == [WNIDS[1]]


def test_modules_from_two_copies_are_refused(code: Path, work: Path) -> None:
    other = work.with_name("other")
    shutil.copytree(code, other)
    text = MODULE.format(code=code, names=" as cogworks_*")
    text += text.replace(str(code), str(other)).replace("cogworks", "again")
    (work / "Snakefile").write_text(text)
    assert "use one copy for all modules" in snakemake(work, TARGET, "--dry-run", ok=False)


def test_the_embedded_default_with_a_container_asked_for(code: Path, work: Path) -> None:
    (work / "config" / "config.yaml").unlink()
    target = "results/concepts/imagenet_cog/levels.parquet"
    options = ["--dry-run", "--printshellcmds", "--software-deployment-method", "apptainer"]
    planned = snakemake(work, target, *options, "-s", code / "workflow" / "Snakefile")
    assert re.search(r"^split_levels +1$", planned, re.MULTILINE)
    assert planned.count("Shell command: python ") == 3, "the interpreter of the container"


def test_the_yaml_of_the_folders_own_config_is_told_with_its_line(code: Path, work: Path) -> None:
    """Of a --configfile it cannot be: Snakemake reads that before this workflow."""
    with (work / "config" / "config.yaml").open("a") as handle:
        handle.write("\timages: {}\n")
    output = snakemake(work, "--dry-run", "-s", code / "workflow" / "Snakefile", ok=False)
    line = len(MINE.splitlines()) + 1
    assert f"config/config.yaml, line {line}: not valid YAML: found character" in output
