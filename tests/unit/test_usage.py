"""What jobs asked for beside what they used."""

import json
from pathlib import Path
from typing import Any

import pytest

from cogworks.config.yaml_file import load_yaml
from cogworks.core.files import write_json
from cogworks.core.place import ROOT
from cogworks.estimates.forecast import Forecast
from cogworks.estimates.specs import Calibrations, Clocked
from cogworks.estimates.usage import Asked, Use, accounted, recorded, rooms, told
from cogworks.plan.load import load
from cogworks.stale.job import Job, Made

# As `sacct` tells of a job that ended well, one that failed, and one in another folder.
ACCOUNTING = """\
7|rule_tune_probes_wildcards_a_b_c|/run|COMPLETED|2000M||30|600
7.batch|||COMPLETED||150.50M||600
7.extern|||COMPLETED||1.00M||600
7.0|||COMPLETED||1449.50M||595
8|rule_fit_probes_wildcards_a_b_c|/run|OUT_OF_MEMORY|2000M||30|60
8.batch|||OUT_OF_MEMORY||2000M||60
9|rule_fit_probes_wildcards_a_b_c|/other|COMPLETED|2000M||30|60
10|rule_collect_scores|/run|COMPLETED|1000M||15|60
"""


def test_accounting_counts_all_steps_of_a_job() -> None:
    found = list(accounted(ACCOUNTING, Path("/run")))
    assert found == [
        Use("tune_probes", "a_b_c", 2000, 30, 1600.0, 10.0),
        Use("collect_scores", "", 1000, 15, None, 1.0),
    ]


def test_jobs_without_a_limit_have_no_share_of_it() -> None:
    lines = ACCOUNTING.replace("2000M||30|600", "0||UNLIMITED|600")
    found = list(accounted(lines, Path("/run")))
    assert found[0] == Use("tune_probes", "a_b_c", 0, 0, 1600.0, 10.0)
    _, *rows = told(found[:1])
    assert [row.split() for row in rows] == [
        ["tune_probes", "1", "-", "1600", "-", "%", "-", "10", "min", "00", "s", "-", "%"]
    ]


def write(path: Path, **values: Any) -> None:
    record = {"finished": "2026-01-01", "memory_mb": 500, "seconds": 60.0} | values
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))


def test_the_newest_record_of_a_job_counts(tmp_path: Path) -> None:
    for number, (log, finished, mb) in enumerate(
        [
            ("table/a.log", "2026-01-01", 100),
            ("table/a.log", "2026-01-03", 300),
            ("table/a.log", "2026-01-02", 200),
            ("table/gone.log", "2026-01-01", 100),
            ("", "2026-01-01", 100),
        ]
    ):
        write(tmp_path / "make_table" / f"{number}.json", log=log, finished=finished, memory_mb=mb)
    job = Job("table", {}, ("results/tables/a.csv",), now=Made(), before=None)
    asked = {name: Asked(job, 1000, 15) for name in ("table/a.log", "table/new.log")}
    assert recorded(asked, tmp_path) == [Use("table", "table/a.log", 1000, 15, 300, 1.0)]


def test_what_asked_for_too_little_or_too_much_is_pointed_out() -> None:
    uses = [
        Use("tune_probes", "a", 4000, 60, 2000.0, 30.0),
        Use("tune_probes", "b", 4000, 60, 4100.0, 61.0),
        Use("tune_probes", "c", 4000, 60, 1000.0, 10.0),
        # The least that is asked for is nobody's fault.
        Use("table", "d", 1000, 15, 120.0, 0.1),
        Use("figure", "e", 1000, 15, None, 0.1),
    ]
    head, figure, table, tune, *lines = told(uses)
    assert head.split()[:2] == ["rule", "jobs"]
    assert (figure.split()[2:4], table.split()[2:4]) == (["1000", "-"], ["1000", "120"])
    assert tune.split()[:6] == ["tune_probes", "3", "4000", "1000", "to", "4100"]
    assert lines == [
        "tune_probes b: used 4100 MB, more than the 4000 MB asked for",
        "tune_probes b: used 1 h 01 min, more than the 1 h 00 min asked for",
        "tune_probes c: asked for 4000 MB and used 1000 MB",
        "tune_probes c: asked for 1 h 00 min and used 10 min 00 s",
        "The memory of 1 jobs is not known: they are forks of one process, or ran before it was "
        "recorded. With compute.warm_start: false it is.",
    ]


def test_the_forecast_stands_beside_what_jobs_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rooms of `estimate`, whether a job's record tells of it or Slurm's accounting."""
    monkeypatch.chdir(tmp_path)
    plan = load(load_yaml(ROOT / "config" / "test.yaml"))
    (line,) = rooms([], {}, Forecast(plan, warm=True))
    assert "once it has measured" in line
    for calibration in Calibrations(plan).all.values():
        write_json(Clocked(seconds=0.5, forked=2.0).model_dump(), calibration.path)
    encoded = {"encoder": "base", "dataset": "seen", "split": "train"}
    jobs = [
        Job("extract_features", encoded, ("results/features/a.npy",), Made(), None),
        Job("table", {"exhibit": "a"}, ("results/tables/a.csv",), Made(), None),
    ]
    logs = ["extract_features/base/seen/train.log", "table/a.log"]
    requests = {log: Asked(job, 1000, 15) for log, job in zip(logs, jobs, strict=True)}
    forecast = Forecast(plan, warm=True)
    for name in (logs[0], "base_seen_train"):
        uses = [
            Use("table", logs[1], 1000, 15, None, 0.05),
            Use("extract_features", name, 1000, 15, None, 0.5),
            Use("table", "gone", 1000, 15, None, 60.0),
        ]
        head, *lines = (line.split() for line in rooms(uses, requests, forecast))
        assert head[:2] == ["room", "jobs"]
        # As data goes: 64 images in half a second each and 2 s; one table.
        assert lines == [
            ["features", "1", "34", "s", "30", "s", "1.13"],
            ["report", "1", "2.5", "s", "3", "s", "0.83"],
            ["in", "all", "2", "36", "s", "33", "s", "1.11"],
        ]
    assert [row[0] for row in lines[:-1]] == list(forecast.rows(reversed(jobs)))
