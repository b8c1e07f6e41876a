"""The forecast of the smallest config, and the preflight of its disk, in process."""

import importlib
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from PIL import Image

from cogworks.config.root import Config
from cogworks.config.yaml_file import load_yaml
from cogworks.core import spec
from cogworks.core.files import write_json
from cogworks.core.place import ROOT
from cogworks.core.spec import unpacked
from cogworks.estimates import clock, forks
from cogworks.estimates import measure as module
from cogworks.estimates.forecast import Forecast, told
from cogworks.estimates.measure import measure
from cogworks.estimates.searches import SMALL, parts, search
from cogworks.estimates.specs import Calibration, Calibrations, Clocked, Search, read
from cogworks.images.manifest import write_manifest
from cogworks.plan import sizes, work
from cogworks.plan.jobs import Job as ProbeJob
from cogworks.plan.load import load
from cogworks.plan.plan import Plan
from cogworks.preflight.quick import Needed, problems, space
from cogworks.stale.job import Job, Made
from cogworks.synthesis.estimates import Estimate


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


def measured(plan: Plan, **found: float) -> None:
    """Write the same result for every measurement of a plan."""
    for calibration in Calibrations(plan).all.values():
        write_json(Clocked(**found, device="CPU").model_dump(), calibration.path)  # type: ignore[arg-type]


KEY = {"encoder": "base", "dataset": "seen", "protocol": "linear"}
IMAGES = 4 * 16


def test_the_forecast_of_a_few_jobs(plan: Plan) -> None:
    measured(plan, seconds=0.5, library=7.0, forked=0.25, start=3.0)
    features = plan.encoders["base"].features("seen", "train").array
    encoded = {"encoder": "base", "dataset": "seen", "split": "train"}
    shard = {"drawing": "clone", "number": "00000"}
    jobs = [
        job("train_encoder", "results/training/base/encoder.safetensors", run="base"),
        job("extract_features", features, (0,), **encoded),
        job("tune_probes", "results/tuning/base/seen/linear.parquet", (1,), **KEY),
        job("generate_shard", "results/synthesis/clone/shard-00000.tar", **shard),
    ]
    rows = Forecast(plan, warm=False).rows(jobs)
    # Two epochs, and a validation after each: on one crop that goes one of three ways.
    crops = plan.runs["base"].spec.augmentation
    seen = crops.global_crops * crops.global_size**2 + crops.local_crops * crops.local_size**2
    validated = 2 * 4 * 8 * crops.global_size**2 / (3 * seen)
    assert rows["training"].images == 2 * IMAGES
    assert rows["training"].seconds == pytest.approx(10 + (2 * IMAGES + validated) / 2)
    assert (rows["features"].images, rows["features"].seconds) == (IMAGES, 10 + IMAGES / 2)
    # Two shots of four classes and four fifths of all images, two seeds, three epochs, four trials.
    shown = (8 + 0.8 * IMAGES) * 2 * 3 * 4
    assert rows["probes"].seconds == pytest.approx(10 + shown / 2, rel=0.01)
    text = list(
        told(Forecast(plan, warm=False), jobs, {"One": [features], "Two": [jobs[2].outputs[0]]})
    )
    first = [line.split()[:3] for line in text[1:4]]
    assert first == [["One", "training", "1"], ["features", "1", f"{IMAGES}"], ["in", "all", "2"]]
    assert any(line.startswith("everything") for line in text)
    assert not any("Not measured" in line for line in text)
    few = Forecast(plan, warm=False)
    few.rows(jobs[:2])
    assert [Path(path).name.partition("-")[0] for path in few.read] == ["train", "encode"]
    assert few.read.keys() < {found.path for found in Calibrations(plan).all.values()}
    warm = Forecast(plan, warm=True)
    assert warm.work(jobs[1]).seconds == 3.25 + IMAGES / 2


def test_what_reads_tables_makes_one_table_or_figure(plan: Plan) -> None:
    calibrations = Calibrations(plan)
    for what, found in (
        ("table", Clocked(seconds=0.1, step=0.03, library=2.0, forked=0.02)),
        ("figure", Clocked(seconds=0.6, library=3.0, forked=0.02)),
    ):
        write_json(found.model_dump(), calibrations.shown(what).path)  # type: ignore[arg-type]
    jobs = [
        job("table", "results/tables/levels.csv"),
        job("figure", "results/figures/levels.svg"),
        job("merge_clone", "results/synthesis/clone/manifest.parquet", clone="clone"),
        job("rank_concepts", "results/concepts/world/ranking.parquet", benchmark="world"),
    ]
    # Each table of scores takes time to read.
    scores = frozenset(f"results/probes/{name}/seen/linear.parquet" for name in ("a", "b"))
    shown = Made(inputs=scores | {"results/concepts/world/levels.parquet"})
    jobs.append(Job("table", {}, ("results/tables/all.csv",), now=shown, before=None))
    for warm, expected in (
        (True, [0.12, 0.62, 0.12, 1.12, 0.18]),
        (False, [2.1, 3.6, 2.1, 3.1, 2.16]),
    ):
        forecast = Forecast(plan, warm=warm)
        assert [forecast.work(one).seconds for one in jobs] == pytest.approx(expected)
        assert not forecast.unknown


def test_a_generator_of_the_user_s_tells_of_its_own_drawings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_yaml(ROOT / "config" / "test.yaml")
    config["synthesis"]["generators"]["tiny"] = {"path": "stable-diffusion"}
    plan = load(config)
    measured(plan, seconds=0.5, forked=0.25)
    shard = job(
        "generate_shard", "results/synthesis/clone/00000.tar", drawing="clone", number="00000"
    )
    unknown = Forecast(plan, warm=True)
    assert unknown.work(shard) == (16, 0)
    assert list(unknown.unknown) == ["images of clone"]
    found = dict.fromkeys(Estimate.__dataclass_fields__, 0) | {
        "images": 32,
        "device_days": 10 / 86400,
    }
    write_json(found, Path("results/synthesis/clone/estimate.json"))
    # One of two tar files.
    assert Forecast(plan, warm=True).work(shard) == (16, pytest.approx(5.25))


def probed(**keys: object) -> ProbeJob:
    """Return a job of the smallest config, with other keys of its protocol."""
    config = load_yaml(ROOT / "config" / "test.yaml")
    config["probes"]["linear"] |= keys
    return load(config).jobs["base", "seen", "linear"]


def test_the_steps_of_a_search_are_those_that_it_takes() -> None:
    """Counted by going through the search as `probes.tune` does, with its own batches."""
    torch = pytest.importorskip("torch")
    from cogworks.plan.architectures import dim
    from cogworks.probes.sgd import Sgd
    from cogworks.probes.study import batch_sizes
    from cogworks.probes.table import FeatureTable

    job = probed(trials=7, first_batch=3, batch=2, batch_size=20, epochs=3, seeds=5)
    spec = job.tune_spec
    x = torch.empty(1, dim(job.encoder).number)
    names = [str(number) for number in range(4)]
    table = FeatureTable(x, torch.zeros(1, dtype=torch.long), names, "")
    method = Sgd(table, spec, torch.device("cpu"))  # type: ignore[arg-type]
    images = updates = together = 0
    for rows in (8, round(0.8 * IMAGES)):
        for size in batch_sizes(7, 3, 2):
            seeds = 5
            while seeds:
                own = min(seeds, method.companions(rows))
                seeds -= own
                for _ in range(3 * -(-rows // 20)):
                    updates, together = updates + own * size, together + 1
                images += 3 * own * size * rows
    found = work.steps(job, search=True)
    assert (found.updates, found.together) == (updates, together)
    assert found.images == pytest.approx(images, rel=0.01)
    assert work.records(job, search=True) == len(batch_sizes(7, 3, 2)) * 5 * 2
    assert work.records(job, search=False) == 5 * 2
    alone = work.steps(job, search=False)
    assert alone.updates == 5 * 3 * (1 + 4)
    assert work.scored(job) == 4 * 8 * 5 * 2


def test_pruned_configurations_end_early() -> None:
    whole = work.steps(probed(), search=True)
    found = work.steps(probed(pruning={"epoch": 1, "keep": 0.25}), search=True)
    # One epoch of all, and two of a quarter.
    assert found.images == pytest.approx(whole.images * 1.5 / 3, abs=4)


def test_large_and_small_steps_tell_images_steps_and_configurations_apart() -> None:
    def step(images: int, configurations: int) -> tuple[float, int, int]:
        seconds = 0.001 + configurations * (0.0002 + images * 1e-5)
        return seconds, images, configurations

    found = parts(step(256, 5), step(8, 5), step(8, 1))
    assert found.seconds == pytest.approx(1e-5)
    assert found.step == pytest.approx(0.001)
    assert found.update == pytest.approx(0.0002)
    # Noise makes nothing negative.
    found = parts((0.001, 256, 5), (0.002, 8, 5), (0.003, 8, 1))
    assert (found.seconds, found.update, found.step) == (0, 0, 0.003)


def test_each_kind_of_work_is_measured(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few measurements, whose specs survive the command line."""
    monkeypatch.setattr(clock, "LONGEST", 1)
    found = {c.spec.kind: c for c in Calibrations(plan).all.values()}
    kinds = ["describe", "draw", "encode", "search", "sketch", "start", "teach", "train"]
    assert sorted(found) == kinds
    for calibration in found.values():
        spec = read(calibration.spec.text)
        assert spec == calibration.spec
        clocked = measure(spec, threads=1, device="cpu")
        assert clocked.problem == ""
        assert clocked.library > 0.1
        assert clocked.start >= 0
        assert 0 <= clocked.seconds < 5
        assert (clocked.forked > 0) == (spec.kind == "start")
        assert clocked.step > 0 or spec.kind != "start"
        assert (clocked.record > 0) == (spec.kind == "search")


def test_small_batches_are_measured_by_larger_ones(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the size that it is compared with would tell nothing."""
    monkeypatch.setattr(clock, "LONGEST", 1)
    given = Calibrations(plan).search(plan.jobs["base", "seen", "linear"]).spec
    assert isinstance(given, Search)
    smaller = given.search.model_copy(update={"batch_size": SMALL})
    found = search(given.model_copy(update={"search": smaller}), torch.device("cpu"))
    assert min(found.seconds, found.step, found.update) >= 0


def test_a_measurement_has_the_threads_of_its_jobs(plan: Plan) -> None:
    found = Calibrations(plan).search(plan.jobs["base", "seen", "linear"])
    for given, threads in (
        ({}, plan.probe_threads),
        ({"tune_probes": 1, "train_encoder": 5}, 1),
        ({"tune_probes": SimpleNamespace(value=7)}, 7),
    ):
        settings = SimpleNamespace(overwrite_threads=given)
        assert found.threads_in(SimpleNamespace(resource_settings=settings)) == threads


def test_images_of_a_pack_are_counted_and_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their own pixels are measured; every data set of the pack has its manifest made."""
    monkeypatch.chdir(tmp_path)
    config = load_yaml(ROOT / "config" / "photographs.yaml")
    absent = Calibrations(load(config))
    assert (absent.manifests, {one.spec.manifest for one in _encodings(absent)}) == ([], {""})
    Path("photographs.parquet").touch()
    calibrations = Calibrations(load(config))
    made = [f"results/images/{name}/train.parquet" for name in sorted(calibrations.plan.datasets)]
    assert calibrations.manifests == made
    (look,) = {one.spec.manifest for one in _encodings(calibrations)}
    assert look == made[0]
    # A config has another order once it was packed for a script.
    packed = Plan(Config.model_validate(unpacked(packed_(calibrations.plan))))
    assert Calibrations(packed).all.keys() == calibrations.all.keys()


def packed_(plan: Plan) -> str:
    return spec.packed(plan.config.model_dump())


def _encodings(calibrations: Calibrations) -> list[Calibration]:
    return [one for one in calibrations.all.values() if one.spec.kind == "encode"]


def test_a_pack_s_own_images_are_measured(tmp_path: Path) -> None:
    pack = tmp_path / "photographs"
    pd.DataFrame({"jpeg": [b""] * 6}).to_parquet(pack)
    images = pd.DataFrame(
        {"id": ["a", "b"], "path": str(pack), "container": "parquet", "locator": [3, 5], "size": -1}
    ).assign(wnid=["x", "y"])
    place = str(tmp_path / "pack.parquet")
    keys = {"dataset": "d", "split": "train", "classes": ["x", "y"], "image_column": "jpeg"}
    write_manifest(images, place, **keys)  # type: ignore[arg-type]
    own = module.OnImages(pixels=(9, 9), manifest=place)
    found = module._images(own, 5, 1, tmp_path)
    assert (found.image_column, found.frame["container"].unique().tolist()) == ("jpeg", ["parquet"])
    assert sorted(found.frame["locator"]) == [3, 3, 3, 5, 5]
    made_up = module._images(module.OnImages(pixels=(40, 30), manifest=""), 5, 2, tmp_path)
    assert made_up.labels.tolist() == [0, 0, 0, 1, 1]
    assert Image.open(made_up.frame["path"][0]).size == (40, 30)


def test_two_lengths_tell_the_unit_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of 10 s to begin with and 0.02 s for each unit; its data are nobody's time."""
    now, lengths = [0.0], []

    def prepare(units: int) -> Callable[[], None]:
        now[0] += 100
        lengths.append(units)
        return lambda: run(units)

    def run(units: int) -> None:
        now[0] += (10 if len(lengths) == 1 else 1) + 0.02 * units

    monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])
    each, start = clock.two_lengths(prepare, 8)
    assert (each, start) == (pytest.approx(0.02), pytest.approx(10))
    assert lengths == [8, 8, 24, 72, 216]


def test_a_fork_notes_what_a_call_loads_though_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "cogworks.concepts.vector_file"

    def run() -> None:
        importlib.import_module(name)
        raise OSError

    monkeypatch.delitem(sys.modules, name, raising=False)
    assert name in forks.loaded_by(run)
    assert name not in sys.modules


def test_one_run_that_is_disturbed_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of 0.1 s for each unit, of which the one of 9 units waits for something else."""
    now = [0.0]

    def run(units: int) -> None:
        now[0] += 0.1 * units + (units == 9)

    monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])
    each, _ = clock.two_lengths(lambda units: partial(run, units), 1)
    assert each == pytest.approx(0.1, rel=0.01)


def test_runs_with_the_same_steps_share_a_measurement(plan: Plan) -> None:
    names = [c.name for c in Calibrations(plan).all.values() if c.spec.kind == "train"]
    assert len(names) < len(plan.runs)
