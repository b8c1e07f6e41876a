"""`snakemake stale` on a small run: what would run again, and why, in words."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

WNIDS = ["n02123045", "n02123394", "n02114100", "n07745940", "n10433164", "n02084071"]
CONFIG = {
    "concepts": {
        "mini": {
            "pool": "pool.txt",
            "seen": "seen.txt",
            "image_counts": "counts.csv",
            "min_images": 2,
            "drop_seen_ancestors": False,
            "exclude_subtrees": [],
            "leaves_only": False,
            "levels": {"count": 2, "size": 2, "gaps": "none"},
        }
    },
}
# What is run is in a file of its own, so that what it includes counts as well.
MINE = {"include": ["concepts.yaml"], "report": {"title": "One"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any]) -> Any:
    """A project of one small benchmark, not run yet."""
    result = make_project(tmp_path_factory.mktemp("stale") / "project", "mine.yaml")
    (result.folder / "mine.yaml").write_text(yaml.safe_dump(MINE))
    (result.folder / "concepts.yaml").write_text(yaml.safe_dump(CONFIG))
    (result.folder / "pool.txt").write_text("\n".join(WNIDS) + "\n")
    (result.folder / "seen.txt").write_text(WNIDS[0] + "\n")
    counts = "".join(f"{wnid},9\n" for wnid in WNIDS)
    (result.folder / "counts.csv").write_text(f"wnid,images\n{counts}")
    return result


def said(project: Any, *arguments: str) -> list[str]:
    """Run `snakemake stale`, and return what it writes to its log, which is also on the screen."""
    output = project.snakemake("stale", *arguments)
    words = (project.folder / "logs/stale.log").read_text()
    assert words in output
    return words.splitlines()


def told(project: Any, configfile: str) -> subprocess.CompletedProcess[str]:
    """Run the rule's script by hand."""
    settings = {
        "snakefile": str(project.folder / "Snakefile"),
        "configfiles": [str(project.folder / configfile)],
        "config": {},
        "rerun_triggers": ["PARAMS"],
        "max_checksum_file_size": 10,
        "deployment": [],
        "conda_prefix": None,
        "persistence": None,
    }
    return subprocess.run(
        [sys.executable, "workflow/scripts/stale.py", "--spec", json.dumps(settings)],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_before_and_after_a_run_and_after_changes(project: Any) -> None:
    """One story in one test: each step is a run of Snakemake."""
    assert told(project, "mine.yaml").stdout.splitlines() == [
        "new: select_concepts (1), rank_concepts (1), split_levels (1), table (3), figure (1), "
        "build_report (1)",
        "8 of 8 jobs would run",
    ]
    assert project.snakemake().count("The report: results/report.html") == 1
    assert said(project) == ["nothing would run again: 8 jobs, all up to date"]

    (project.folder / "pool.txt").write_text("\n".join(WNIDS[:5]) + "\n")
    project.edit("concepts.yaml", "size: 2", "size: 1")
    project.edit(
        "workflow/scripts/cogworks/concepts/levels.py",
        "offsets = [0] * count",
        "offsets = count * [0]",
    )
    assert said(project, "--config", "report={title: Another}") == [
        "select_concepts: 1 job: input changed (pool.txt)",
        "split_levels: 1 job: size 2 -> 1; code changed (cogworks.concepts.levels.level_starts)",
        "build_report: 1 job: title One -> Another",
        "because of select_concepts: rank_concepts (1)",
        "because of select_concepts, split_levels: table (3), figure (1)",
        "8 of 8 jobs would run",
    ]


def test_a_config_with_errors_is_told_by_its_errors(project: Any) -> None:
    (project.folder / "wrong.yaml").write_text("concepts: {mini: {pol: pool.txt}}\n")
    done = told(project, "wrong.yaml")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: the config has errors:\nconcepts.mini.pol: unknown key")


def test_they_are_told_where_snakemake_is_silenced(project: Any) -> None:
    (project.folder / "wrong.yaml").write_text("concepts: {mini: {pol: pool.txt}}\n")
    output = project.snakemake("stale", "--quiet", "all", "--configfile", "wrong.yaml", check=False)
    assert output.startswith("the config has errors:\nconcepts.mini.pol: unknown key")
