"""The command lines of the probes room, and a kill in the middle of a search."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cogworks.core.files import read_metadata
from cogworks.plan.jobs import Job
from cogworks.probes.specs import CrossSpec

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
PARTS = ("features", "indices", "manifests")
QUICK = {"kind": "sgd", "epochs": 40, "batch_size": 16, "seeds": 2, "shots": [1, 2, 4, "all"]}


@pytest.fixture(scope="session")
def fixtures(load_module: Callable[[str], Any]) -> Any:
    """The module of the unit tests' fixtures."""
    return load_module("tests/unit/probes/conftest.py")


@pytest.fixture
def store(tmp_path: Path, fixtures: Any) -> Any:
    """The toy features of the unit tests."""
    result = fixtures.Store(tmp_path / "features")
    result.toy()
    return result


@pytest.fixture(scope="session")
def job(fixtures: Any) -> Job:
    """The job of the plan that is run here."""
    found: Job = fixtures.toy_job(**QUICK)
    return found


def files(store: Any, split: str, prefix: str = "--") -> list[str]:
    paths = store.path("toy", split)
    return [text for part, path in zip(PARTS, paths, strict=True) for text in (prefix + part, path)]


def command(script: str, *arguments: Any) -> list[str]:
    return [sys.executable, str(SCRIPTS / f"{script}.py"), "--device", "cpu", *map(str, arguments)]


def tune(job: Job, store: Any, folder: Path) -> list[str]:
    output = ("--cells", folder / "cells", "--output", folder / "trials.parquet")
    how = ("--spec", job.tune_spec.text, "--threads", 1, "--levels")
    return command("tune_probes", *how, *files(store, "train"), *output)


def run(arguments: list[str]) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr


def test_a_search_killed_in_the_middle_ends_as_it_would_have_without(
    job: Job, store: Any, tmp_path: Path, deadly: Callable[[str], dict[str, str]]
) -> None:
    run(tune(job, store, tmp_path / "whole"))
    search = tune(job, store, tmp_path / "killed")
    killed = subprocess.run(search, env=deadly("*/cells/4-*.json"), check=False)
    assert killed.returncode == -signal.SIGKILL
    assert 2 < len(list(tmp_path.glob("killed/cells/*.json"))) < 8
    assert not (tmp_path / "killed" / "trials.parquet").exists()
    run(search)
    whole, resumed = (tmp_path / name / "trials.parquet" for name in ("whole", "killed"))
    assert whole.read_bytes() == resumed.read_bytes()


def test_from_trials_to_scores_and_crossed_classifiers(
    job: Job, store: Any, tmp_path: Path
) -> None:
    run(tune(job, store, tmp_path))
    scores, cells = tmp_path / "scores.parquet", tmp_path / "fitted"
    run(
        command(
            "fit_probes",
            *("--spec", job.fit_spec.text, "--threads", 1, "--levels"),
            *("--trials", tmp_path / "trials.parquet"),
            *files(store, "train", "--train-"),
            *files(store, "test", "--test-"),
            *("--other-features", "--other-indices", "--other-manifests"),
            *("--cells", cells, "--output", scores),
        )
    )
    frame = pd.read_parquet(scores)
    assert frame["shots"].tolist() == ["1", "1", "2", "2", "4", "4", "all", "all"]
    assert frame["top1"].notna().all()
    features, index, manifest = store.path("toy", "test")
    crossed = CrossSpec(confidence=0.5, normalize=True, seeds=2)
    run(
        command(
            "cross_classifiers",
            *("--spec", crossed.text, "--features", features, "--index", index),
            *("--manifest", manifest, "--cells", cells, "--output", tmp_path / "crossed.parquet"),
        )
    )
    listed = pd.read_parquet(tmp_path / "crossed.parquet")
    assert (listed["confidence"] > 0.5).all()
    assert read_metadata(tmp_path / "crossed.parquet")["images"] == 60


def test_bad_input_is_one_line_and_status_one(job: Job, store: Any, tmp_path: Path) -> None:
    store.toy(train=1)
    done = subprocess.run(tune(job, store, tmp_path), capture_output=True, text=True, timeout=200)
    assert done.returncode == 1
    assert done.stderr.startswith("error: class n00000000 has 1 training image")
    assert "Traceback" not in done.stderr
