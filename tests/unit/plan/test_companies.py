"""Who is encoded together, and that who comes or goes concerns nobody who is finished."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cogworks.core import paths
from cogworks.core.files import write_json
from cogworks.encoders.shards import Note, note_path, note_text
from cogworks.encoders.together import handover, record_path
from cogworks.estimates.forecast import Forecast
from cogworks.estimates.specs import Calibrations, Clocked
from cogworks.plan.counts import images_of
from cogworks.plan.load import load
from cogworks.plan.plan import Plan
from cogworks.plan.requests import Requests
from cogworks.stale.job import Job, Made

SMALL = {"model": "cogworks:small_resnet", "weights": "random", "image_size": 32}
CONFIG: dict[str, Any] = {
    "images": {
        "photos": {
            "source": {"kind": "folder", "path": "photos"},
            "classes": {"names": ["cat", "dog"]},
            "test_share": 0.25,
        }
    },
    "probes": {"near": {"kind": "knn"}},
    "evaluations": {"all": {"encoders": "all", "datasets": ["photos"], "protocols": ["near"]}},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan_of(together: int = 8, gpus: int = 0, **encoders: Any) -> Plan:
    config = copy.deepcopy(CONFIG)
    config["encoders"] = {
        name: section if "entry_point" in section else SMALL | section
        for name, section in encoders.items()
    }
    config["compute"] = {"encoders_together": together, "gpus": gpus}
    return load(config, warn=lambda _: None)


def companies(plan: Plan) -> dict[str, str | None]:
    """Return the number of each encoder's company on the training images."""
    found = {e.name: plan.companies.of(e, "photos", "train") for e in plan.encoders.values()}
    return {name: company and company.split("/")[1] for name, company in found.items()}


def encode(plan: Plan, *names: str) -> None:
    """Do what the job of a company does for some of its members, all of one company."""
    [company] = {plan.companies.of(plan.encoders[name], "photos", "train") for name in names}
    record = Path(record_path("photos", "train", str(company)))
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({name: plan.encoders[name].made_of for name in names}))
    for name in names:
        made = handover(paths.features(name, "photos", "train")[0]) / "made.json"
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(json.dumps({"of": plan.encoders[name].made_of, "manifest": "m"}))


def finish(plan: Plan, *names: str) -> None:
    """Do what the jobs of encoders do."""
    for name in names:
        encoder = plan.encoders[name]
        features = Path(paths.features(name, "photos", "train")[0])
        features.parent.mkdir(parents=True, exist_ok=True)
        features.touch()
        note = Note(1, plan.companies.of(encoder, "photos", "train"))
        note_path(features).write_text(note_text(note, encoder.made_of))
        made = handover(features) / "made.json"
        made.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1, "mean": [0.4, 0.4, 0.4], "std": [0.2, 0.2, 0.2], "dtype": "float16"},
        {"channel_order": "bgr", "resize": 32},
    ],
)
def test_encoders_of_the_same_pixels_are_together(change: dict[str, Any]) -> None:
    assert companies(plan_of(a={}, b=change)) == {"a": "0", "b": "0"}


@pytest.mark.parametrize(
    "change",
    [
        {"image_size": 48},
        {"resize": 40},
        {"interpolation": "bilinear"},
        {"decoder": "fast"},
        {"batch_size": 64},
        {"precision": "bfloat16"},
        {"shards": 2},
        {"compile": True},
        {"entry_point": "own.py:load", "image_size": 32},
    ],
)
def test_others_are_alone(change: dict[str, Any]) -> None:
    Path("own.py").touch()
    assert companies(plan_of(a={}, b={})) == {"a": "0", "b": "0"}
    assert companies(plan_of(a={}, b=change)) == {"a": None, "b": None}


def test_large_networks_are_together_on_a_gpu() -> None:
    """In a core they take a hundred times as long as decoding does."""
    large = {"model": "timm:resnet50", "image_size": 224}
    assert companies(plan_of(a=large, b=large)) == {"a": None, "b": None}
    assert companies(plan_of(a=large, b=large, gpus=1)) == {"a": "0", "b": "0"}


def test_what_is_finished_keeps_its_company_and_newcomers_form_another() -> None:
    two: dict[str, Any] = {"a": {}, "b": {"seed": 1}}
    more = two | {"c": {"seed": 2}, "d": {"seed": 3}}
    plan = plan_of(**two)
    encode(plan, "a", "b")
    # Between the job of the company and their own, nothing changes, whoever is finished first.
    assert companies(plan_of(**two)) == {"a": "0", "b": "0"}
    finish(plan, "a")
    assert companies(plan_of(**two)) == {"a": "0", "b": "0"}
    finish(plan, "b")
    assert companies(plan_of(**two)) == {"a": "0", "b": "0"}
    assert companies(plan_of(together=1, **two)) == {"a": "0", "b": "0"}
    assert companies(plan_of(a={})) == {"a": "0"}
    assert companies(plan_of(**two, c={"seed": 2})) == {"a": "0", "b": "0", "c": None}
    plan = plan_of(**more)
    assert companies(plan) == {"a": "0", "b": "0", "c": "1", "d": "1"}
    encode(plan, "c", "d")
    assert companies(plan_of(**more)) == {"a": "0", "b": "0", "c": "1", "d": "1"}
    # Stale ones are newcomers.
    changed = more | {"a": {"seed": 8}, "b": {"seed": 9}}
    assert companies(plan_of(**changed)) == {"a": "2", "b": "2", "c": "1", "d": "1"}


def test_what_was_finished_alone_stays_alone() -> None:
    plan = plan_of(a={}, together=1)
    finish(plan, "a")
    assert companies(plan_of(a={}, b={"seed": 1})) == {"a": None, "b": None}
    three = plan_of(a={}, b={"seed": 1}, c={"seed": 2})
    assert companies(three) == {"a": None, "b": "0", "c": "0"}


def test_a_job_that_takes_features_asks_for_little(folder: Path) -> None:
    def request(name: str) -> Any:
        w = SimpleNamespace(encoder=name, dataset="photos", split="train")
        plan = plan_of(a={}, b={"seed": 1})
        return Requests(plan).of("extract_features", w, SimpleNamespace(shards=()))

    def takes() -> dict[str, bool]:
        plan = plan_of(a={}, b={"seed": 1})
        return {name: plan.companies.takes(name, "photos", "train") for name in plan.encoders}

    assert takes() == {"a": True, "b": True}, "the company is still to be encoded"
    little = request("a")
    plan = plan_of(a={}, b={"seed": 1})
    encode(plan, "a", "b")
    (handover(paths.features("b", "photos", "train")[0]) / "made.json").unlink()
    assert takes() == {"a": True, "b": False}, "b has failed"
    assert request("a") == little
    assert request("b").mem_mb > little.mem_mb


@pytest.mark.parametrize("together", [2, 4])
def test_a_company_asks_for_as_many_encoders_as_are_held_at_once(together: int) -> None:
    large: dict[str, Any] = {
        name: {"model": "timm:resnet50", "image_size": 224, "seed": seed}
        for seed, name in enumerate("abcd")
    }

    def request(plan: Plan, rule: str, **names: str) -> Any:
        w = SimpleNamespace(dataset="photos", split="train", **names)
        return Requests(plan).of(rule, w, SimpleNamespace(shards=()))

    plan = plan_of(gpus=1, together=together, **large)
    pixels, number = str(plan.companies.of(plan.encoders["a"], "photos", "train")).split("/")
    asked = request(plan, "extract_together", pixels=pixels, number=number, shard="0", shards="1")
    alone = request(plan_of(gpus=1, together=1, **large), "extract_features", encoder="a")
    weights = 4 * 25.6e6 / 2**20
    more = asked.mem_mb - alone.mem_mb
    assert more == pytest.approx(
        1.3 * (together - 1) * (weights + 2 * 16 * 128 * 4 * 2048 / 2**20), abs=2
    )
    assert alone.runtime <= asked.runtime <= 4 * alone.runtime


def test_an_estimate_counts_the_decoding_once() -> None:
    small = {"options": {"channels": [8, 8, 16, 16]}}
    plan = plan_of(a=small, b=small | {"seed": 1})
    calibrations = Calibrations(plan)
    for calibration in calibrations.all.values():
        found = Clocked(seconds=0.5, library=7.0, start=3.0, device="CPU")
        write_json(found.model_dump(), calibration.path)
    pixels, number = str(plan.companies.of(plan.encoders["a"], "photos", "train")).split("/")
    of_both = {"pixels": pixels, "number": number, "shard": "0", "shards": "1"}
    place = {"dataset": "photos", "split": "train"}
    record = record_path("photos", "train", f"{pixels}/{number}")
    alone = calibrations.seconds("extract_features", SimpleNamespace(encoder="a", **place))
    both = calibrations.seconds("extract_together", SimpleNamespace(**of_both, **place))
    assert alone is not None
    assert both is not None
    assert alone <= both < 1.1 * alone
    forecast = Forecast(plan, warm=False)
    works = [
        forecast.work(Job(rule, wildcards | place, (), Made(inputs=inputs), None))
        for rule, wildcards, inputs in (
            ("extract_together", of_both, frozenset({"m.parquet"})),
            ("extract_features", {"encoder": "a"}, frozenset({record})),
        )
    ]
    assert works[0].images == 2 * images_of(plan.images("photos"), "train").number
    assert works[0].seconds == both
    assert works[1].images == 0
    assert works[1].seconds < 20
