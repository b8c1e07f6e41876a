"""What jobs asked for beside what they used, by rule; and beside what was forecast, by room.

What was used is in the record that each job writes (`core.provenance`), or in Slurm's accounting
where there is one.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cogworks.core.progress import format_duration
from cogworks.core.provenance import FOLDER, LOGS
from cogworks.estimates.forecast import Forecast, in_order, room
from cogworks.estimates.specs import FOLDER as ESTIMATES
from cogworks.plan.requests import LEAST_MB, LEAST_MINUTES
from cogworks.stale.job import Job, Made

# A request of more than so many times what was used is pointed out, unless it is the least one.
MOST = 3
# Jobs that are pointed out one by one.
SHOWN = 10
FIELDS = "JobIDRaw,Comment,WorkDir,State,ReqMem,MaxRSS,TimelimitRaw,ElapsedRaw"
SACCT = ("sacct", "--noheader", "--parsable2", "--units=M", "--starttime=1970-01-01")
HEADINGS = ("rule", "jobs", "MB asked", "used", "share", "time asked", "used", "share")
BY_ROOM = ("room", "jobs", "forecast", "used", "forecast/used")


class Asked(NamedTuple):
    """What a job asks for: MB and minutes."""

    job: Job
    mb: int
    minutes: int


class Use(NamedTuple):
    """What a job asked for and used.

    Attributes:
        rule: its rule.
        name: what tells it from others of its rule.
        asked_mb, asked_minutes: what it asked for; 0 for no limit.
        mb: what it held at most; None where nobody has measured it.
        minutes: how long it took.
    """

    rule: str
    name: str
    asked_mb: int
    asked_minutes: int
    mb: float | None
    minutes: float


def asked(workflow: Any) -> dict[str, Asked]:
    """Return what each job asks for by the path of its log.

    Args:
        workflow: Snakemake's `Workflow`, with its graph of jobs built.
    """
    return {
        str(Path(str(job.log[0])).relative_to(LOGS)): Asked(
            _read(job), int(job.resources.mem_mb), int(job.resources.runtime)
        )
        for job in workflow.dag.jobs
        if job.log and not job.is_norun
    }


def _read(job: Any) -> Job:
    return Job(
        rule=job.rule.name,
        wildcards=dict(job.wildcards_dict),
        outputs=tuple(map(str, job.output)),
        now=Made(inputs=frozenset(map(str, job.input))),
        before=None,
    )


def recorded(requests: Mapping[str, Asked], folder: Path = FOLDER) -> list[Use]:
    """Return what the records of jobs tell, of each job the newest."""
    records = [json.loads(path.read_text("utf-8")) for path in folder.rglob("*.json")]
    records.sort(key=lambda record: record["finished"])
    newest = {record["log"]: record for record in records if record.get("log") in requests}
    return [
        Use(job.rule, log, mb, minutes, record["memory_mb"], record["seconds"] / 60)
        for log, record in newest.items()
        for job, mb, minutes in [requests[log]]
    ]


def accounting() -> str:
    """Return what Slurm's accounting tells of this user's jobs; empty where there is none."""
    try:
        done = subprocess.run(
            [*SACCT, f"--format={FIELDS}"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout


def accounted(text: str, folder: Path) -> Iterator[Use]:
    """Yield what Slurm's accounting tells of the jobs of a folder that have ended well.

    Args:
        text: lines of `FIELDS`, a job's own before those of its steps.
        folder: where Snakemake ran.
    """
    jobs: dict[str, list[str]] = {}
    held: dict[str, float] = {}
    for line in text.splitlines():
        number, comment, place, state, memory, most, limit, elapsed = line.split("|")
        job, _, step = number.partition(".")
        if (
            not step
            and comment.startswith("rule_")
            and place == str(folder)
            and state == "COMPLETED"
        ):
            jobs[job] = [comment, memory, limit, elapsed]
        elif step != "extern" and most:
            # Steps run at the same time: Snakemake's own and the job's.
            held[job] = held.get(job, 0.0) + _megabytes(most)
    for job, (comment, memory, limit, elapsed) in jobs.items():
        rule, _, name = comment.removeprefix("rule_").partition("_wildcards_")
        minutes = int(limit) if limit.isdigit() else 0  # such as UNLIMITED
        yield Use(rule, name, round(_megabytes(memory)), minutes, held.get(job), int(elapsed) / 60)


def _megabytes(text: str) -> float:
    found = re.match(r"[\d.]+", text)
    return float(found[0]) if found else 0.0


def told(uses: Sequence[Use]) -> Iterator[str]:
    """Yield a table with a line for each rule, and a line for each job to look at."""
    by_rule: dict[str, list[Use]] = {}
    for use in uses:
        by_rule.setdefault(use.rule, []).append(use)
    yield from aligned([HEADINGS, *(_row(rule, found) for rule, found in sorted(by_rule.items()))])
    yield from _pointed_out(uses)
    if unknown := sum(use.mb is None for use in uses):
        yield (
            f"The memory of {unknown} jobs is not known: they are forks of one process, or ran "
            "before it was recorded. With compute.warm_start: false it is."
        )


def rooms(uses: Iterable[Use], requests: Mapping[str, Asked], forecast: Forecast) -> Iterator[str]:
    """Yield a table with a line for each room: what jobs were forecast to take, and took.

    Args:
        uses: what jobs used.
        requests: see `asked`; jobs of other plans are left out.
        forecast: what jobs take.
    """
    if not os.path.isdir(ESTIMATES):
        yield "What `estimate` forecasts of these jobs is shown here once it has measured."
        return
    jobs = {(found.job.rule, log): found.job for log, found in requests.items()}
    # Slurm knows a job by the values of its wildcards.
    jobs |= {(job.rule, _in_slurm(job)): job for job in jobs.values()}
    sums: dict[str, list[tuple[float, float]]] = {}
    for use in uses:
        job = jobs.get((use.rule, use.name))
        if job is not None:
            pair = forecast.work(job).seconds, 60 * use.minutes
            sums.setdefault(room(job), []).append(pair)
    sums = {**in_order(sums), "in all": [pair for pairs in sums.values() for pair in pairs]}
    yield from aligned([BY_ROOM, *(_sum(name, pairs) for name, pairs in sums.items())])
    if forecast.unknown:
        yield f"Not measured, so not in the forecast: {', '.join(forecast.unknown)}."


def _in_slurm(job: Job) -> str:
    return "_".join(value.replace("/", "_") for value in job.wildcards.values())


def _sum(name: str, pairs: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    said, used = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
    share = f"{said / used:.2f}" if used else "-"
    return name, str(len(pairs)), format_duration(said), format_duration(used), share


def aligned(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table: names on the left, numbers on the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *others in table:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()


def _row(rule: str, uses: Sequence[Use]) -> tuple[str, ...]:
    known = [use for use in uses if use.mb is not None]
    return (
        rule,
        str(len(uses)),
        _range(use.asked_mb for use in uses if use.asked_mb),
        _range(use.mb for use in known if use.mb is not None),
        _range(100 * (use.mb or 0) / use.asked_mb for use in known if use.asked_mb) + " %",
        _range((use.asked_minutes for use in uses if use.asked_minutes), _duration),
        _range((use.minutes for use in uses), _duration),
        _range(100 * use.minutes / use.asked_minutes for use in uses if use.asked_minutes) + " %",
    )


def _range(values: Iterable[float], shown: Callable[[float], str] = "{:.0f}".format) -> str:
    found = sorted(values)
    return " to ".join(dict.fromkeys(map(shown, (found[0], found[-1])))) if found else "-"


def _duration(minutes: float) -> str:
    return format_duration(60 * minutes)


def _pointed_out(uses: Iterable[Use]) -> Iterator[str]:
    lines = [line for use in uses for line in _faults(use)]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"and {len(lines) - SHOWN} more"


def _faults(use: Use) -> Iterator[str]:
    pairs = (
        ("{:.0f} MB".format, use.asked_mb, use.mb, LEAST_MB),
        (_duration, use.asked_minutes, use.minutes, LEAST_MINUTES),
    )
    name = f"{use.rule} {use.name}"
    for shown, asked_for, used, least in pairs:
        if used is None or not asked_for:
            continue
        if used > asked_for:
            yield f"{name}: used {shown(used)}, more than the {shown(asked_for)} asked for"
        elif asked_for > max(least, MOST * used):
            yield f"{name}: asked for {shown(asked_for)} and used {shown(used)}"
