"""Why a job would run again: what changed between two records, in words."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.spec import digest
from cogworks.report.specs import ScoreFiles
from cogworks.stale.changes import Cause, causes, spec_changes
from cogworks.stale.code import changed_definitions, record
from cogworks.stale.job import Job, Made, read_made


def job(before: Made | None, now: Made, **more: Any) -> Job:
    return Job(rule="step", wildcards={}, outputs=("out",), before=before, now=now, **more)


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ({"a": {"b": 30}}, {"a": {"b": 40}}, [("a.b", "30 -> 40")]),
        ({"a": 1}, {"a": 1.0}, [("a", "1 -> 1.0")]),
        ({"a": True}, {"a": 1}, [("a", "true -> 1")]),
        ({}, {"a": {"b": 1}}, [("a", 'not set -> {"b": 1}')]),
        ({"a": None}, {}, [("a", "null -> not set")]),
        ({"a": [1, 2]}, {"a": [1, 2, "all"]}, [("a", "[1, 2] -> [1, 2, all]")]),
        (
            {"a": [f"encoder_{n}" for n in range(9)]},
            {"a": [f"encoder_{n}" for n in range(1, 14)]},
            [("a", "with encoder_9, encoder_10, encoder_11 and 2 more, without encoder_0")],
        ),
        ({"a": ["x" * 30, "y"]}, {"a": ["y", "x" * 30]}, [("a", "in another order")]),
        ({"a": "0" * 64}, {"a": "1" * 64}, [("a", "changed")]),
        (
            {"a": "/data/weights/first/model-of-mine.safetensors"},
            {"a": "none"},
            [("a", "/data/weights/f…mine.safetensors -> none")],
        ),
        ({"a": "x" * 20 + "1" + "x" * 20}, {"a": "x" * 20 + "2" + "x" * 20}, [("a", "changed")]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}]}, []),
    ],
)
def test_changes_of_a_spec(before: Any, now: Any, words: list[tuple[str, str]]) -> None:
    assert list(spec_changes(before, now)) == words


def scores(*encoders: str) -> dict[str, Any]:
    """Return the spec of an exhibit of some encoders on two data sets."""
    jobs = [(encoder, dataset, "linear") for encoder in encoders for dataset in ("l1", "seen")]
    return {
        "scores": ScoreFiles.of(jobs).model_dump(mode="json"),
        "encoders": [{"name": name, "label": name.title()} for name in encoders],
        "labels": {name: name for name in encoders},
        "digest": digest(encoders),
        "counts": [["Encoders", str(len(encoders))]],
    }


def told(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the causes of a job whose spec changed, and which reads its tables of scores."""
    made = [
        Made(frozenset(ScoreFiles.model_validate(spec["scores"]).paths), {}, spec)
        for spec in (before, now)
    ]
    found = causes(job(*made), Path("codes"))
    return [f"{cause.about} {cause.change}".rstrip() for cause in found]


def test_an_encoder_that_comes_or_goes_is_told_by_its_name_alone() -> None:
    """Wherever it stands in the list; what follows from its name is not told besides."""
    two, three = scores("a", "b"), scores("a", "mine", "b")
    del two["counts"], three["counts"]
    assert told(two, three) == ["encoder mine is new"]
    assert told(three, two) == ["encoder mine is gone"]
    assert told(three, scores("new", "b") | {"counts": []}) == [
        "encoder new is new",
        "encoders a, mine are gone",
        "counts not set -> []",
    ]


def test_what_changes_besides_an_encoder_is_told_too() -> None:
    two, three = scores("a", "b"), scores("b", "a", "mine")
    three["encoders"][2]["label"] = "Mine"
    three["labels"]["a"] = "A"
    assert told(two, three) == [
        "encoder mine is new",
        "counts.Encoders 2 -> 3",
        "encoders in another order",
        "labels.a a -> A",
        "scores.jobs in another order",
    ]
    other = copy.deepcopy(two)
    other["encoders"][1]["label"] = "Other"
    assert told(two, other) == ["encoders.b.label B -> Other"]


def test_a_digest_is_told_where_nothing_else_is() -> None:
    assert told(scores("a"), scores("a") | {"digest": "0" * 64}) == ["digest changed"]


def test_a_protocol_and_a_data_set_have_names_too() -> None:
    jobs = [("a", "seen", "linear")]
    more = [*jobs, ("a", "seen", "knn"), ("a", "l1", "linear")]
    specs = [{"scores": ScoreFiles.of(some).model_dump(mode="json")} for some in (jobs, more)]
    assert told(*specs) == ["data set l1 is new", "protocol knn is new"]


def test_a_record_is_told_apart_by_what_its_params_hold() -> None:
    spec, code, folder = repr(json.dumps({"a": "it's"})), repr("0123456789abcdef"), repr("x/y")
    prints = {"pool.txt": "f" * 16, "mine.npy": "unreadable"}
    made = read_made(
        ["in"], {repr(json.dumps(prints)): "", spec: "", code: "", folder: "", "3": "n_shards"}
    )
    assert made == Made(
        inputs=frozenset({"in"}),
        files=prints,
        spec={"a": "it's"},
        code="0123456789abcdef",
        others={folder: "", "3": "n_shards"},
    )


def test_a_job_without_record_and_outputs_is_new_and_nothing_else(tmp_path: Path) -> None:
    assert causes(job(None, Made(), missing=("out",), begun=True), tmp_path) == [Cause("new")]


def test_a_job_that_runs_because_of_others_has_no_cause_of_its_own(tmp_path: Path) -> None:
    assert causes(job(Made(), Made(), after=(3,)), tmp_path) == []


def test_every_other_cause_is_named(tmp_path: Path) -> None:
    before = Made(frozenset("ab"), {"x.txt": "0", "y.txt": "0"}, {}, "0" * 16, {"2": ""})
    now = Made(frozenset("bc"), {"x.txt": "1", "z.txt": "0"}, {}, "1" * 16, {"3": "n_shards"})
    found = causes(
        job(
            before,
            now,
            missing=("out",),
            updated=("pool.txt",),
            begun=True,
            command=True,
            environment=True,
        ),
        tmp_path,
    )
    assert [f"{cause.about} {cause.change}".rstrip() for cause in found] == [
        "stopped before its end",
        "output missing (out)",
        "code changed",
        "n_shards 2 -> 3",
        "also reads c, z.txt",
        "no longer reads a, y.txt",
        "input changed (pool.txt, x.txt)",
        "command line changed",
        "software environment changed",
    ]


def test_long_parameters_are_not_spelt_out(tmp_path: Path) -> None:
    packed = {repr("x" * 40): ""}, {repr("y" * 40): "config"}
    assert causes(job(Made(others=packed[0]), Made(others=packed[1])), tmp_path) == [
        Cause("config", "changed")
    ]
    assert causes(job(Made(others={"'x'": ""}), Made()), tmp_path) == [
        Cause("parameter gone", "('x')")
    ]


def test_the_definitions_that_an_edit_changed_are_named(tmp_path: Path) -> None:
    from cogworks.core import codehash

    digests = []
    for body in ("return 1", "return 2", "return f()\n\n\ndef f():\n    return 2"):
        root = tmp_path / str(len(digests))
        (root / "pkg").mkdir(parents=True)
        (root / "pkg" / "__init__.py").touch()
        (root / "step.py").write_text("from pkg.deep import g\n\ng()\n")
        (root / "pkg" / "deep.py").write_text(f"def g():\n    {body}\n")
        digests.append(codehash.rule_code("step", root=root))
        record(tmp_path / "codes")
    first, second, third = digests
    assert changed_definitions(first, second, tmp_path / "codes") == ["pkg.deep.g"]
    assert changed_definitions(second, third, tmp_path / "codes") == ["pkg.deep.g"]
    assert changed_definitions("f" * 16, third, tmp_path / "codes") == [], "never written down"
