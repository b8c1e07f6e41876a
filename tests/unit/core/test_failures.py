"""What the screen has of a job that fails."""

import logging
from pathlib import Path
from typing import Any

import pytest
from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent

from cogworks.core.failures import MOST, InWords, end_of

TRACEBACK = "a line\n" * 9 + "\nRuntimeError: out of memory\n"
WORDS = "epoch 3\nerror: first\nmore\nerror: images.x: two are damaged:\n  a.jpg\n\n  b.jpg\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TRACEBACK, [*["a line"] * 4, "RuntimeError: out of memory"]),
        (WORDS, ["error: images.x: two are damaged:", "  a.jpg", "  b.jpg"]),
        ("error: x\n" + "y\n" * 99, ["error: x", *"y" * (MOST - 1)]),
        ("", ["(nothing)"]),
        (None, ["(it cannot be read)"]),
    ],
)
def test_a_log_ends_with_its_error(tmp_path: Path, text: str | None, shown: list[str]) -> None:
    log = tmp_path / "x.log"
    if text is not None:
        log.write_text(text)
    assert end_of(str(log)).split("\n        ") == shown


def told(filter_: InWords, event: LogEvent, message: str = "", **values: Any) -> str:
    """Return what Snakemake prints of an event."""
    record = logging.makeLogRecord({"msg": message, "event": event, **values})
    assert filter_.filter(record)
    return DefaultFormatter(show_failed_logs=filter_.shows_logs).format(record)


def failed(log: Path, **values: Any) -> dict[str, Any]:
    files = {"input": [], "output": ["o"], "log": [str(log), "slurm.log"]}
    given = {"rule_name": "r", "rule_msg": None, "jobid": 1, "conda_env": None, "aux": {"job": "7"}}
    return files | given | {"shellcmd": "x --spec {}"} | values


def test_a_failed_job_tells_its_reason_alone(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text(WORDS)
    short = InWords()
    text = told(short, LogEvent.JOB_ERROR, **failed(log))
    assert "    job: 7\n    it ends with: error: images.x: two are damaged:\n" in text
    assert "--spec" not in text
    assert "slurm.log ends" not in text
    short.shows_logs = True
    text = told(short, LogEvent.JOB_ERROR, **failed(log))
    assert "it ends with" not in text
    assert text.count("two are damaged") == 1
    # What has no outputs tells on the screen what it found.
    assert "two are" not in told(short, LogEvent.JOB_ERROR, **failed(log, output=[]))


def test_a_command_is_left_out_and_its_end_is_not() -> None:
    command = "Command 'set -e; x --spec '{\"a\": 1}'\n> log' "
    for end in ("returned non-zero exit status 137.", "died with <Signals.SIGKILL: 9>."):
        text = told(InWords(), LogEvent.ERROR, f"RuleException in line 7:\n{command}{end}")
        assert text == f"RuleException in line 7:\nIts command {end}"
