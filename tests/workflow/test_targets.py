"""The thesis's tables and figures as targets, planned by Snakemake in this process."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from cogworks.config.include import whole
from cogworks.core.codehash import SCRIPTS
from cogworks.core.errors import InputError
from cogworks.core.needs import Needs
from cogworks.stale.dry_run import Settings, planned
from cogworks.stale.job import Job, to_run

CONFIG = SCRIPTS.parents[1] / "config"


Plan = Callable[..., list[Job]]


@pytest.fixture
def plan(settings_for: Callable[[dict[str, Any]], Settings]) -> Plan:
    """Return what gives the jobs of some targets, whatever data is there."""

    def jobs(config: dict[str, Any], *targets: str) -> list[Job]:
        with Needs.ignored():
            return planned(settings_for(config), targets)

    return jobs


def test_a_table_plans_the_jobs_of_its_cells_and_no_other(plan: Plan) -> None:
    """Of the benchmark at its true size: ResNet50 on level 5."""
    jobs = plan(whole(CONFIG / "imagenet-cog.yaml"), "table_B_6")
    probed = [job for job in jobs if job.rule in ("tune_probes", "fit_probes")]
    assert len(probed) == 2
    for job in probed:
        assert job.wildcards == {"encoder": "ResNet50", "dataset": "cog_l5", "protocol": "linear"}
    extracted = [job.wildcards for job in jobs if job.rule == "extract_features"]
    assert sorted(found["split"] for found in extracted) == ["test", "train"]
    assert {(found["encoder"], found["dataset"]) for found in extracted} == {("ResNet50", "cog_l5")}
    assert [job.wildcards for job in jobs if job.rule == "table"] == [{"table": "published_cog_l5"}]
    made = {job.wildcards["dataset"] for job in jobs if "dataset" in job.wildcards}
    assert made == {"cog_l5"}
    assert len(to_run(jobs, ["results/tables/published_cog_l5.parquet"])) == len(jobs)


def test_a_figure_has_all_of_its_panels_and_a_chapter_all_of_its_exhibits(plan: Plan) -> None:
    config = yaml.safe_load((CONFIG / "test.yaml").read_text())
    figures = {
        job.wildcards["figure"] for job in plan(config, "figure_3_4") if job.rule == "figure"
    }
    assert figures == {"levels_absolute", "levels_relative"}
    keys = {"title": "Only", "chapter": 4, "baseline": "random"}
    config["report"] = {"parts": {"only": keys | {"encoders": ["random", "base"]}}}
    rules = Counter(job.rule for job in plan(config, "chapter_4"))
    assert rules["fit_probes"] == 6
    assert not {"build_report", "generate_shard", "collect_scores"} & set(rules)
    paper = Counter(job.rule for job in plan(config, "paper"))
    assert paper["build_report"] == paper["collect_scores"] == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("table_5_3", "table 5.3 (Transfer of models trained on clones) is not in this config"),
        ("table_B_7", "the thesis has no such table, figure or chapter; did you mean table_B_"),
        ("tabel_B_1", "the thesis has no such table, figure or chapter; did you mean table_B_1"),
        ("fig_4.7", "the thesis has no such table, figure or chapter; did you mean figure_4_7"),
    ],
)
def test_what_is_not_given_fails_at_once_in_words(plan: Plan, target: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(whole(CONFIG / "imagenet-cog.yaml"), target)
    assert words in str(caught.value)
    assert "Exception" not in str(caught.value)


def test_missing_weights_of_a_classifier_are_told_in_words(
    settings_for: Callable[[dict[str, Any]], Settings],
) -> None:
    """They are a file of the user's, and no input of the rule."""
    config = {
        "images": {"in1k": {"source": {"kind": "imagenet", "path": "."}}},
        "encoders": {"ResNet50": {"registry": "ResNet50"}},
        "probes": {"own": {"kind": "classifier"}},
        "evaluations": {
            "own": {"encoders": ["ResNet50"], "datasets": ["in1k"], "protocols": ["own"]}
        },
    }
    with pytest.raises(InputError, match=r"^files that the config names are missing:\nencoders"):
        planned(settings_for(config), ["results/probes/ResNet50/in1k/own.parquet"])
