"""The records of jobs: what they hold, where they are not written, and what is said of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.persistence.file import FilePersistence

from cogworks.core import cli, provenance
from cogworks.core.codehash import SCRIPTS
from cogworks.core.errors import InputError


def finish(monkeypatch, *arguments, main=lambda: None):
    """Run a script to its end, and return its status."""
    monkeypatch.setattr(sys, "argv", ["workflow/scripts/fit_probes.py", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.run(main)
    return end.value.code


def refuse():
    raise InputError("no")


def test_a_job_records_when_and_with_what_it_ran(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert finish(monkeypatch, "--spec", "{}") == 0
    assert not list(tmp_path.iterdir()), "a script that is run by hand leaves nothing behind"
    (tmp_path / "logs").mkdir()
    for spec in ("{}", "{}", '{"a": 1}'):
        assert finish(monkeypatch, "--spec", spec) == 0
    assert finish(monkeypatch, "--spec", "refused", main=refuse) == 1
    assert finish(monkeypatch, "--results", "results") == 0
    found = sorted((tmp_path / "logs" / "provenance" / "fit_probes").iterdir())
    assert len(found) == 2
    record = json.loads(found[0].read_text())
    assert record["script"] == "fit_probes"
    assert record["versions"]["python"].startswith("3.")
    assert record["seconds"] >= 0
    assert record["device"]


def test_a_job_records_its_own_memory_and_its_log(tmp_path):
    """Of the job itself: a fork of the warm server would count what it shares with others."""
    log = tmp_path / "logs" / "fit_probes" / "a" / "b.log"
    log.parent.mkdir(parents=True)
    script = tmp_path / "fit_probes.py"
    script.write_text(
        "from cogworks.core import cli\nkept = []\n"
        "cli.run(lambda: kept.append(bytearray(300 * 2**20)))\n"
    )
    command = [sys.executable, str(script), "--spec", "{}"]
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    with log.open("wb") as out:
        subprocess.run(command, cwd=tmp_path, env=environment, stdout=out, check=True)
    [path] = (tmp_path / "logs" / "provenance" / "fit_probes").iterdir()
    record = json.loads(path.read_text())
    assert record["log"] == "fit_probes/a/b.log"
    assert 300 < record["memory_mb"] < 500


def test_a_job_records_what_its_libraries_took(tmp_path):
    script = tmp_path / "fit_probes.py"
    script.write_text(
        "import time\ntime.sleep(0.5)\nfrom cogworks.core import cli\ncli.run(lambda: None)\n"
    )
    (tmp_path / "logs").mkdir()
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, str(script), "--spec", "{}"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    [path] = (tmp_path / "logs" / "provenance" / "fit_probes").iterdir()
    assert json.loads(path.read_text())["seconds"] >= 0.5


def test_what_only_starts_others_on_other_nodes_does_not_know_their_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    monkeypatch.setattr(sys, "orig_argv", ["workflow/scripts/fit_probes.py"])
    monkeypatch.setattr(provenance, "_elsewhere", False)

    def recorded(elsewhere: bool) -> object:
        spec = json.dumps({"nodes": elsewhere})
        finish(monkeypatch, "--spec", spec, main=lambda: provenance.works_elsewhere(elsewhere))
        folder = tmp_path / "logs" / "provenance" / "fit_probes"
        return json.loads(max(folder.iterdir(), key=os.path.getmtime).read_text())["memory_mb"]

    assert recorded(False) > 0
    assert recorded(True) is None


def test_a_fork_does_not_know_its_own_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    assert finish(monkeypatch, "--spec", "{}") == 0
    [path] = (tmp_path / "logs" / "provenance" / "fit_probes").iterdir()
    assert json.loads(path.read_text())["memory_mb"] is None


def test_the_records_of_a_run_are_one_sentence(tmp_path):
    assert provenance.told(tmp_path) == ""
    for number, (finished, commit) in enumerate(
        [("2026-01-02T03:04:05+00:00", "b"), ("2026-01-01T23:00:00+00:00", "a")]
    ):
        record = {"finished": finished, "seconds": 1800, "commit": commit, "device": "GPU"}
        (tmp_path / f"{number}.json").write_text(json.dumps(record))
    assert provenance.told(tmp_path) == (
        "2 jobs, finished 2026-01-01 23:00 to 2026-01-02 03:04 UTC, 1 h 00 min together, on GPU, "
        "commit a, b."
    )


def test_the_jobs_behind_a_file_are_those_of_what_it_is_made_of(tmp_path):
    """By the records that Snakemake keeps: not those of an earlier config in the same folder."""
    persistence = FilePersistence.__new__(FilePersistence)
    persistence._max_len = None
    (tmp_path / ".snakemake" / "metadata").mkdir(parents=True)
    # The name of a record may be longer than that of a file can be.
    deep = f"results/probes/{'x' * 300}.parquet"
    for output, log, inputs in (
        ("results/report.html", "build_report.log", ["results/tables/a.parquet", "texts.rst"]),
        ("results/tables/a.parquet", "table/a.log", [deep]),
        (deep, "fit_probes/a.log", ["results/report.html"]),
        ("results/tables/old.parquet", "table/old.log", [deep]),
    ):
        path = Path(persistence._record_path(str(tmp_path / ".snakemake" / "metadata"), output))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"log": [f"logs/{log}"], "input": inputs}))
    logs = provenance.logs_behind("results/report.html", tmp_path)
    assert logs == {"build_report.log", "table/a.log", "fit_probes/a.log"}
    assert provenance.logs_behind("results/other.html", tmp_path) == set()
    folder = tmp_path / "logs"
    folder.mkdir()
    # A job that ran twice counts as it did last.
    for number, log in enumerate(["table/a.log", "table/old.log", "table/a.log"]):
        record = {"log": log, "seconds": 60, "commit": f"c{number}", "device": "CPU"}
        record["finished"] = f"2026-01-01T0{number}:00:00+00:00"
        (folder / f"{number}.json").write_text(json.dumps(record))
    assert provenance.told(folder, logs) == (
        "1 job, finished 2026-01-01 02:00 UTC, 1 min 00 s together, on CPU, commit c2."
    )
    assert provenance.told(folder).startswith("3 jobs, ")
