"""Old results never pass for those of a new config, planned by Snakemake in this process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cogworks.core.errors import InputError
from cogworks.plan.benchmarks import Benchmark
from cogworks.stale.dry_run import Settings, planned

WNIDS = ["n02123045", "n02123394", "n02114100", "n07745940", "n10433164", "n02084071"]
CONFIG: dict[str, Any] = {
    "concepts": {
        "mini": {
            "pool": "pool.txt",
            "seen": "seen.txt",
            "drop_seen_ancestors": False,
            "exclude_subtrees": [],
            "leaves_only": False,
            "levels": {"count": 2, "size": 2, "gaps": "none"},
        }
    },
}


@pytest.fixture
def old(settings_for: Callable[[dict[str, Any]], Settings]) -> Settings:
    """Settings of a config whose results are all there, without a record."""
    Path("pool.txt").write_text("\n".join(WNIDS) + "\n")
    Path("seen.txt").write_text(WNIDS[0] + "\n")
    settings = settings_for(CONFIG)
    for job in planned(settings):
        for output in map(Path, job.outputs):
            output.parent.mkdir(parents=True, exist_ok=True)
            output.touch()
    return settings


def record(settings: Settings) -> None:
    """Have Snakemake record that this config made the results."""
    Path("mine.yaml").write_text(yaml.safe_dump(CONFIG))
    start = [sys.executable, "-m", "snakemake", "--cores", "1", "--snakefile", settings.snakefile]
    subprocess.run(
        [*start, "--configfile", "mine.yaml", "--touch", "--forceall"],
        capture_output=True,
        text=True,
        check=True,
    )


def test_results_without_a_record_stop_the_planning_until_they_are_recorded(old: Settings) -> None:
    with pytest.raises(InputError, match=r"^no record of what") as caught:
        planned(old)
    assert "results/concepts/mini/eligible.parquet" in str(caught.value)
    by_dates = old.model_copy(update={"rerun_triggers": ["MTIME"]})
    assert planned(by_dates), "the user vouches for them"
    record(old)
    assert not any(job.needed for job in planned(old))
    level = {**CONFIG["concepts"]["mini"], "levels": {"count": 2, "size": 1, "gaps": "none"}}
    changed = old.model_copy(update={"config": {"concepts": {"mini": level}}})
    assert any(job.rule == "split_levels" for job in planned(changed) if job.needed)


def fails(benchmark: Benchmark) -> list[str]:
    raise KeyError("planted")


def names_what_no_job_makes(benchmark: Benchmark) -> list[str]:
    return ["results/planted.csv"]


@pytest.mark.parametrize("lookup", [fails, names_what_no_job_makes])
def test_a_job_that_cannot_be_planned_is_an_error_although_its_old_results_are_there(
    old: Settings, lookup: Callable[[Benchmark], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snakemake itself drops the job and takes the old results."""
    monkeypatch.setattr(Benchmark, "rank_files", property(lookup))
    with pytest.raises(InputError, match=r"planted") as caught:
        planned(old)
    assert "rank_concepts" in str(caught.value)
