"""What would run again, one line per stage."""

from pathlib import Path
from typing import Any

import pytest

from cogworks.stale.job import Job, Made
from cogworks.stale.tell import tell


def job(rule: str, name: str = "", *, old: Any = None, new: Any = None, **more: Any) -> Job:
    """A job that would run because its spec changed from `old` to `new`."""
    return Job(
        rule=rule,
        wildcards={"encoder": name} if name else {},
        outputs=(f"results/{rule}/{name}.parquet",),
        before=Made(spec=old or {}),
        now=Made(spec=new or {}),
        **more,
    )


def fresh(rule: str, name: str = "") -> Job:
    return Job(rule, {"encoder": name} if name else {}, ("out",), Made(), None, missing=("out",))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing() -> None:
    done = [job("a", needed=False), job("b", needed=False)]
    assert tell(done) == ["nothing would run again: 2 jobs, all up to date"]


def test_jobs_with_the_same_changes_share_a_line_and_the_rest_follows() -> None:
    old, new = {"optimizer": {"epochs": 30}}, {"optimizer": {"epochs": 40}}
    jobs = [
        job("train", "base", old=old, new=new),
        job("train", "trex", old=old, new=new),
        job("train", "clone", needed=False),
        job("extract", "base", after=(0,)),
        job("extract", "trex", after=(1,)),
        job("extract", "clone", needed=False),
        job("report", after=(3, 4)),
    ]
    assert tell(jobs) == [
        "train: 2 of 3 jobs (base, trex): optimizer.epochs 30 -> 40",
        "because of train: extract (2), report (1)",
        "5 of 7 jobs would run",
    ]


def test_the_same_key_may_change_in_more_ways_than_one() -> None:
    jobs = [job("a", str(n), old={"k": n}, new={"k": 9}) for n in range(4)]
    assert tell(jobs)[0] == "a: all 4 jobs: k 0 -> 9, 1 -> 9 and 2 more"


def test_many_changed_keys_are_counted() -> None:
    old, new = (dict.fromkeys("abcdefg", value) for value in (1, 2))
    words = "; ".join(f"{letter} 1 -> 2" for letter in "abcde")
    assert tell([job("a", old=old, new=new)])[0] == f"a: 1 job: {words}; and 2 more changes"


def test_many_jobs_are_told_by_what_they_share() -> None:
    jobs = [
        Job(
            "fit",
            {"encoder": encoder, "dataset": dataset},
            ("out",),
            Made(spec={"seeds": 10 if encoder == "base" else 5}),
            Made(spec={"seeds": 5}),
            needed=encoder == "base",
        )
        for encoder in ("base", "trex")
        for dataset in "abcd"
    ]
    assert tell(jobs)[0] == "fit: 4 of 8 jobs (encoder base): seeds 5 -> 10"


def test_wholly_new_stages_share_a_line_and_new_jobs_of_others_are_named() -> None:
    jobs = [
        fresh("a"),
        fresh("b", "x"),
        fresh("b", "y"),
        job("c", "x", needed=False),
        fresh("c", "y"),
    ]
    assert tell(jobs) == [
        "c: 1 new job (y)",
        "new: a (1), b (2)",
        "4 of 5 jobs would run",
    ]


def test_what_follows_from_several_stages_names_a_few() -> None:
    jobs = [job(name, old={"k": 1}, new={"k": 2}) for name in "abcde"]
    jobs.append(job("report", after=(0, 1, 2, 3, 4)))
    assert tell(jobs)[-2] == "because of a, b, c and 2 more: report (1)"
