"""The smallest run of the whole workflow, for real: every room, from WordNet to the report."""

import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogworks.config.include import whole
from cogworks.core.files import read_parquet
from cogworks.plan import sizes
from cogworks.plan.load import load

pytestmark = pytest.mark.smoke


def test_a_whole_run(tmp_path: Path, make_project: Callable[..., Any]) -> None:
    """Run `config/test.yaml`, and check it in one test: several tests would each run it again."""
    project = make_project(tmp_path / "project", "config/test.yaml")
    output = project.snakemake("--profile", "profiles/local", seconds=1500)
    assert "100%" in output
    check_every_encoder_has_a_score_on_every_level(project)
    check_clone_and_fine_tuning_have_their_tables(project)
    check_the_report_holds_every_figure_and_no_link_outside(project)
    check_the_summary_names_the_report_and_the_main_table(project)
    check_the_disk_space_was_foreseen(project)
    check_a_second_run_has_nothing_to_do(project)
    check_a_change_whose_jobs_fail_is_not_forgotten(project)


def check_every_encoder_has_a_score_on_every_level(finished: Any) -> None:
    levels = read_parquet(finished.folder / "results/tables/levels.parquet")
    assert levels["encoder"].tolist() == ["random", "base"]
    for column in ("seen", "cog_l1", "cog_l2"):
        assert levels[column].between(0, 100).all()
        assert levels[column + "_std"].notna().all()


def check_clone_and_fine_tuning_have_their_tables(finished: Any) -> None:
    tables = finished.folder / "results/tables"
    clones = read_parquet(tables / "clones_quality.parquet")
    assert clones["images"].tolist() == clones["requested"].tolist() == [32]
    tested = read_parquet(tables / "test_sets_own_classifier.parquet")
    assert {"base", "on_clone", "tuned_seen"} <= set(tested["encoder"])
    tuned = read_parquet(tables / "fine_tuning.parquet").set_index("trained")
    probe, own, difference = (
        tuned.loc[name, "cog_l1"] for name in ("linear probe", "fine-tuned", "difference")
    )
    assert math.isclose(probe - own, difference)


def check_the_report_holds_every_figure_and_no_link_outside(finished: Any) -> None:
    page = (finished.folder / "results/report.html").read_text()
    for title in ("Accuracy by level", "Fine-tuning", "Clones", "Features", "All scores"):
        assert f">{title}<" in page
    assert page.count("<svg") + page.count("data:image/png") >= 8
    assert not re.search(r'(src|href)="https?:', page)


def check_the_summary_names_the_report_and_the_main_table(finished: Any) -> None:
    script = "workflow/scripts/print_summary.py"
    done = subprocess.run(
        [sys.executable, script], cwd=finished.folder, capture_output=True, text=True, check=True
    )
    assert str(Path("results") / "report.html") in done.stdout
    assert "Top-1 accuracy by level" in done.stdout


def check_the_disk_space_was_foreseen(finished: Any) -> None:
    """Of the rooms whose files are large: training keeps a state besides its encoder."""
    found = list(sizes.artifacts(load(whole(finished.folder / finished.configfile))))
    for room in ("images", "features", "synthesis"):
        own = [artifact for artifact in found if artifact.room == room]
        made = sum((finished.folder / artifact.path).stat().st_size for artifact in own)
        assert 0.5 < sizes.total(own) / made < 2, room


def check_a_second_run_has_nothing_to_do(finished: Any) -> None:
    assert finished.stale() == {}


def check_a_change_whose_jobs_fail_is_not_forgotten(finished: Any) -> None:
    """Snakemake removes the features, of which the finished probes then do not ask.

    So may the user have done before, with those of one data set.
    """
    shutil.rmtree(finished.folder / "results/features/random/cog_l1")
    larger = "encoders: {random: {image_size: 40}}\ncompute: {warm_start: false}\n"
    (finished.folder / "larger.yaml").write_text(larger)
    changed = ("--configfile", "config/test.yaml", "larger.yaml")
    stale = finished.stale(*changed)
    assert {"extract_features", "tune_probes", "fit_probes", "table"} <= stale.keys()
    # Their code stays as it is: edited code alone would be a reason to run again.
    (finished.folder / "sitecustomize.py").write_text(
        "import os, sys\nif '/features/random/' in ' '.join(sys.orig_argv): os._exit(1)\n"
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(finished.folder))
        said = finished.snakemake("--keep-going", *changed, check=False)
    assert said.count("Error in rule extract_features") == stale["extract_features"]
    assert finished.stale(*changed) == stale
