"""The forecast of the smallest config, and the preflight of its disk, in process."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.core.files import write_json
from cogworks.core.place import ROOT
from cogworks.estimates import measure as module
from cogworks.estimates.forecast import Forecast, told
from cogworks.estimates.measure import measure
from cogworks.estimates.specs import Calibrations, Clocked, read
from cogworks.plan import sizes
from cogworks.plan.load import load
from cogworks.plan.plan import Plan
from cogworks.preflight.quick import Needed, problems, space
from cogworks.stale.job import Job, Made


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(tmp_path)
    return load(load_yaml(ROOT / "config" / "test.yaml"))


def job(rule: str, output: str, after: tuple[int, ...] = (), **wildcards: str) -> Job:
    return Job(rule, wildcards, (output,), now=Made(), before=None, after=after)


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=count))


def test_a_full_disk_is_told_by_room(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1000)
    (finding,) = space(plan, Needed())
    assert not finding.fine
    for words in ("1 kB free", "training ", "features ", "make room for", "dtype: float16"):
        assert words in finding.words
    free(monkeypatch, 10**12)
    assert all(finding.fine for finding in space(plan, Needed()))


def test_a_run_needs_the_space_of_its_own_jobs(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    features = plan.encoders["random"].features("seen", "test").array
    wildcards = {"encoder": "random", "dataset": "seen", "split": "test"}
    needed = Needed.by([(wildcards, [features])])
    assert (needed.encoders, needed.datasets) == (["random"], [])
    expected = sum(a.bytes for a in sizes.artifacts(plan) if a.path == features)
    free(monkeypatch, 10**9 + expected)
    assert list(problems(plan, needed)) == []
    free(monkeypatch, 10**9 + expected - 1)
    (line,) = problems(plan, needed)
    assert "features" in line
    assert "training" not in line


def test_the_forecast_of_a_few_jobs(plan: Plan) -> None:
    for calibration in Calibrations(plan).all.values():
        found = Clocked(seconds=0.5, library=7.0, start=3.0, device="CPU")
        write_json(found.model_dump(), calibration.path)
    features = plan.encoders["base"].features("seen", "train").array
    encoded = {"encoder": "base", "dataset": "seen", "split": "train"}
    key = {"encoder": "base", "dataset": "seen", "protocol": "linear"}
    shard = {"drawing": "clone", "number": "00000"}
    jobs = [
        job("train_encoder", "results/training/base/encoder.safetensors", run="base"),
        job("extract_features", features, (0,), **encoded),
        job("tune_probes", "results/tuning/base/seen/linear.parquet", (1,), **key),
        job("generate_shard", "results/synthesis/clone/shard-00000.tar", **shard),
    ]
    rows = Forecast(plan, {}, warm=False).rows(jobs)
    images = 4 * 16
    assert (rows["training"].images, rows["training"].seconds) == (2 * images, 10 + images)
    assert (rows["features"].images, rows["features"].seconds) == (images, 10 + images / 2)
    # Two shots of four classes and four fifths of all images, two seeds, three epochs, four trials.
    shown = (8 + round(0.8 * images)) * 2 * 3 * 4
    assert rows["probes"].seconds == pytest.approx(10 + shown / 2, rel=0.01)
    text = list(
        told(Forecast(plan, {}, warm=False), jobs, {"One": [features], "Two": [jobs[2].outputs[0]]})
    )
    first = [line.split()[:3] for line in text[1:4]]
    assert first == [["One", "training", "1"], ["features", "1", f"{images}"], ["in", "all", "2"]]
    assert any(line.startswith("everything") for line in text)
    assert any("images of clone" in line for line in text)
    warm = Forecast(plan, {}, warm=True)
    assert warm.rows(jobs)["training"].seconds == 3 + images
    table = job("table", "results/tables/levels.csv")
    assert warm.work(table).seconds < Forecast(plan, {}, warm=False).work(table).seconds


def test_each_kind_of_work_is_measured(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few measurements, whose specs survive the command line."""
    monkeypatch.setattr(module, "LONGEST", 1)
    found = {c.spec.kind: c for c in Calibrations(plan).all.values()}
    assert sorted(found) == ["encode", "search", "train"]
    for calibration in found.values():
        spec = read(calibration.spec.text)
        assert spec == calibration.spec
        clocked = measure(spec, threads=1, device="cpu")
        assert clocked.problem == ""
        assert clocked.library > 0.1
        assert clocked.start >= 0
        assert 0 < clocked.seconds < 1


def test_two_lengths_tell_the_unit_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of 10 s to begin with and 0.02 s for each unit."""
    now, lengths = [0.0], []

    def run(units: int) -> None:
        lengths.append(units)
        now[0] += 10 + 0.02 * units

    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    each, start = module.two_lengths(run, 8)
    assert (each, start) == (pytest.approx(0.02), pytest.approx(10))
    assert lengths == [8, 8, 24, 72, 216, 648, 1944]


def test_runs_with_the_same_steps_share_a_measurement(plan: Plan) -> None:
    names = [c.name for c in Calibrations(plan).all.values() if c.spec.kind == "train"]
    assert len(names) < len(plan.runs)
