"""The user's own files, asked of Snakemake on dry runs: missing, touched, copied and replaced."""

import os
import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

CONFIG = """
images:
  birds:
    source: {kind: parquet, path: packs}
    classes: {file: lists/wnids.txt}
    max_images: 20
    test_images: 8
  fish:
    source: {kind: folder, path: photos, layout: flat, mapping: lists/mapping.txt}
    classes: {wnids: [n01440764, n01443537]}
    test_images: 8
training:
  tuned: {dataset: birds, recipe: base, scale: px32, start: {checkpoint: weights/start.pth}}
encoders:
  one: &net {model: "cogworks:small_resnet", image_size: 32, checkpoint: weights/one.pth}
  two: {<<: *net, checkpoint: weights/two.pth}
  tuned: {run: tuned}
  idle: {<<: *net, checkpoint: weights/idle.pth}
probes:
  knn: {kind: knn}
evaluations:
  all: {encoders: [one, two, tuned], datasets: [birds, fish], protocols: [knn]}
"""
FILES = (
    *("packs/1.parquet", "packs/2.parquet", "lists/wnids.txt", "lists/mapping.txt"),
    *("weights/start.pth", "weights/one.pth", "weights/two.pth", "photos/1.jpg"),
)
CONFIG_FILE = "config/mine.yaml"
OLD = 1_000_000_000
# More than Snakemake compares by checksum.
LARGE = 2_000_000


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Any]) -> Any:
    project = make_project(tmp_path_factory.mktemp("files") / "project", CONFIG_FILE)
    write_files(project)
    project.pretend_finished()
    return project


@pytest.fixture
def project(finished: Any) -> Any:
    """Undo each test's edits."""
    write_files(finished)
    return finished


def write_files(project: Any) -> None:
    (project.folder / CONFIG_FILE).write_text(CONFIG)
    for number, name in enumerate(FILES):
        path = project.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes([number]) * LARGE)
        os.utime(path, (OLD + 100, OLD + 100))


def changed(output: str) -> set[str]:
    """Return the rules of which a dry run says that their params have changed."""
    found = re.search(r"params have changed[^:]*:\n\s+(.*)", output)
    return set(found[1].split(", ")) if found else set()


def test_missing_files_are_errors_of_the_planning_all_at_once(project: Any) -> None:
    """Although results of other files are there; what nobody evaluates may be missing."""
    for name in ("one.pth", "mapping.txt", "start.pth"):
        project.edit(CONFIG_FILE, f"/{name}", f"/typo-{name}")
    output = project.snakemake("--dry-run", check=False)
    assert "params have changed" not in output
    told = output.partition("are missing:")[2]
    lines = re.findall(r"^ *((?:images|training|encoders)\..*)", told, re.MULTILINE)
    assert sorted(line.split(": ")[0] for line in lines) == [
        "encoders.one",
        "images.fish.source.mapping",
        "training.tuned.start.checkpoint",
    ]
    assert all("/typo-" in line for line in lines)


def test_new_encoder_whose_weights_are_missing(project: Any) -> None:
    """Nothing of it is there, so its jobs are to run; not even a quiet dry run lets it pass."""
    project.edit(CONFIG_FILE, "[one, two,", "[one, two, idle,")
    output = project.snakemake("--dry-run", "--quiet", "rules", "progress", check=False)
    assert "encoders.idle: no file weights/idle.pth" in output


def test_touched_and_copied_files_rerun_nothing_and_older_ones_do(project: Any) -> None:
    for name in FILES:
        path = project.folder / name
        shutil.copy(path, path.with_suffix(".copy"))
        path.with_suffix(".copy").replace(path)
    project.edit(CONFIG_FILE, "path: packs}", "path: [.//packs/]}\n    verify: true")
    project.edit(CONFIG_FILE, "mapping: lists/mapping.txt", "mapping: ./lists//mapping.txt")
    # What is finished, or touched, keeps its shards.
    project.edit(CONFIG_FILE, "weights/one.pth}", "weights/one.pth, shards: 2}")
    assert project.stale() == {"build_report": 1}, "the page shows a list as a list"
    for name in ("weights/one.pth", "lists/mapping.txt"):
        with open(project.folder / name, "r+b") as handle:
            handle.seek(LARGE // 2)
            handle.write(b"#")
        os.utime(project.folder / name, (OLD, OLD))
    targets = ("results/features/one/birds/test.npy", "results/images/fish/test.parquet")
    output = project.snakemake("--dry-run", *targets)
    assert changed(output) == {"index_source", "extract_features"}
    assert "Features of one on birds/test" in output
    assert "Manifests of fish" in output
    assert "Manifests of birds" not in output
