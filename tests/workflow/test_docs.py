"""The documentation: what it shows is there, its commands can be planned, its examples run."""

import functools
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from snakemake.cli import parse_args

from cogworks.config.include import merge, whole
from cogworks.core.files import read_parquet
from cogworks.core.how import HOW
from cogworks.core.needs import Needs
from cogworks.plan.load import load
from cogworks.rank.command import parser
from cogworks.report.planned import Exhibits
from cogworks.report.targets import Targets
from cogworks.stale.dry_run import Settings, planned

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(path for path in ROOT.glob("docs/*.md") if path.is_file())]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_file())
CONFIGS = [*sorted((ROOT / "config").rglob("*.yaml")), *ROOT.glob("examples/*.yaml")]
# Files of the reader's own, of which a page may show a part only.
READERS = ("mine.yaml", "paths.yaml", "my-paths.yaml")
# Without one of these, an entry of a file changes another file's entry.
SOURCES = {"dataset", "run", "model", "entry_point", "registry", "encoders"}
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def shown_files(page: Path) -> dict[str, str]:
    """Return the files that a page shows as a whole, by name."""
    return dict(BLOCK.findall(page.read_text()))


def commands(file: Path, program: str = "snakemake") -> list[list[str]]:
    """Return the arguments of each line with a command, in indented text or in comments."""
    found = re.findall(
        rf"^(?:    |#   )(?:\$ )?(?:\S*/)?{program} (.*)$", file.read_text(), re.MULTILINE
    )
    return [shlex.split(line, comments=True) for line in found if "..." not in line]


def test_the_commands_are_found() -> None:
    found = [command for page in PAGES for command in commands(page)]
    assert len(found) > 30
    words = {word for command in found for word in command}
    assert {"stale", "preflight", "estimate", "exhibits", "concepts", "table_B_6"} <= words


@pytest.fixture
def settings(settings_for: Callable[[dict[str, Any]], Settings]) -> Settings:
    """Settings in a folder like the project's, in which the reader's files can be written."""
    for name in ("config", "examples", "profiles", "slurm", "workflow"):
        Path(name).symlink_to(ROOT / name)
    for name in READERS:
        Path(name).write_text("{}\n")
    # The page on other concepts has an ontology of its own.
    Path("ontologies").mkdir()
    Path("ontologies/materials").symlink_to(Path("resources/wordnet").resolve())
    return settings_for({})


def lay_out(page: Path) -> None:
    """Copy the files that a page says to copy, and write those that it shows."""
    for arguments in commands(page, "cp"):
        source, target = (word for word in arguments if not word.startswith("-"))
        if Path(source).is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    for name, text in shown_files(page).items():
        path = Path(name)
        if not name.startswith("examples/"):
            path.parent.mkdir(parents=True, exist_ok=True)
            copied = yaml.safe_load(path.read_text()) if path.is_file() else {}
            path.write_text(yaml.safe_dump({**copied, **yaml.safe_load(text)}))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_can_be_planned(page: Path, settings: Settings) -> None:
    """All targets of the same config files in one plan; what data there is does not matter."""
    lay_out(page)
    wanted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for arguments in commands(page):
        _, given = parse_args(arguments)
        files = tuple(map(str, given.configfile or [ROOT / "config" / "config.yaml"]))
        wanted[files] |= {*(given.targets or ["all"]), *map(str, given.forcerun or [])}
    for files, targets in wanted.items():
        if any("thesis" in file for file in files):  # Its thousands of jobs take too long to plan.
            check_targets(files, targets)
            continue
        check_added(files)
        with Needs.ignored():
            assert planned(settings.model_copy(update={"configfiles": list(files)}), targets)
    used = {file for files in wanted for file in files}
    for name in shown_files(page).keys() - used - {"my-cluster/config.yaml"}:
        if name.endswith(".yaml"):
            load(whole(name), [name])


def check_added(files: Iterable[str]) -> None:
    """Check that what files add to others has names of its own, and is not left out."""
    told: list[str] = []
    load(functools.reduce(merge, map(whole, files)), files, warn=told.append)
    assert not [line for line in told if "left out" in line or "no encoder comes" in line]
    taken: set[tuple[str, str]] = set()
    for file in files:
        config = whole(file)
        names = {
            (section, name)
            for section in ("training", "encoders", "evaluations")
            for name, keys in config.get(section, {}).items()
            if SOURCES & keys.keys()
        }
        assert not names & taken, f"{file} changes what another file has"
        taken |= names


def test_the_commands_on_one_model_can_be_parsed() -> None:
    found = [arguments for page in PAGES for arguments in commands(page, "cogworks")]
    assert len(found) > 1
    for arguments in found:
        assert parser().parse_args(arguments).models


def check_targets(files: Iterable[str], targets: set[str]) -> None:
    """Check config files, and that they give targets, which may be those of the thesis."""
    plan = load(functools.reduce(merge, map(whole, files)), files)
    given = Targets(Exhibits(plan)).files
    others = {"all", "stale", "preflight", "estimate", "usage", "exhibits"}
    assert targets <= given.keys() | others


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.name)
def test_the_commands_in_a_config_name_files_that_are_there(
    config: Path, settings: Settings
) -> None:
    for arguments in commands(config):
        _, given = parse_args(arguments)
        assert all(Path(file).is_file() for file in given.configfile), arguments


def test_the_links_of_the_readme_lead_somewhere() -> None:
    """Those of the pages are checked when the site is built."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_examples_are_shown_as_they_are() -> None:
    shown = {name: text for page in PAGES for name, text in shown_files(page).items()}
    for example in EXAMPLES:
        assert shown[f"examples/{example.name}"] == example.read_text()


def test_the_page_on_staleness_has_every_key_that_makes_nothing_stale() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/staleness.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(HOW)


def test_the_page_on_clusters_names_every_rule_that_asks_for_gpus(settings: Settings) -> None:
    page = ROOT / "docs/cluster.md"
    lay_out(page)
    _, given = parse_args(["--profile", "my-cluster"])
    text = "".join(path.read_text() for path in ROOT.glob("workflow/rules/*.smk"))
    rules = re.findall(r"^rule (\w+):\n((?:(?!^rule ).*\n)*)", text, re.MULTILINE)
    asking = {name for name, body in rules if re.search(r"^ +gpu=", body, re.MULTILINE)}
    assert given.set_resources.keys() == asking
    assert given.retries == 2, "the rest of the profile's copy stays"


def test_the_example_of_an_own_encoder_runs(
    tmp_path: Path, make_project: Callable[..., Any]
) -> None:
    """By its page's commands for the photographs alone, which the reader would have."""
    project = make_project(tmp_path / "project", "config/config.yaml")
    shutil.copytree(ROOT / "examples", project.folder / "examples")
    for number, name in enumerate(["cat", "my dog"]):
        draw(project.folder / "photos" / name, shade=60 + 120 * number)
    page = ROOT / "docs/your-encoder.md"
    (run,) = (command for command in commands(page) if "--" in command)
    (look,) = (command for command in commands(page, "python") if "-c" in command)
    project.snakemake(*run, seconds=900)
    done = subprocess.run(
        [sys.executable, *look], cwd=project.folder, capture_output=True, text=True, check=True
    )
    assert "Name: top1" in done.stdout
    scores = read_parquet(project.folder / "results/probes/mine/photos/nearest.parquet")
    assert scores["top1"].between(50, 100).all()


def draw(folder: Path, *, shade: int) -> None:
    """Write eight small JPEGs of noise around a shade of grey."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(shade)
    for number in range(8):
        pixels = rng.normal(shade, 20, size=(40, 48, 3)).clip(0, 255).astype("uint8")
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
