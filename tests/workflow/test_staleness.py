"""What a change makes stale, asked of Snakemake itself on dry runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# What a change of the probes may never touch: everything that comes before them, or beside them.
BEFORE_PROBES = {
    "select_concepts",
    "rank_concepts",
    "split_levels",
    "index_source",
    "list_classes",
    "render_world",
    "build_manifest",
    "draw_samples",
    "train_generator",
    "write_prompts",
    "generate_shard",
    "merge_clone",
    "draw_sheets",
    "train_encoder",
    "extract_features",
    "measure_features",
}
# Figures that show no scores.
WITHOUT_SCORES = re.compile(
    "features|singular_values.*|coding_length|components|training_.*|ranking_.*|images_per_concept"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any]) -> Any:
    result = make_project(tmp_path_factory.mktemp("finished") / "project", "config/test.yaml")
    result.pretend_finished()
    return result


@pytest.fixture(autouse=True)
def unchanged(project: Any) -> Any:
    """Undo each test's edits."""
    yield
    project.restore()


def test_a_finished_project_has_nothing_to_do(project: Any) -> None:
    assert project.stale() == {}


def test_probe_config_reruns_probes_and_report_alone(project: Any) -> None:
    project.edit("config/test.yaml", "kind: sgd, epochs: 3,", "kind: sgd, epochs: 4,")
    stale = project.stale()
    assert stale["tune_probes"] == 6
    assert stale["fit_probes"] == 6
    assert stale["build_report"] == 1
    assert not BEFORE_PROBES & set(stale), stale
    drawn = re.findall(r"^Job \d+: Figure (\w+)$", project.snakemake("--dry-run"), re.MULTILINE)
    assert "levels_absolute" in drawn
    assert not [name for name in drawn if WITHOUT_SCORES.fullmatch(name)], drawn


def test_only_the_kinds_of_work_that_are_left_are_measured(project: Any) -> None:
    def measured() -> list[str]:
        output = project.snakemake("--dry-run", "estimate")
        return re.findall(r"^Job \d+: Measuring (\w+)-", output, re.MULTILINE)

    assert measured() == []
    project.edit("config/test.yaml", "kind: sgd, epochs: 3,", "kind: sgd, epochs: 4,")
    assert set(measured()) == {"search", "start"}


def test_swapped_values_are_seen(project: Any) -> None:
    """Snakemake compares params as a set, in which a swap of two values goes unseen."""
    project.edit(
        "config/test.yaml",
        "epochs: 3, batch_size: 32, trials: 4,",
        "epochs: 4, batch_size: 32, trials: 3,",
    )
    assert project.stale()["tune_probes"] == 6


def test_training_config_reruns_that_run_alone(project: Any) -> None:
    project.edit(
        "config/test.yaml", "dataset: clone, validation", "seed: 1, dataset: clone, validation"
    )
    stale = project.stale()
    assert stale["train_encoder"] == 1
    assert "generate_shard" not in stale
    assert "tune_probes" not in stale, "the changed run is not probed"


def test_prompt_config_draws_again_but_learns_nothing_new(project: Any) -> None:
    project.edit(
        "config/test.yaml", "generator: tiny, like", 'prompt: "c, d", generator: tiny, like'
    )
    stale = project.stale()
    assert stale["write_prompts"] == 1
    assert stale["generate_shard"] == 2
    assert "train_generator" not in stale
    assert "render_world" not in stale


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("concepts/subsumers.py", '"""', '"""Another docstring. '),
        ("probes/schedule.py", "import", "# a comment\nimport"),
        ("core/seeds.py", "import hashlib\n", "\n\n\nimport hashlib\n"),
    ],
)
def test_a_comment_or_docstring_reruns_nothing(project: Any, path: str, old: str, new: str) -> None:
    project.edit(f"workflow/scripts/cogworks/{path}", old, new, first=True)
    assert project.stale() == {}


@pytest.mark.parametrize(
    ("path", "old", "new", "rules"),
    [
        (
            "concepts/similarities/lin.py",
            "total = row + column",
            "total = column + row",
            {"rank_concepts"},
        ),
        ("concepts/levels.py", "offsets = [0] * count", "offsets = count * [0]", {"split_levels"}),
        # The fit follows from its search, so that Snakemake does not compare its own params.
        ("probes/sgd.py", "int(SMALL_STEP // step)", "1", {"tune_probes"}),
        # No protocol of the config is of kind knn.
        ("probes/knn.py", "return votes", "return 1 * votes", set()),
        # No run of the config has the loss ocm.
        ("training/memory.py", "def push", "def pushed", set()),
        ("training/optimizer.py", "(step + 1) / warmup", "(1 + step) / warmup", {"train_encoder"}),
        ("report/drawing/level_figures.py", "WIDE = 6.8", "WIDE = 6.9", {"figure"}),
    ],
)
def test_an_edit_reruns_exactly_the_rules_that_use_it(
    project: Any, path: str, old: str, new: str, rules: set[str]
) -> None:
    project.edit(f"workflow/scripts/cogworks/{path}", old, new, first=True)
    assert project.changed() == rules


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("core/errors.py", "class", "def unused():\n    return 1\n\n\nclass"),
        ("core/files.py", ": no such file", ": there is no such file"),
        ("core/progress.py", "LOG_INTERVAL_SECONDS = 10.0", "LOG_INTERVAL_SECONDS = 30.0"),
        ("training/progress.py", "images/s", "images a second"),
    ],
)
def test_what_only_tells_reruns_nothing(project: Any, path: str, old: str, new: str) -> None:
    project.edit(f"workflow/scripts/cogworks/{path}", old, new, first=True)
    assert project.stale() == {}


def test_an_edit_of_a_drawing_draws_its_own_figures_again_and_builds_the_page(
    project: Any,
) -> None:
    path = "workflow/scripts/cogworks/report/drawing/level_figures.py"
    project.edit(path, "WIDE = 6.8", "WIDE = 6.9")
    # The absolute figure and the relative one.
    assert project.stale() == {"figure": 2, "build_report": 1}


def test_touch_and_clone_rerun_nothing(project: Any) -> None:
    for file in (project.folder / "workflow").rglob("*.py"):
        Path(file).touch()
    assert project.stale() == {}


def test_touch_keeps_what_older_code_made(project: Any) -> None:
    path, test = "workflow/scripts/cogworks/synthesis/produce.py", "self.done == len(self._slots)"
    try:
        project.edit(path, test, test.replace("==", ">="), first=True)
        assert project.changed() == {"generate_shard"}
        project.snakemake("--touch", "results/synthesis/clone/manifest.parquet")
        assert project.stale() == {}
    finally:
        project.restore()
        project.snakemake("--touch")
