"""What is looked at in Snakemake's graph of jobs; the rest of `graph` is tested by its runs."""

from types import SimpleNamespace
from typing import Any

from cogworks.plan.graph import LONGEST_COMMAND, too_long


def job(command: str | None) -> Any:
    rule = SimpleNamespace(name="table")
    return SimpleNamespace(rule=rule, output=["results/tables/a.csv"], shellcmd=command)


def test_a_command_that_linux_would_not_take_is_told_with_its_length() -> None:
    fits = "x" * LONGEST_COMMAND
    (line,) = too_long([job(None), job(fits), job(f"é{fits}")])
    assert line.startswith("table of results/tables/a.csv: its command has 131002 bytes")
