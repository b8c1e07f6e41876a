"""Paths in `results/`: only what some job makes, and by its name where it has one."""

from pathlib import Path
from typing import Any

import pytest

from cogworks.config.parse import parse
from cogworks.plan.own_results import problems
from cogworks.plan.plan import Plan

WORLD = {"source": {"kind": "world"}, "classes": {"benchmark": "a", "part": "seen"}}
PACK = {"source": {"kind": "parquet", "path": "results/images/drawn/pack.parquet"}}


def problems_of(**config: Any) -> list[str]:
    typed = parse(config)
    return list(problems(Plan(typed), typed.model_dump()))


def start(path: str) -> dict[str, Any]:
    return {"training": {"base": {"dataset": "x", "start": {"checkpoint": path}}}}


def encoder(path: str) -> dict[str, Any]:
    return {"encoders": {"e": {"model": "cogworks:small_resnet", "checkpoint": path}}}


def test_what_a_job_makes_may_be_named() -> None:
    config = start("weights.pth") | encoder("./results//training/base/encoder.safetensors")
    config["images"] = {"drawn": WORLD, "again": PACK}
    counts = {
        "a": {"image_counts": "folder"},
        "b": {"image_counts": "results/concepts/a/image_counts.csv"},
    }
    assert problems_of(**config, concepts=counts) == []


@pytest.mark.parametrize(
    "config",
    [
        start("results/mine.pth"),
        start("results/training/base/encoder.safetensors"),
        start("results/../results/training/base/encoder.safetensors"),
        encoder("results/training/bse/encoder.safetensors"),
        encoder("results/training/base/encoder.pth"),
        {"images": {"packs": PACK}},
        {"images": {"drawn": PACK}},
        {"concepts": {"a": {"image_counts": "results/concepts/a/image_counts.csv"}}},
        {"concepts": {"a": {"pool": "results/pool.txt"}}},
    ],
)
def test_anything_else_is_an_error_with_its_key(config: dict[str, Any]) -> None:
    assert len(problems_of(**config)) == 1


def test_another_spelling_is_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There or not: Snakemake would not know which job makes it."""
    monkeypatch.chdir(tmp_path)
    path = str(tmp_path / "results/training/base/encoder.safetensors")
    assert problems_of(**start(path), **encoder("weights.pth")) == [
        f"training.base.start.checkpoint: {path} is in results/, and is not the name of a file "
        "that a job makes; keep files of your own elsewhere, and name a training run in "
        "`start.run`: base"
    ]
    assert problems_of(**start(str(tmp_path / "other" / "results" / "x.pth"))) == []
