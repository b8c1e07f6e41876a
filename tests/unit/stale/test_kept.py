"""What is kept of earlier work."""

from pathlib import Path
from typing import Any

import pytest

from cogworks.stale.job import Job, Made
from cogworks.stale.kept import kept
from cogworks.training import marks

SPEC = {"kind": "sgd", "epochs": 3, "seeds": 2, "shots": [2, "all"], "encoder": "base"}
CELLS = "results/probes/base/seen/linear.cells"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def touch(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()


def probe(rule: str = "fit_probes", *, code: str = "", after: Any = (), **changes: Any) -> Job:
    now = Made(spec=SPEC | changes, code=code)
    outputs = ("results/probes/base/seen/linear.parquet",)
    return Job(rule, {}, outputs, now, Made(spec=SPEC), after=after)


@pytest.fixture
def cells() -> None:
    for name in ("2-0", "2-1", "all-0"):
        Path(CELLS, name).mkdir(parents=True)
    touch(f"{CELLS}/lock")


@pytest.mark.usefixtures("cells")
def test_cells_stay_good_where_seeds_or_shots_are_added() -> None:
    for job in (probe(seeds=5), probe(shots=[1, 2, "all"])):
        assert kept([job], [job]) == ["3 finished cells are kept"]


@pytest.mark.usefixtures("cells")
def test_cells_are_not_kept_where_their_settings_their_code_or_their_features_change() -> None:
    features = Job("extract_features", {}, ("x.npy",), Made(), Made())
    for job in (probe(epochs=4, seeds=5), probe(code="0" * 16), probe(seeds=5, after=(1,))):
        assert kept([job], [job, features]) == []


@pytest.mark.usefixtures("cells")
def test_cells_outlive_a_search_that_is_taken_up_for_more_seeds() -> None:
    search = probe("tune_probes", seeds=5)
    fit = probe(seeds=5, after=(0,))
    assert kept([fit], [search, fit]) == ["3 finished cells are kept"]


@pytest.mark.parametrize(
    ("rule", "output", "left"),
    [
        ("fit_probes", f"{CELLS[:-6]}.parquet", f"{CELLS}/all-0/seen.json"),
        ("tune_probes", "results/tuning/a/b/c.parquet", "results/tuning/a/b/c.cells/2-1.json"),
        (
            "extract_features",
            "results/features/a/b/t.npy",
            "results/features/a/b/t.work/chunk-0.json",
        ),
        ("extract_features", "r/t.npy", "r/t.shared/made.json"),
        ("extract_shard", "r/t.shards/0-of-2.npy", "r/t.shards/0-of-2.work/chunk-000000.json"),
        ("generate_shard", "r/shard-00000.tar", "r/.shard-00000.0123.partial"),
        ("train_generator", "r/generators/tiny.json", "r/generators/tiny.state/state.pt"),
        ("train_encoder", "r/v1.0/encoder.safetensors", "r/v1.0.state/last.pt"),
    ],
)
def test_what_a_stopped_job_left_is_told(rule: str, output: str, left: str) -> None:
    job = Job(rule, {}, (output,), Made(), None, missing=(output,))
    assert kept([job], [job]) == []
    touch(left)
    assert kept([job], [job]) == ["1 begun, which continue if their settings are unchanged"]


def test_a_finished_training_is_begun_anew() -> None:
    touch("r/base.state/last.pt")
    marks.finish(Path("r/base.state"), 10)
    job = Job("train_encoder", {}, ("r/base/encoder.safetensors",), Made(), Made())
    assert kept([job], [job]) == ["trained from the start"]
