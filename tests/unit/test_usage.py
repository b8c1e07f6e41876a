"""What jobs asked for beside what they used."""

import json
from pathlib import Path
from typing import Any

from cogworks.estimates.usage import Use, accounted, recorded, told

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
    asked = {"table/a.log": ("table", 1000, 15), "table/new.log": ("table", 1000, 15)}
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
        "tune_probes b: used 4100 MB, more than the 4000 asked for",
        "tune_probes b: used 61 minutes, more than the 60 asked for",
        "tune_probes c: asked for 4000 MB and used 1000",
        "tune_probes c: asked for 60 minutes and used 10",
        "The memory of 1 jobs is not known: they are forks of one process, or ran before it was "
        "recorded. With compute.warm_start: false it is.",
    ]
